"""The table of docs/tasks.md is the catalogue's."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from steadytune.tasks import TASKS
from steadytune.tasks._catalogue import Entry
from steadytune.tasks.listing import RowSet, count, print_task, row_sets
from steadytune.tasks.named import TaskCard

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"

HEADINGS = ("task", "kind", "metric", "train", "test", "companions")


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


def test_the_page_lists_the_tasks_as_the_catalogue_does() -> None:
    assert summary_table() in PAGE.read_text()


@pytest.mark.parametrize("entry", TASKS.values(), ids=lambda entry: entry.name)
def test_the_command_says_what_must_be_known_of_a_task(entry: Entry) -> None:
    console = Console(width=10_000, file=io.StringIO())
    print_task(entry.name, console)
    printed = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert entry.card is not None
    assert [note for note in entry.card.notes if note not in printed] == []
