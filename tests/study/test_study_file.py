"""Study files: read as they are meant, and one line for what is wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from steadytune import LNSR, ConfigError
from steadytune.model_files import Trust
from steadytune.records.recipe import Recipe
from steadytune.study.study import MATCHED
from steadytune.study.study_file import make_study, read_study
from steadytune.tasks import DataSource

SMALL = {"tasks": "rte", "methods": ["plain", "lnsr"], "seeds": 3}


def write(folder: Path, content: Any) -> Path:
    path = folder / "study.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_a_small_file_is_a_study(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, SMALL), data_root="/data")
    assert study.name == "study"
    assert study.seeds == (1, 2, 3) and study.subset_seeds == (0,)
    assert [arm.method for arm in study.arms] == ["plain", "lnsr"]
    (task,) = study.tasks
    assert (task.source.task, task.source.data_root, task.changes) == ("rte", "/data", ())
    assert study.recipe == Recipe() and study.model == "minilm" and study.tuning is None


def test_the_same_keys_in_python_are_the_same_study(tmp_path: Path) -> None:
    assert make_study(**yaml.safe_load(FULL)) == read_study(write(tmp_path, FULL))


@pytest.mark.parametrize("seeds", [3, "3", "1,2,3", [1, 2, 3], (1, 2, 3), range(1, 4)])
def test_in_python_sequences_are_lists(seeds: Any) -> None:
    study = make_study(tasks=("rte",), methods=("plain", "lnsr"), seeds=seeds, data_root=Path("d"))
    assert study.seeds == (1, 2, 3)
    assert [arm.name for arm in study.arms] == ["plain", "lnsr"]
    assert study.tasks[0].source.data_root == "d"


def test_in_python_sources_and_methods_are_taken_as_they_are() -> None:
    source = DataSource(train="rows.csv", ood=("tweets=tweets.csv",), text=("words",))
    methods = ["plain", LNSR(strength=0.5), {"method": "mixout", "name": "m"}]
    study = make_study(tasks=[source, "rte"], methods=methods, seeds=np.arange(1, 4))
    assert [entry.source for entry in study.tasks] == [source, DataSource(task="rte")]
    assert [(arm.name, arm.method) for arm in study.arms] == [
        ("plain", "plain"),
        ("lnsr:strength=0.5", "lnsr:strength=0.5"),
        ("m", "mixout"),
    ]
    assert study.seeds == (1, 2, 3)
    with pytest.raises(ConfigError, match="give data_root for the whole study"):
        make_study(tasks=DataSource(task="rte", data_root="d"), methods="plain", seeds=1)


def test_trust_is_given_by_the_caller_alone(tmp_path: Path) -> None:
    trust = Trust(pickled_weights=True)
    path = write(tmp_path, SMALL)
    assert read_study(str(path)).trust == make_study(**SMALL).trust == Trust()
    assert read_study(path, trust=trust).trust == make_study(**SMALL, trust=trust).trust == trust
    with pytest.raises(ConfigError, match="unknown key trust"):
        read_study(write(tmp_path, {**SMALL, "trust": True}))


def test_in_python_files_are_those_of_the_current_folder() -> None:
    entry = {"train": Path("rows.csv"), "test": Path("more") / "rows.csv"}
    study = make_study(tasks=entry, methods="plain", seeds=1, model=Path("/some/model"))
    source = study.tasks[0].source
    assert (source.train, source.test) == ("rows.csv", "more/rows.csv")
    assert study.model == "/some/model"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"epoch": 1}, "the study: unknown key epoch; did you mean epochs?"),
        (
            {"train_size": "many"},
            "the study: train_size='many' is not possible; expected a whole number >= 1",
        ),
        ({"seeds": [1.5]}, "the study: seeds.0=1.5 does not fit"),
        ({"seeds": 1.5}, "the study: seeds=1.5 does not fit"),
        ({"tuning": {}}, "the study: tuning.trials is missing; give it"),
    ],
)
def test_what_cannot_be_in_python_is_one_line(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_study(**{**SMALL, **keys})
    assert str(caught.value).startswith(words) and "\n" not in str(caught.value)


FULL = """
name: everything
model: some/model
tasks:
  - rte
  - {task: mrpc, train_size: 500, ood: [paws_wiki]}
ood: all
methods:
  - plain
  - lnsr
  - {name: gentle, method: "lnsr:strength=1", learning_rate: 1e-5}
seeds: [3, 7]
subset_seeds: [1, 2]
learning_rate: 2e-5
epochs: 3
longer_plain: 2
settings: {adam_beta2: 0.98}
tuning:
  trials: 4
  seeds: [101]
  dev_size: 100
  learning_rate: [1e-5, 5e-5]
  epochs: 3
  methods:
    lnsr: {strength: [1, 10]}
