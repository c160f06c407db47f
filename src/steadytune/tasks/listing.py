"""What is said of the named tasks where they are listed, from their cards alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ._catalogue import TASKS, Entry, find_entry
from ._task import TRAIN
from .named import Rows, TaskCard

SEEN = "seen by minilm"

HEADINGS = ("task", "kind", "metric", "domain", "rows", SEEN)


@dataclass(frozen=True)
class RowSet:
    """One set of rows of a task, in the words of a listing.

    Args:
        use: `train`, `test` or `out of domain`.
        name: The domain.
        rows: What is known of the rows.
        exposed: Whether the embedded model has seen them.
        notes: What must be known about them.
    """

    use: str
    name: str
    rows: Rows
    exposed: bool
    notes: tuple[str, ...]


def summary_rows(entry: Entry) -> list[tuple[str, ...]]:
    """One entry under `HEADINGS`: a row for each of its sets of rows."""
    card = entry.card
    if card is None:
        return [(entry.name, *[""] * (len(HEADINGS) - 1))]
    facts = (card.name, card.kind, card.metric)
    return [
        (
            *(facts if position == 0 else ("", "", "")),
            TRAIN if rows.use == TRAIN else rows.name,
            count(rows.rows),
            "seen" if rows.exposed else "",
        )
        for position, rows in enumerate(row_sets(card))
    ]


def count(rows: Rows) -> str:
    """How many rows there are in a local copy, with a star where the hub has another number."""
    same = rows.hub is None or rows.hub.rows == rows.count
    return f"{rows.count:,}" + ("" if same else "*")


def row_sets(card: TaskCard) -> tuple[RowSet, ...]:
    """Every set of rows of a task: trained on, evaluated on, and the companions."""
    own = ((use, rows) for use, rows in ((TRAIN, card.train), ("test", card.test)))
    return (
        *(RowSet(use, card.own_domain, rows, card.exposed, _notes(rows)) for use, rows in own),
        *(
            RowSet("out of domain", it.name, it.rows, it.exposed, _notes(it.rows, it.note))
            for it in card.companions
        ),
    )


def print_tasks(console: Console) -> None:
    """Print every named task with its sizes, its metric and its companions."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold underline")
    for heading in HEADINGS[:-1]:
        table.add_column(heading, justify="right" if heading == "rows" else "left", no_wrap=True)
    table.add_column(HEADINGS[-1], width=len("seen by"))
    for entry in TASKS.values():
        for name, *others in summary_rows(entry):
            table.add_row(Text(name, style="bold cyan"), *map(Text, others))
    console.print(table)
    console.print(
        "Each task shows its training examples, then the test set in domain, then its companions. "
        "What minilm has seen in its own training is not out of domain for it. Rows are those of a "
        "local copy (* the Hugging Face hub has another number)."
    )
    console.print("Sources, licences and classes of one: steadytune tasks NAME")


def print_task(name: str, console: Console) -> None:
    """Print all that is known of one task.

    Raises:
        ConfigError: There is no such task; the text names near matches.
    """
    entry = find_entry(name)
    console.print(Text(entry.name, style="bold cyan").append(f": {entry.summary}", style="default"))
    if entry.card is None:
        return
    for line in _facts(entry.card):
        console.print(Padding(Text(line), (0, 0, 0, 4)))
    for rows in row_sets(entry.card):
        _print_rows(rows, console)
    console.print(Text(f"\nOn command lines: --task {name} --ood all"))


def _facts(card: TaskCard) -> Iterator[str]:
    classes = ", ".join(f"{number} {name}" for number, name in enumerate(card.label_names))
    yield f"kind: {card.kind}; primary metric: {card.metric}"
    yield f"columns: {', '.join(card.columns)}" + (f"; classes: {classes}" if classes else "")
    if card.shares_texts_with:
        yield (
            f"made of the same texts as {' and '.join(card.shares_texts_with)}: "
            f"never train on one and report another"
        )
    yield from card.notes


def _notes(rows: Rows, *others: str) -> tuple[str, ...]:
    local = f"in the local copy: {rows.note}" if rows.note else ""
    return tuple(note for note in (*others, local) if note)


def _print_rows(rows: RowSet, console: Console) -> None:
    heading = Text(f"\n{rows.use}: ").append(rows.name, style="bold")
    heading.append(f", {rows.rows.count:,} rows")
    if rows.exposed:
        heading.append(f" ({SEEN})", style="yellow")
    console.print(heading)
    for line in _details(rows):
        console.print(Padding(Text(line, style="dim"), (0, 0, 0, 4)))


def _details(rows: RowSet) -> Iterator[str]:
    yield f"{rows.rows.origin.source}; licence: {rows.rows.origin.licence}"
    if rows.rows.file is not None:
        yield f"local copy: {rows.rows.file}.jsonl.gz"
    hub = rows.rows.hub
    if hub is not None:
        yield f"hub: {hub.address}, {hub.rows:,} rows" + (
            f", revision {hub.revision[:12]}" if hub.revision else ", newest revision"
        )
        if hub.labels:
            yield "hub classes: " + ", ".join(f"{old} -> {new}" for old, new in hub.labels)
    elif rows.rows.file is not None:
        yield "hub: not there"
    yield from rows.notes
