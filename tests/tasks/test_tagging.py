"""Tasks of tagging: their rows, their outputs and their predictions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from steadytune import ConfigError, DataError
from steadytune.tasks import PROBLEMS, Task, kind_of_model
from steadytune.tasks.tagging import Tagging
from steadytune.tasks.words import Words

from .made_up import require_statistics_are_the_scores, task_of

NAMES = ("O", "B-a", "I-a", "B-b")
PROBLEM = Tagging()


def rows(*labels: str) -> Dataset:
    words = [" ".join(f"w{n}" for n, _ in enumerate(label.split(" "))) for label in labels]
    return Dataset.from_dict({"tokens": words, "label": labels, "idx": [*range(len(labels))]})


def task(train: Dataset, column: str = "tokens") -> Task:
    return task_of("tagging", "names", train, rows("O B-b"), NAMES, (column,))


def predicted(places: list[list[int]], *logits: Any) -> dict[str, Any]:
    words = Words(tuple(np.array(row) for row in places), NAMES)
    each = [np.array(row, dtype=np.float32) for row in logits]
    encoded: Any = SimpleNamespace(words=words)
    return PROBLEM.predict({"logits": each}, encoded, None)  # type: ignore[arg-type]


def test_a_task_of_such_rows() -> None:
    found = task(rows("B-a I-a O", "O", "B-a B-b O"))
    assert found.problem is PROBLEMS["tagging"]
    assert found.problem.class_counts(found.train, NAMES) == {"a": 2, "b": 1}
    assert found.problem.strata(found.train) == ["a", "O", "b"]
    with pytest.raises(ConfigError, match="expected tokens, as every task of tagging"):
        task(rows("B-a").rename_column("tokens", "words"), "words")


def test_other_truths_are_refused() -> None:
    with pytest.raises(DataError, match="row 2 of train of names has the tag 'B-c'"):
        task(rows("B-a", "O B-c"))
    wrong = Dataset.from_dict({"tokens": ["a b"], "label": ["B-a"], "idx": [0]})
    with pytest.raises(DataError, match="has 2 words and 1 tags"):
        task(wrong)
    with pytest.raises(DataError, match="tagged O alone"):
        task(rows("O O", "O"))


def test_a_word_that_is_not_read_is_outside() -> None:
    found = predicted([[1, -1, 3], [-1]], np.eye(4)[[0, 1, 0, 3, 0]], np.eye(4)[[0, 1]])
    assert found["tags"].tolist() == ["B-a O B-b", "O"]
    assert found["logits"].shape == (2, 3, 4)
    assert np.isnan(found["logits"]).all(axis=2).tolist() == [[False, True, False], [True] * 3]
    truth = rows("B-a I-a B-b", "B-b")
    assert PROBLEM.score(found, truth)["recall"] == pytest.approx(1 / 3)
    said = PROBLEM.readable(found, NAMES)
    assert PROBLEM.readable_names(NAMES) == [*said]
    assert said["prediction"] == ["B-a O B-b", "O"]
    sure = np.e / (np.e + 3)
    assert said["lowest_probability"] == pytest.approx([sure, 1.0])


def test_statistics_give_the_scores() -> None:
    found = predicted([[1, 2], [1, 2]], *[np.eye(4)[[0, 1, 3, 0]]] * 2)
    truth = rows("B-a B-b", "B-a I-a")
    require_statistics_are_the_scores("tagging", found, truth)


def test_an_ensemble_is_the_mean_of_probabilities() -> None:
    one, other = np.log([[0.9, 0.1]]), np.log([[0.3, 0.7]])
    found = PROBLEM.average([{"logits": [one]}, {"logits": [other]}])
    assert np.exp(found["logits"][0]) == pytest.approx(np.array([[0.6, 0.4]]))


def test_outside_alone_finds_no_entity() -> None:
    given = rows("B-a O", "O O")
    assert [PROBLEM.constant_score(given, 4, name) for name in PROBLEM.metrics] == [0, 0, 0, 0.75]


@pytest.mark.parametrize(
    ("names", "kind"),
    [(("O", "B-PER", "I-PER"), "tagging"), (("NN", "VB"), None), (("LABEL_0", "LABEL_1"), None)],
)
def test_models_are_of_tags_of_entities(names: tuple[str, ...], kind: str | None) -> None:
    config = {"id2label": {str(number): name for number, name in enumerate(names)}}
    assert kind_of_model("BertForTokenClassification", config) == kind