"""


def test_everything_can_be_said_in_a_file(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, FULL))
    assert study.model == "some/model"
    assert study.recipe == Recipe(learning_rate=2e-5, epochs=3.0, settings={"adam_beta2": 0.98})
    assert [task.source.ood for task in study.tasks] == [("all",), ("paws_wiki",)]
    assert study.tasks[1].changes == (("train_size", 500),)
    assert [arm.name for arm in study.arms] == ["plain", "lnsr", "gentle", MATCHED]
    assert study.arms[1].space == (("strength", (1, 10)),)
    assert study.arms[2].changes == (("learning_rate", 1e-5),)
    assert study.arms[3].longer == 2.0
    assert study.tuning is not None
    assert study.tuning.learning_rate == (1e-5, 5e-5) and study.tuning.epochs == (3.0,)
    assert (study.seeds, study.subset_seeds) == ((3, 7), (1, 2))


def test_a_method_can_take_a_part_of_each_tasks_rate(tmp_path: Path) -> None:
    half = {"name": "half", "method": "plain", "learning_rate_factor": 0.5}
    study = read_study(write(tmp_path, {**SMALL, "methods": ["plain", half]}))
    assert [arm.learning_rate_factor for arm in study.arms] == [1.0, 0.5]


def test_numbers_without_a_point_are_numbers_wherever_they_stand(tmp_path: Path) -> None:
    text = FULL.replace("0.98", "1e-1").replace("[1, 10]", "[1e-2, 1]")
    study = read_study(write(tmp_path, text.replace("name: gentle", "name: 1e-5")))
    assert dict(study.recipe.settings) == {"adam_beta2": 0.1}
    assert study.arms[1].space == (("strength", (0.01, 1)),)
    assert study.arms[2].name == "1e-5"


@pytest.mark.parametrize(
    ("given", "seeds"), [(1, (0,)), (2, (0, 1)), ("2", (0, 1)), ("3,", (3,)), ([3, 7], (3, 7))]
)
def test_draws_of_training_rows_are_counted_as_on_the_command_line(
    tmp_path: Path, given: Any, seeds: tuple[int, ...]
) -> None:
    assert read_study(write(tmp_path, {**SMALL, "subset_seeds": given})).subset_seeds == seeds


def test_files_are_looked_for_beside_the_study(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,label\n")
    entry = {"train": "rows.csv", "test": "owner/name", "text": "text"}
    ood = ["one=rows.csv", "two=owner/name"]
    study = read_study(write(tmp_path, {**SMALL, "tasks": {**entry, "ood": ood}}))
    source = study.tasks[0].source
    assert source.ood == (f"one={tmp_path / 'rows.csv'}", "two=owner/name")
    assert source.train == str(tmp_path / "rows.csv")
    assert source.test == "owner/name"
    assert source.text == ("text",)


def test_unlabelled_texts_are_looked_for_beside_the_study(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.touch()
    arm = {"method": "lnsr", "unlabelled": "texts.txt"}
    tasks = {"task": "cola", "unlabelled": "texts.txt"}
    content = {**SMALL, "unlabelled": "texts.txt", "methods": ["plain", arm], "tasks": tasks}
    study = read_study(write(tmp_path, content))
    assert study.recipe.unlabelled == str(texts)
    assert study.arms[1].changes == study.tasks[0].changes == (("unlabelled", str(texts)),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({**SMALL, "sedes": 3}, "unknown key sedes; did you mean seeds"),
        ({**SMALL, "learning_rte": 1}, "unknown key learning_rte; did you mean learning_rate"),
        ({**SMALL, "tasks": [{"task": "rte", "tain": "x"}]}, "unknown key .*tain; did you mean"),
        ({**SMALL, "zzz": 3}, "unknown key zzz; known are"),
        ({"tasks": "rte", "seeds": 3}, "methods is missing"),
        ({**SMALL, "epochs": "three"}, "epochs='three' is not possible; expected a finite"),
        ({**SMALL, "seeds": "three"}, "seeds 'three' is neither"),
        ({**SMALL, "seeds": 0}, "0 seeds are not possible"),
        ({**SMALL, "seeds": [1, 1]}, "seed 1 appears twice"),
        ({**SMALL, "subset_seeds": 0}, "0 seeds are not possible"),
        ({**SMALL, "seeds": True}, "seeds"),
        ({**SMALL, "train_size": 1.5}, "train_size=1.5 is not possible; expected a whole number"),
        ({**SMALL, "methods": [{"name": "x"}]}, "method is missing"),
        ({**SMALL, "tasks": [{"train_size": 5}]}, "neither a task nor training rows"),
        ({**SMALL, "tuning": {"trials": 3}}, "tuning.seeds is missing"),
        ([1, 2], "is not a study"),
        ("tasks: [rte", "is not YAML"),
        ("", "is not a study"),
        ("tasks: !!python/object/apply:os.system ['true']", "is not YAML"),
        (
            {
                **SMALL,
                "tuning": {
                    "trials": 1,
                    "seeds": [9],
                    "dev_size": 9,
                    "learning_rate": 1e-5,
                    "epochs": 1,
                    "methods": {"lnrs": {"std": [1]}},
                },
            },
            "space for 'lnrs', which is not compared",
        ),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read_study(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_study(path)
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"tasks: \xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_study(broken)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(["tasks", "methods", "seeds", "epochs", "tuning", "ood", "model", "name"])


@given(st.dictionaries(KEYS, VALUES))
def test_any_content_is_a_study_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    path = write(tmp_path_factory.mktemp("fuzz"), {**SMALL, **content})
    try:
        read_study(path)
    except ConfigError as error:
        assert "\n" not in str(error)
