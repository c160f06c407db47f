"""The functions that people call first: each does what its command does, and nothing hides it."""

from __future__ import annotations

import io
import pkgutil
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import steadytune
from steadytune import ConfigError, DataError, ModelError, _commands
from steadytune.finetune import load_saved
from steadytune.runs.executors import InProcess
from steadytune.tasks import DataSource
from tests.finetune.toy_files import write_model, write_reviews

NAMES = ("train", "compare", "evaluate", "predict", "report", "diagnose")
QUIET: dict[str, Any] = {"console": Console(file=io.StringIO())}
QUICK: dict[str, Any] = {"epochs": 1, "learning_rate": 1e-3, "batch_size": 8, "max_length": 16}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    return {**write_reviews(folder), "model": write_model(folder), "folder": folder}


@pytest.fixture(scope="module")
def trained(files: dict[str, Path]) -> Path:
    out = files["folder"] / "out"
    source = DataSource(train=files["train"], test=files["test"])
    record = steadytune.train(source, out, model=files["model"], **QUICK, **QUIET)
    assert record.status == "ok" and (out / "model.safetensors").is_file()
    return out


def test_no_module_hides_a_function() -> None:
    for module in pkgutil.walk_packages(steadytune.__path__, "steadytune."):
        if not module.name.endswith(("__main__", "_ray_driver")):
            import_module(module.name)
    for name in NAMES:
        assert getattr(steadytune, name) is getattr(_commands, name)


def test_a_model_is_evaluated_and_predicts(trained: Path, files: dict[str, Path]) -> None:
    (by_name,) = steadytune.evaluate(trained, {"test": files["test"]}, **QUIET)
    (by_file,) = steadytune.evaluate(load_saved(trained), files["test"], **QUIET)
    assert by_name.scores == by_file.scores and by_name.rows == by_file.rows
    texts = {"text": ["good film", "bad plot"]}
    found = steadytune.predict(trained, texts, **QUIET)
    assert found["text"] == texts["text"] and len(found["prediction"]) == 2
    of_file = steadytune.predict(str(trained), files["test"], **QUIET)
    assert len(of_file["prediction"]) == by_file.rows


def test_of_a_source_with_test_examples_these_are_scored(
    trained: Path, files: dict[str, Path]
) -> None:
    source = DataSource(train=files["train"], test=files["test"])
    (found,) = steadytune.evaluate(trained, source, **QUIET)
    (expected,) = steadytune.evaluate(trained, files["test"], **QUIET)
    assert (found.name, found.rows, found.scores) == ("test", expected.rows, expected.scores)
    other = DataSource(train=files["test"], kind="regression")
    with pytest.raises(ConfigError, match="is a model for classification, and kind='regression'"):
        steadytune.evaluate(trained, other, **QUIET)


def test_a_study_is_compared_and_reported(files: dict[str, Path]) -> None:
    source = DataSource(train=files["train"], test=files["test"])
    out = files["folder"] / "study"
    keys = {"tasks": [source], "methods": ["plain", "lnsr"], "seeds": 1, **QUICK}
    keys |= {"model": str(files["model"])}
    made = steadytune.compare(out=out, executor=InProcess(), **keys, **QUIET)
    (out / "report.html").unlink()
    again = steadytune.report(out)
    read, shown = (list(map(asdict, found.records)) for found in (again, made))
    assert read == shown and len(read) == 2
    assert (out / "report.html").is_file()


def test_a_diagnosis_is_written(trained: Path, files: dict[str, Path]) -> None:
    out = files["folder"] / "diagnosis"
    found = steadytune.diagnose(trained, data=files["test"], examples=4, out=out, **QUIET)
    assert len(found.models) == 1 and list(out.glob("*.html"))


def test_what_cannot_be_is_refused_in_one_line(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"train has no option 'epoch'; did you mean epochs\?"):
        steadytune.train(files["train"], tmp_path / "out", epoch=1)
    with pytest.raises(ConfigError, match=r"unknown method 'lnrs'; did you mean lnsr\?"):
        steadytune.train("rte", tmp_path / "out", method="lnrs")
    with pytest.raises(DataError, match="no such file or folder"):
        steadytune.train("./nowhere.csv", tmp_path / "out")
    with pytest.raises(ConfigError, match="a study and seeds were both given"):
        steadytune.compare("study.yaml", seeds=3)
    with pytest.raises(ModelError, match="no model folder"):
        steadytune.evaluate("./nowhere", files["test"])
    with pytest.raises(ModelError, match="no model folder"):
        steadytune.predict("./nowhere", {"text": ["good"]})
    with pytest.raises(
        ConfigError, match=r"diagnose has no option 'exmples'; did you mean examples"
    ):
        steadytune.diagnose("minilm", exmples=3)
    with pytest.raises(DataError):
        steadytune.report(tmp_path / "nothing")
