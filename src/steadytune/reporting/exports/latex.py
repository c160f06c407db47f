"""The table of the papers: mean, standard deviation and best score of each method and task."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..analysis.facts import short_names
from ..analysis.metric_display import MetricDisplay
from ..analysis.section_numbers import Domain, DomainScores, SectionNumbers
from ..build import Report

BLOCKS_IN_A_ROW = 4
_SEEN = r"$^{\ast}$"

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedblright{}",
}


@dataclass(frozen=True)
class _Block:
    """Three columns: the task, the examples, and mean, std and best by method."""

    task: str
    domain: Domain
    metric: MetricDisplay
    best: str
    cells: dict[str, tuple[str, str, str]]
    counts: dict[str, int]


def latex_tables(report: Report) -> str:
    """Tabulars for a plain LaTeX document, four tasks or domains beside each other.

    They need no package. Scores, also correlations, are multiplied by 100 as in the papers; losses
    and unknown metrics are not. Letters beyond ASCII lose their accents or become question marks.
    """
    headings = [section.heading for section in report.sections]
    names = short_names(headings, [section.numbers for section in report.sections])
    blocks = [
        _block(name, section.numbers, scores)
        for name, section in zip(names, report.sections, strict=True)
        for scores in section.numbers.domains
    ]
    methods = [note.method for note in report.methods]
    sides = ([b for b in blocks if b.domain.in_domain == side] for side in (True, False))
    chunks = [
        side[i : i + BLOCKS_IN_A_ROW]
        for side in sides
        for i in range(0, len(side), BLOCKS_IN_A_ROW)
    ]
    body = "\n\n".join("\n".join(_tabular(chunk, methods)) for chunk in chunks)
    return "\n".join([*_preface(report), body, ""])


def _preface(report: Report) -> Iterator[str]:
    """Comments, which say what a caption has to say."""
    yield f"% {_ascii(report.title)}"
    if report.command:
        yield f"% Made by: {_ascii(report.command)}"
    yield "% Mean, sample standard deviation and best score over the runs of each method."
    yield "% Runs that diverged or crashed while training count as the majority-class baseline."


def _block(name: str, section: SectionNumbers, scores: DomainScores) -> _Block:
    metric = section.metric.in_papers
    best = "max" if metric.higher_is_better else "min"
    return _Block(
        task=name,
        domain=scores.domain,
        metric=metric,
        best=best,
        cells={
            m.method: (
                metric.score(m.summary.mean),
                metric.score(m.summary.std),
                metric.score(m.summary.maximum if best == "max" else m.summary.minimum),
            )
            for m in scores.methods
        },
        counts={m.method: m.summary.count for m in scores.methods},
    )


def _tabular(blocks: Sequence[_Block], methods: Sequence[str]) -> Iterator[str]:
    present = [m for m in methods if any(m in block.cells for block in blocks)]
    yield rf"\begin{{tabular}}{{l{'rrr' * len(blocks)}}}"
    yield r"\hline"
    yield _spanning(escaped(block.task) for block in blocks)
    yield _spanning(map(_domain_line, blocks))
    yield _spanning(escaped(_metric_line(block)) for block in blocks)
    yield _line("Method", [name for block in blocks for name in ("mean", "std", block.best)])
    yield r"\hline"
    for method in present:
        empty = ("--", "--", "--")
        yield _line(method, [c for b in blocks for c in b.cells.get(method, empty)])
    yield r"\hline"
    if any(block.domain.exposed for block in blocks):
        width = 1 + 3 * len(blocks)
        note = f"{_SEEN} Seen by the model in pretraining."
        yield rf"\multicolumn{{{width}}}{{l}}{{{note}}} \\"
    yield r"\end{tabular}"


def _spanning(headings: Iterable[str]) -> str:
    cells = (rf"\multicolumn{{3}}{{c}}{{{heading}}}" for heading in headings)
    return rf"{{}} & {' & '.join(cells)} \\"


def _domain_line(block: _Block) -> str:
    where = "in domain" if block.domain.in_domain else f"on {block.domain.name}"
    return escaped(where) + _SEEN * block.domain.exposed


def _metric_line(block: _Block) -> str:
    """The metric, and how many runs stand behind a row."""
    counts = sorted(set(block.counts.values()))
    runs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"{block.metric.name}, {runs} runs"


def _line(label: str, cells: Sequence[str]) -> str:
    # Braces, because a line that begins with a bracket would be an option of the one before.
    texts = (cell if cell == "--" else _math(cell) for cell in cells)
    return rf"{{{escaped(label)}}} & {' & '.join(texts)} \\"


def _math(cell: str) -> str:
    """Numbers with a true minus sign."""
    return f"${cell}$" if cell.startswith("-") else cell


def escaped(text: str) -> str:
    """`text` as LaTeX prints it."""
    return "".join(_ESCAPES.get(letter, letter) for letter in _ascii(text))


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in kept)
