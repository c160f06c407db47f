"""The page on methods of one's own: its files are written, and its code, commands and tests run."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steadytune import LNSR, Host, Step
from steadytune.method_text import format_method, method_identity, parse_method
from steadytune.study import read_study
from steadytune.testing import RegularizerContract, tiny_batch, tiny_classifier, train_steps
from tests.finetune.toy_files import steadytune, succeed, write_model
from tests.test_public import private_names

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "own_method.md"
QUICK = ("--max-length", 32, "--epochs", 1, "--train-size", 16, "--seeds", 1)


def blocks(language: str) -> list[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the page's files, in which the commands are given."""
    pattern = r"^`(\w+\.py)`:\n\n```python\n(.*?)^```"
    files = dict(re.findall(pattern, PAGE.read_text(), flags=re.DOTALL | re.MULTILINE))
    assert len(files) == 3
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in files:
        sys.modules.pop(Path(name).stem, None)


def test_public_names_are_enough() -> None:
    found = blocks("python")
    assert len(found) == 4
    assert not [name for source in found for name in private_names(source)]


def test_the_code_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(blocks("python")[1], str(PAGE), "exec"), {"__name__": "page"})
    logs = capsys.readouterr().out.splitlines()
    assert len(logs) == 4 and "keepapart_penalty" in logs[-1]


def test_the_penalty_is_the_share_that_lacks(folder: Path) -> None:
    import torch
    from keep_apart import KeepApart  # type: ignore[import-not-found]

    from steadytune import attach

    model, batch = tiny_classifier(dropout=0.0), tiny_batch()
    with attach(model, [KeepApart(least=1.0)]) as objective:
        objective(Step(model, batch))
        found = objective.pop_logs()["keepapart_penalty"]
    hidden = model(**batch, output_hidden_states=True).hidden_states[-1]
    lengths = batch["attention_mask"].sum(1)
    means = torch.stack([row[:length].mean(0) for row, length in zip(hidden, lengths, strict=True)])
    between = (means - means.mean(0)).square().sum() / means.square().sum()
    assert found == pytest.approx(1 - between.item(), rel=1e-5)
    alike = {name: value[:1].repeat(4, *[1] * (value.dim() - 1)) for name, value in batch.items()}
    with attach(model, [KeepApart()]) as objective:
        objective(Step(model, alike)).backward()
        assert objective.pop_logs()["keepapart_penalty"] == pytest.approx(1.0)


def test_the_other_kinds_do_what_they_say(folder: Path) -> None:
    from others import Flooding, Until  # type: ignore[import-not-found]

    batches = [tiny_batch(seed=number) for number in range(3)]
    plain = train_steps(tiny_classifier(), [], batches[:1])
    flooded = train_steps(tiny_classifier(), [Flooding(level=2.0)], batches[:1])
    assert flooded[0] == pytest.approx(4.0 - plain[0])
    text = "others:Until(lnsr:strength=20.0):steps=1"
    assert parse_method(text) == (Until(LNSR(strength=20.0), steps=1),)
    assert format_method(parse_method(text)) == text
    first, _ = (train_steps(tiny_classifier(), [m], batches) for m in (*parse_method(text), LNSR()))
    always = train_steps(tiny_classifier(), [LNSR(strength=20.0)], batches)
    assert first[0] == always[0] and first[1] != always[1]


def test_every_command_runs(folder: Path) -> None:
    shutil.copy(ROOT / "examples" / "reviews.csv", folder)
    model = write_model(folder)
    (block,) = blocks("sh")
    commands = [shlex.split(line)[1:] for line in block.splitlines()]
    assert [words[0] for words in commands] == ["train", "compare"]
    for words in commands:
        serial = ("--workers", 0) if words[0] == "compare" else ()
        succeed(*words, "--model", model, *QUICK, *serial)
    assert len(list((folder / "apart" / "runs").glob("*.json"))) == 3


def test_a_study_file_names_it_in_the_same_words(folder: Path) -> None:
    text = "lnsr+keep_apart:KeepApart:strength=0.5"
    (folder / "own.yaml").write_text(f"tasks: rte\nmethods: [plain, '{text}']\nseeds: 1\n")
    assert [arm.method for arm in read_study(folder / "own.yaml").arms] == ["plain", text]


def test_its_version_tells_runs_apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    methods = parse_method("keep_apart:KeepApart")
    first = method_identity(methods)
    monkeypatch.setattr(type(methods[0]), "version", 2)
    assert method_identity(methods) != first


def test_a_wrong_option_is_one_line(folder: Path) -> None:
    result = steadytune("compare", "--task", "rte", "--method", "keep_apart:KeepApart:least=2")
    assert result.exit_code == 2
    assert "least=2.0 is not possible" in result.stderr and "\n" not in result.stderr.strip()


@pytest.mark.slow
def test_its_tests_pass(folder: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "test_keep_apart.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    tests = [name for name in vars(RegularizerContract) if name.startswith("test_")]
    assert f"{len(tests) - 2} passed, 2 skipped" in done.stdout
    assert len(tests) == 19 and "These are nineteen tests" in PAGE.read_text()


def test_what_the_table_names_exists() -> None:
    _, _, table = PAGE.read_text().partition("| what a method needs |")
    for place, owner in (("step", Step), ("host", Host)):
        there = {*dir(owner), *inspect.signature(owner).parameters}
        named = set(re.findall(rf"`{place}\.(\w+)", table))
        assert len(named) >= 5 and named <= there
