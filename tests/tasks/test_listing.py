"""What `steadytune tasks` prints: all tasks, what minilm has seen, and all about one."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from steadytune._exceptions import ConfigError
from steadytune.cli import app
from steadytune.tasks import TASKS, NamedTask
from steadytune.tasks.listing import print_task, print_tasks, row_sets, summary_rows
from tests.toy_task import load_toy


def printed(width: int, name: str | None = None) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_tasks(console) if name is None else print_task(name, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_of_the_list_is_cut(width: int) -> None:
    text = printed(width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    words = text.split()
    for name, entry in TASKS.items():
        assert name in words and entry.card is not None
        for companion in entry.card.companions:
            assert companion.name in words and f"{companion.rows.count:,}" in text


def test_what_minilm_has_seen_is_marked_and_nothing_else() -> None:
    rows = [row for entry in TASKS.values() for row in summary_rows(entry)]
    seen = {domain for *_, domain, _, mark in rows if mark == "seen"}
    assert {domain for *_, domain, _, mark in rows if not mark} & seen == {"train"}
    assert seen == {
        *("mnli_matched", "snli", "counterfactual_nli", "qqp"),
        *("train", "squad", "natural_questions_short"),
    }


def test_other_sizes_of_the_hub_are_marked() -> None:
    sizes = {domain: count for *_, domain, count, _ in summary_rows(TASKS["mrpc"])}
    assert sizes == {"train": "3,668", "mrpc": "408", "qqp": "4,000*", "paws_wiki": "8,000"}


@pytest.mark.parametrize("name", TASKS)
def test_all_of_one_task_is_said(name: str) -> None:
    text = " ".join(printed(120, name).split())
    card = TASKS[name].card
    assert card is not None
    for rows in row_sets(card):
        assert f"{rows.name}, {rows.rows.count:,} rows" in text
        assert rows.rows.origin.licence in text and rows.rows.origin.source in text
    for sentence in card.notes:
        assert sentence in text


def test_the_mapping_of_classes_is_said() -> None:
    text = " ".join(printed(80, "rte").split())
    assert "0 entailment, 1 not_entailment" in text
    assert "entailment -> entailment, neutral -> not_entailment" in text


def test_a_task_without_a_card_is_listed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))
    assert "toy" in printed(80).split()
    assert printed(80, "toy") == "toy: made up\n"


def test_an_unknown_task_is_one_line_with_near_matches() -> None:
    with pytest.raises(ConfigError, match=r"'sqad': did you mean squad\?"):
        print_task("sqad", Console(file=io.StringIO()))
    result = CliRunner().invoke(app, ["tasks", "sqad"])
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1


def test_the_command_imports_nothing_heavy() -> None:
    script = (
        "import sys; from steadytune.cli import app\n"
        "try: app(['tasks'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'transformers', 'datasets', 'sklearn', 'scipy', 'huggingface_hub'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
