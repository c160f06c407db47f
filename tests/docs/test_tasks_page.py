"""The tables of docs/tasks.md are the catalogue's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from steadytune.tasks import TASKS
from steadytune.tasks.listing import HEADINGS, RowSet, row_sets, summary_rows
from steadytune.tasks.named import FILE_CARDS, TaskCard

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"

FILE_HEADINGS = ("task", "rows", "local copy", "hub", "rows there", "licence")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def file_row(card: TaskCard, rows: RowSet) -> tuple[str, ...]:
    hub = rows.rows.hub
    return (
        card.name,
        rows.use if rows.use == "train" else rows.name,
        f"`{rows.rows.file}`",
        "" if hub is None else hub.address,
        "" if hub is None else f"{hub.rows:,}",
        rows.rows.origin.licence,
    )


def summary_table() -> str:
    cells = (row for entry in TASKS.values() for row in summary_rows(entry))
    return markdown(HEADINGS, ([cell.replace("*", "\\*") for cell in row] for row in cells))


def file_table() -> str:
    """Companions that several tasks share stand once."""
    rows: dict[str, tuple[str, ...]] = {}
    for card in FILE_CARDS:
        for part in row_sets(card):
            key = card.name + part.use if part.name == card.name else part.name
            rows.setdefault(key, file_row(card, part))
    return markdown(FILE_HEADINGS, rows.values())


def test_the_page_lists_the_tasks_as_the_catalogue_does() -> None:
    assert summary_table() in PAGE.read_text()


def test_the_page_lists_the_files_as_the_catalogue_does() -> None:
    assert file_table() in PAGE.read_text()


def test_the_page_says_what_must_be_known_of_a_task() -> None:
    text = " ".join(PAGE.read_text().split())
    for entry in TASKS.values():
        assert entry.card is not None
        for sentence in entry.card.notes:
            assert sentence in text
