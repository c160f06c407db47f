"""The tables of docs/tasks.md are the catalogue's."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from steadytune.tasks import TASKS
from steadytune.tasks._catalogue import Entry
from steadytune.tasks.listing import RowSet, count, print_task, row_sets
from steadytune.tasks.named import FILE_CARDS, TaskCard

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"

HEADINGS = ("task", "kind", "metric", "train", "test", "companions")
FILE_HEADINGS = ("licence", "files")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def examples(rows: RowSet) -> str:
    return count(rows.rows).replace("*", "\\*") + (" (seen)" if rows.exposed else "")


def summary_row(card: TaskCard) -> tuple[str, ...]:
    train, test, *companions = row_sets(card)
    listed = ", ".join(f"{rows.name} {examples(rows)}" for rows in companions)
    return (card.name, card.kind, card.metric, examples(train), examples(test), listed)


def summary_table() -> str:
    return markdown(HEADINGS, (summary_row(entry.card) for entry in TASKS.values() if entry.card))


def file_table() -> str:
    """What may be done with each folder of a local copy, which several tasks may share."""
    folders: dict[str, dict[str, None]] = {}
    for rows in (part.rows for card in FILE_CARDS for part in row_sets(card)):
        folder = str(rows.file).rpartition("/")[0]
        folders.setdefault(rows.origin.licence, {})[f"`{folder}`"] = None
    return markdown(FILE_HEADINGS, ((name, ", ".join(found)) for name, found in folders.items()))


def test_the_page_lists_the_tasks_as_the_catalogue_does() -> None:
    assert summary_table() in PAGE.read_text()


def test_the_page_lists_the_licences_as_the_catalogue_does() -> None:
    assert file_table() in PAGE.read_text()


@pytest.mark.parametrize("entry", TASKS.values(), ids=lambda entry: entry.name)
def test_the_command_says_what_must_be_known_of_a_task(entry: Entry) -> None:
    console = Console(width=10_000, file=io.StringIO())
    print_task(entry.name, console)
    printed = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert entry.card is not None
    assert [note for note in entry.card.notes if note not in printed] == []
