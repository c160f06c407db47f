"""The page: self-contained, escaped, whole or not there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from steadytune._exceptions import ConfigError
from steadytune.reporting import build_report, render_html, write_page
from tests.reporting.fabricated import BARE, record, study, write

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Outline(HTMLParser):
    """Collects tags and checks that they nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def page_of(records: list[dict[str, object]], **arguments: object) -> str:
    return render_html(build_report(records, title="A study", **arguments))  # type: ignore[arg-type]


def test_the_page_holds_every_part() -> None:
    records = [*study(3), record("lnsr", 7, status="diverged", reason="loss is NaN at step 3")]
    page = page_of(
        records, command="steadytune demo --seeds 3", descriptions={"lnsr": "adds noise"}
    )
    outline = Outline(page)
    assert outline.open == []
    for part in (
        "A study",
        "Verdict",
        "few seeds prove little",
        "movie, in domain",
        "tweet, out of domain",
        "loss is NaN at step 3",
        "steadytune demo --seeds 3",
        "adds noise",
        "2.13.0",
        "sentences from nowhere, MIT licence",
        "2026-01-02 03:04 to 03:06 UTC",
        "Majority-class baseline",
    ):
        assert part in outline.words, part
    figures = {"dots": 2, "differences": 2, "cost": 1, "best": 1, "learning": 2, "noise": 2}
    assert outline.tags.count("svg") == sum(figures.values())
    assert page.startswith("<!DOCTYPE html>")


def test_what_to_take_comes_first() -> None:
    page = render_html(build_report(study(6), title="t"))
    assert page.index("Recommended") < page.index("No difference between <code>lnsr</code>")


def test_nothing_comes_from_elsewhere() -> None:
    outline = Outline(page_of(study(3)))
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(outline.tags)
    for name, value in outline.attributes:
        assert not name.startswith("on")
        if name in ("href", "src", "xlink:href"):
            assert (value or "").startswith("#")
        assert "url(http" not in (value or "") and "@import" not in (value or "")
    assert "default-src 'none'" in dict(outline.attributes).values() or any(
        "default-src 'none'" in (value or "") for _, value in outline.attributes
    )


def test_text_from_records_is_escaped_everywhere() -> None:
    records = []
    for method in ("plain", EVIL):
        for seed in range(3):
            made = record(method, seed, spec={"task": EVIL, "model": EVIL, EVIL: EVIL})
            made["environment"] = {EVIL: EVIL, "nested": {EVIL: [EVIL]}}
            made["task"].update(in_domain=EVIL, metric=EVIL, source=EVIL, name=EVIL)
            made["task"]["constant"] = {EVIL: 0.5}
            made["task"]["sizes"] = {EVIL: 5}
            made["results"] = {EVIL: {EVIL: 0.7 + seed / 10}, "tweet": {EVIL: 0.5}}
            records.append(made)
    records.append(record(EVIL, 9, status="failed", reason=EVIL, spec={"task": EVIL}))
    page = page_of(
        records, command=EVIL, descriptions={EVIL: EVIL}, warnings=[EVIL], baseline="plain"
    )
    outline = Outline(page)
    assert "script" not in outline.tags
    assert EVIL in outline.words
    assert "alert('x')" not in re.sub(r"&lt;script&gt;alert\(.{0,10}x", "", page)


def test_what_others_are_compared_with_is_said_of_the_baseline_alone() -> None:
    arm = {"name": "plain, matched compute", "varies": ["epochs"]}
    longer = record("plain", 0, spec={"epochs": 6.0}, arm=arm, **BARE)
    notes = build_report([record(**BARE), longer], title="t").methods
    assert [note.description for note in notes] == [
        "Fine-tuning with no method added. What the others are compared with.",
        "Fine-tuning with no method added.",
    ]


def test_svg_ids_are_unique_in_the_page() -> None:
    other = [record(m, s, spec={"epochs": 9.0}) for m in ("plain", "lnsr") for s in range(2)]
    ids = re.findall(r'\bid="([^"]+)"', page_of([*study(3), *other]))
    assert len(ids) == len(set(ids))


def test_several_settings_are_listed_by_what_differs() -> None:
    other = [record(m, s, spec={"epochs": 9.0}) for m in ("plain", "lnsr") for s in range(2)]
    words = Outline(page_of([*study(3), *other])).words
    assert "reviews, minilm, epochs 3" in words
    assert "reviews, minilm, epochs 9" in words


def test_figures_stop_at_a_number_that_can_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadytune.reporting.exports.page.MOST_PANELS", 9)
    records = [record(m, 0, spec={"epochs": float(e)}) for m in ("plain", "lnsr") for e in range(4)]
    page = page_of(records)
    assert Outline(page).tags.count("svg") == 9
    assert "Not all figures of this section are drawn" in page


def test_more_settings_than_a_page_can_show_are_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadytune.reporting.exports.page.MOST_SECTIONS", 2)
    records = [record(m, 0, spec={"epochs": float(e)}, **BARE) for m in "ab" for e in range(4)]
    outline = Outline(page_of(records))
    assert outline.tags.count("article") == 2
    assert "The other 2 sections are left to the table below" in outline.words
    assert "epochs 3" in outline.words


@pytest.mark.parametrize("records", [[], [record(status="cancelled")], [record()]])
def test_hardly_anything_gives_a_page_too(records: list[dict[str, object]]) -> None:
    assert Outline(page_of(records)).open == []


def test_a_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    report = build_report(study(1), title="t")
    with pytest.raises(ConfigError, match="cannot write") as error:
        write_page(report, tmp_path / "absent" / "report.html")
    assert "\n" not in str(error.value)
    (tmp_path / "taken").mkdir()
    with pytest.raises(ConfigError):
        write_page(report, tmp_path / "taken")
    assert os.listdir(tmp_path) == ["taken"]


def test_equal_records_give_equal_pages() -> None:
    assert page_of(study(1)) == page_of(study(1))


def test_importing_the_report_imports_nothing_heavy() -> None:
    code = (
        "import sys, steadytune.reporting, steadytune.stats;"
        "print([m for m in ('torch', 'transformers', 'datasets', 'matplotlib', 'sklearn', 'jinja2')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SCALE = """
import re, sys, time
from pathlib import Path
from steadytune.reporting import Outputs, report_folders
for folder in sys.argv[1:]:
    started = time.process_time()
    report_folders([Path(folder)], Outputs(), describe=lambda methods: {})
    print(time.process_time() - started)
# Not getrusage: what that tells of a child begins with the memory of its parent.
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(int(peak[1]) / 2**20)
"""


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's peak of memory")
def test_time_and_memory_for_ten_thousand_records_are_in_proportion(tmp_path: Path) -> None:
    history = [{"step": i, "loss": 0.5, "learning_rate": 1e-5} for i in range(60)]
    records = [
        record(method, seed, movie=0.6 + seed % 97 / 500, spec={"epochs": epochs}, history=history)
        for epochs in range(10)
        for method in ("plain", "a", "b", "c")
        for seed in range(250)
    ]
    parts = {"first": records[:1], "few": records[:2_000], "many": records}
    folders = [write(tmp_path / name, part) for name, part in parts.items()]
    # In a cache of its own: drawings that an earlier run kept would make the small study cheap.
    environment = {**os.environ, "STEADYTUNE_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", SCALE, *folders],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    _, few, many, gigabytes = map(float, done.stdout.split())  # the first one pays for the imports
    assert many < 5 * few
    assert gigabytes < 1
