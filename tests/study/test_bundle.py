"""A bundle has all that its studies need: it travels, runs alone, and says what it lacks."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from steadytune._exceptions import ConfigError, ModelError
from steadytune.model_files import CAREFUL
from steadytune.records.ledger import Ledger
from steadytune.study import Study, read_study
from steadytune.study.bundle import read_part_size, write_bundle
from steadytune.study.bundled import MANIFEST, MODELS, is_bundled, unpacked
from steadytune.study.grid import load_tasks, plan_runs
from steadytune.tasks import TASKS
from tests.tasks.local_copy import write_copy
from tests.test_cli import call
from tests.tiny_bert import write_tiny_bert

STUDY = """
name: travels
model: tiny
tasks: [{task: cola, train_size: 16}, {train: reviews.csv, ood: [books=more/books.csv]}]
methods: [plain, lnsr]
seeds: [3, 4]
epochs: 1
learning_rate: 1e-4
batch_size: 8
eval_size: 16
max_length: 16
precision: fp32
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with a model and rows beside it, and a local copy of a named task."""
    folder = tmp_path / "home"
    write_tiny_bert(folder / "tiny")
    (folder / "study.yaml").write_text(STUDY)
    rows = "text,label\n" + "".join(
        f"the film was {word} {number},{word}\n" for number in range(20) for word in ("good", "bad")
    )
    (folder / "reviews.csv").write_text(rows)
    (folder / "more").mkdir()
    (folder / "more" / "books.csv").write_text(rows.replace("film", "book"))
    card = TASKS["cola"].card
    assert card is not None
    write_copy(tmp_path / "copy", card)
    monkeypatch.setenv("STEADYTUNE_DATA", str(tmp_path / "copy"))
    return folder


@pytest.fixture
def away(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its bundle, elsewhere, with all that it was made from gone."""
    write_bundle([home / "study.yaml"], tmp_path / "made", part_size=4000)
    shutil.move(tmp_path / "made", tmp_path / "away")
    shutil.rmtree(home)
    shutil.rmtree(tmp_path / "copy")
    monkeypatch.delenv("STEADYTUNE_DATA")
    return tmp_path / "away"


def test_it_is_compared_without_network_and_its_records_come_back(
    away: Path, tmp_path: Path, no_network: None
) -> None:
    for seed in ("3,", "4,"):
        out = tmp_path / f"job-{seed[0]}"
        words = f"compare {away / 'study.yaml'} --workers 0 --seeds {seed} --out {out}"
        result = call(*words.split())
        assert result.exit_code == 0, result.output
    packed = call("pack", str(tmp_path / "job-3"), str(tmp_path / "job-4"), str(tmp_path / "both"))
    assert packed.exit_code == 0, packed.output
    records = Ledger(tmp_path / "both").read().records
    specs = [record.spec for record in records]
    assert sorted((s.task, s.method, s.seed) for s in specs) == [
        (task, method, seed)
        for task in ("cola", "reviews")
        for method in sorted({s.method for s in specs})
        for seed in (3, 4)
    ]
    assert {record.status for record in records} == {"ok"}
    assert {spec.model for spec in specs} == {"tiny"}


def test_the_runs_are_those_of_home(home: Path, tmp_path: Path) -> None:
    """So that a study begun here goes on there: the same weights, the same rows."""
    made = write_bundle([home / "study.yaml"], tmp_path / "made", part_size=10**6)
    here = read_study(home / "study.yaml")
    there = unpacked(made.folder / "study.yaml", CAREFUL)
    assert there.find_model().hash == here.find_model().hash
    for one, other in zip(here.tasks, there.tasks, strict=True):
        assert one.source.load().content_hash == other.source.load().content_hash
    assert replace(there, tasks=here.tasks, model=here.model, model_folder=None) == here


def test_half_of_the_weights_is_another_starting_point(home: Path, tmp_path: Path) -> None:
    whole = write_bundle([home / "study.yaml"], tmp_path / "whole")
    half = write_bundle([home / "study.yaml"], tmp_path / "half", half=True)
    sizes = [
        sum(size for name, size in made.files.items() if ".safetensors" in name)
        for made in (whole, half)
    ]
    assert sizes[1] < 0.7 * sizes[0]
    models = [unpacked(made.folder / "study.yaml", CAREFUL).find_model() for made in (whole, half)]
    assert models[0].hash != models[1].hash
    one, other = (model.with_head("classification", ["a", "b"], 0)[0] for model in models)
    weights = zip(one.parameters(), other.parameters(), strict=True)
    assert all((a - b).abs().max() <= 1e-3 for a, b in weights)


def test_no_file_of_weights_is_larger_than_a_part(home: Path, tmp_path: Path) -> None:
    made = write_bundle([home / "study.yaml"], tmp_path / "made", part_size=4000)
    parts = {name: size for name, size in made.files.items() if ".safetensors" in name}
    assert len(parts) > 2 and max(parts.values()) == 4000
    assert all(name[-3:].isdigit() for name in parts)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda f: (f / "reviews.csv").unlink(), r"reviews\.csv of the bundle is missing"),
        (lambda f: (f / "reviews.csv").write_text("text,label\n"), "has another sha256"),
        (lambda f: (f / MANIFEST).write_text("{}"), "does not belong to a bundle"),
        (lambda f: _set(f, "format", 99), "of another version of steadytune"),
        (lambda f: _set(f, "studies", ["other.yaml"]), r"not in the bundle .*; it has other\.yaml"),
        (lambda f: (f / MANIFEST).write_text("[" * 100_000), "does not belong to a bundle"),
        (lambda f: (f / MANIFEST).write_text("[]"), "expected a JSON object"),
        (lambda f: _set(f, "studies", 3), r"does not belong to a bundle \(studies: "),
        (lambda f: _set(f, "models", {"tiny": {}}), r"\(models\.tiny\.folder: "),
        (lambda f: _set(f, "models", {}), "lacks the model 'tiny'"),
        (lambda f: _set(f, "sha256", {"../x": "1"}), "leads out of the bundle"),
        (lambda f: _set_model(f, folder="/tmp"), "leads out of the bundle"),
        (lambda f: _set_model(f, weights={"../x": WEIGHTS}), "is not the name of a file"),
        (lambda f: _set_model(f, weights={"..": WEIGHTS}), "leads out of the bundle"),
        (lambda f: _set_model(f, weights={"x": {**WEIGHTS, "parts": ["a/b"]}}), "not the name"),
        (lambda f: _set_model(f, weights={"x": WEIGHTS}), "x cannot be joined from its parts"),
        (lambda f: next((f / MODELS / "1").glob("*.001")).unlink(), "is missing"),
    ],
)
def test_damage_is_one_line(away: Path, harm: Callable[[Path], None], told: str) -> None:
    assert is_bundled(away / "study.yaml")
    harm(away)
    with pytest.raises(ConfigError, match=told) as caught:
        unpacked(away / "study.yaml", CAREFUL)
    assert "\n" not in str(caught.value)


WEIGHTS = {"sha256": "0", "parts": ["missing"]}


def _set_model(bundle: Path, **values: object) -> None:
    models = json.loads((bundle / MANIFEST).read_text())["models"]
    _set(bundle, "models", {"tiny": {**models["tiny"], **values}})


def keys(study: Study) -> set[str]:
    model = study.find_model()
    return {run.spec.key for run in plan_runs(study, load_tasks(study, model), model)}


def _set(folder: Path, key: str, value: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))


def test_weights_that_were_joined_and_changed_since_are_joined_again(away: Path) -> None:
    study = unpacked(away / "study.yaml", CAREFUL)
    assert study.model_folder is not None
    path = study.model_folder / "model.safetensors"
    content = path.read_bytes()
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    unpacked(away / "study.yaml", CAREFUL)
    assert path.read_bytes() == content
    (study.model_folder / "other.safetensors").write_bytes(content)
    with pytest.raises(ConfigError, match=r"has the hash .*; remove it and copy it again"):
        unpacked(away / "study.yaml", CAREFUL)


def test_records_come_back_as_those_of_home(home: Path, tmp_path: Path) -> None:
    """Wherever the model and the texts lie, the runs are the same and are not carried out again."""
    (home / "texts.txt").write_text("one\ntwo\n")
    text = STUDY.replace("methods: [plain, lnsr]", "methods: [lnsr]\nunlabelled: texts.txt")
    (home / "study.yaml").write_text(text)
    write_bundle([home / "study.yaml"], tmp_path / "made")
    here = keys(read_study(home / "study.yaml"))
    there = keys(unpacked(tmp_path / "made" / "study.yaml", CAREFUL))
    assert here == there and len(here) == 4
    (home / "texts.txt").write_text("one\nthree\n")
    assert not here & keys(read_study(home / "study.yaml"))


def test_a_bundle_that_failed_leaves_nothing(home: Path, tmp_path: Path) -> None:
    (home / "tiny" / "model.safetensors").rename(home / "weights")
    with pytest.raises(ModelError):
        write_bundle([home / "study.yaml"], tmp_path / "new" / "made")
    (home / "weights").rename(home / "tiny" / "model.safetensors")
    assert not any((tmp_path / "new" / "made").iterdir())
    assert len([*(tmp_path / "new").iterdir()]) == 1
    write_bundle([home / "study.yaml"], tmp_path / "new" / "made")


def test_only_named_files_go_along(home: Path, tmp_path: Path) -> None:
    (home / "travels").mkdir()  # as the study is called
    (home / "travels" / "secret").touch()
    made = write_bundle([home / "study.yaml"], tmp_path / "made")
    assert not (made.folder / "travels").exists() and not (made.folder / "tiny").exists()


def test_rows_in_folders_of_any_name_go_along(home: Path, tmp_path: Path) -> None:
    for name in ("data", "models/1"):
        (home / name).mkdir(parents=True)
        shutil.copy(home / "reviews.csv", home / name / "rows.csv")
    text = STUDY.replace("reviews.csv", "data/rows.csv").replace("more/books", "models/1/rows")
    (home / "study.yaml").write_text(text)
    made = write_bundle([home / "study.yaml"], tmp_path / "made")
    here, there = read_study(home / "study.yaml"), unpacked(made.folder / "study.yaml", CAREFUL)
    for one, other in zip(here.tasks, there.tasks, strict=True):
        assert one.source.load().content_hash == other.source.load().content_hash


def test_names_that_meet_are_refused(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(home, other)
    studies = [home / "study.yaml", (other / "study.yaml").rename(other / "second.yaml")]
    with pytest.raises(ConfigError, match="two models are called tiny"):
        write_bundle(studies, tmp_path / "made")
    rows = (other / "reviews.csv").read_text()
    (other / "reviews.csv").write_text(rows.replace("film", "song"))
    with pytest.raises(ConfigError, match=r"are both called reviews\.csv; rename one"):
        write_bundle(studies, tmp_path / "made")
    (home / "_bundle").mkdir()
    (home / "_bundle" / "rows.csv").write_text(rows)
    (home / "study.yaml").write_text(STUDY.replace("reviews.csv", "_bundle/rows.csv"))
    with pytest.raises(ConfigError, match="has a name that a bundle needs for itself"):
        write_bundle([home / "study.yaml"], tmp_path / "made")


def test_other_rows_for_a_bundle_are_refused(away: Path, tmp_path: Path) -> None:
    words = f"compare {away / 'study.yaml'} --data-root {tmp_path} --dry-run --out {tmp_path / 'o'}"
    result = call(*words.split())
    assert result.exit_code == 2 and "leave --data-root out" in result.stderr


def test_what_lies_elsewhere_is_refused(home: Path, tmp_path: Path) -> None:
    shutil.move(home / "reviews.csv", tmp_path / "reviews.csv")
    (home / "study.yaml").write_text(STUDY.replace("reviews.csv", "../reviews.csv"))
    with pytest.raises(ConfigError, match="which is elsewhere; put it next to the study file"):
        write_bundle([home / "study.yaml"], tmp_path / "made")


def test_named_rows_need_a_local_copy(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEADYTUNE_DATA")
    with pytest.raises(ConfigError, match="from a local copy only; name its folder"):
        write_bundle([home / "study.yaml"], tmp_path / "made")


def test_a_folder_in_use_and_two_studies_of_one_name_are_refused(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    with pytest.raises(ConfigError, match="is not empty"):
        write_bundle([home / "study.yaml"], tmp_path / "used")
    with pytest.raises(ConfigError, match=r"two study files are called study\.yaml"):
        write_bundle([home / "study.yaml"] * 2, tmp_path / "made")


@pytest.mark.parametrize(("text", "size"), [("48M", 48_000_000), ("3k", 3000), ("7", 7)])
def test_part_sizes(text: str, size: int) -> None:
    assert read_part_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "0", "-3M", "1.5G", "48MB"])
def test_part_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a size such as 48M"):
        read_part_size(text)


def test_seeds_of_a_study_file_are_some_of_its_own(home: Path, tmp_path: Path) -> None:
    words = f"compare {home / 'study.yaml'} --seeds 9, --dry-run --out {tmp_path / 'out'}"
    result = call(*words.split())
    assert result.exit_code == 2
    assert "seed 9 is not in the study 'travels'; expected some of 3, 4" in result.stderr


def test_the_command_says_what_it_made(home: Path, tmp_path: Path) -> None:
    words = f"bundle {home / 'study.yaml'} --out {tmp_path / 'made'} --part-size 4K --half"
    result = call(*words.split())
    assert result.exit_code == 0, result.output
    assert "the largest 0.0 MB" in result.stdout
    assert "steadytune compare made/study.yaml" in result.stdout
    assert json.loads((tmp_path / "made" / MANIFEST).read_text())["half"] is True


@pytest.mark.parametrize("method", ["evil:Method", "lnsr+evil:Method", "scheduled(evil:Method)"])
def test_code_that_a_bundle_names_runs_only_where_that_is_asked_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    study = home / "study.yaml"
    study.write_text(STUDY.replace("[plain, lnsr]", f'[plain, "{method}"]'))
    write_bundle([study], tmp_path / "made")
    (tmp_path / "made" / "evil.py").write_text("raise SystemExit('it ran')")
    monkeypatch.chdir(tmp_path / "made")
    monkeypatch.syspath_prepend(str(tmp_path / "made"))
    result = call("compare", "study.yaml", "--dry-run")
    assert result.exit_code == 2 and "it ran" not in result.output
    assert "runs code of the module evil" in result.output
    assert "read that code, and give --trust-remote-code" in result.output
    asked = call("compare", "study.yaml", "--dry-run", "--trust-remote-code")
    assert asked.exit_code == 2 and "it ran" in asked.output
