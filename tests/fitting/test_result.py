"""The lines of a fit: they claim for the kept model only what holds for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steadytune._exceptions import ModelError
from steadytune.fitting.result import FACTS, read_result, summary

CALIBRATED = {"temperature": 1.5, "width": 0.3, "skipped": "the head has two layers"}


def some_facts(plain_on: int | None = None, floor: float | None = None, **kept: Any) -> Any:
    known = {"form": "the average of the seeds", "why": "the best", "temperature": None}
    return {
        "score": {"value": 0.8, "interval": None, "basis": "by cross-validation"},
        "metric": "accuracy",
        "percent": True,
        "plain": [0.7],
        "plain_on": plain_on,
        "defaults": [],
        "floor": floor,
        "constant": 0.5,
        "chosen": {"method": "plain", "learning_rate": 1e-4, "epochs": 3.0},
        "reason": "it was alone",
        "sizes": {"train": 50, "test": 10},
        "kept": {**known, "width": None, "seeds": [1, 2], **kept},
    }


def lines(plain_on: int | None = None, floor: float | None = None, **kept: Any) -> str:
    return "\n".join(summary(some_facts(plain_on, floor, **kept), Path("out")))


def test_a_model_that_learned_from_others_has_not_their_calibration() -> None:
    said = lines(**CALIBRATED)
    assert "temperature 1.50" in said and "within 0.3" in said and "not calibrated" in said
    said = lines(distilled=True, taught=50, unlabelled=0, **CALIBRATED)
    assert not any(word in said for word in ("temperature", "within", "calibrated"))


def test_how_many_examples_had_a_teacher_is_said() -> None:
    some = lines(distilled=True, taught=20, unlabelled=7)
    assert "from the average of the seeds on 20 of 50 training examples and 7 texts" in some
    none = lines(distilled=True, taught=0, unlabelled=0)
    assert "one plain model of a single seed" in none and "learned from the" not in none
    assert "learned from the average of the seeds (the best)" in lines(distilled=True)


def test_plain_training_on_fewer_examples_says_so() -> None:
    assert "70.0 %; the kept model: 80.0 %" in lines()
    assert "70.0 % on 20 of these examples; the kept model" in lines(plain_on=20)


def test_what_it_gains_is_said_against_the_floor_or_else_the_baseline() -> None:
    assert "frozen features: +10.0 points, above its 70.0 %." in lines(floor=0.7)
    assert "frozen features: -10.0 points, NOT above its 90.0 %." in lines(floor=0.9)
    assert "Against the majority-class baseline: +30.0 points, above its 50.0 %." in lines()


def read(folder: Path, content: Any) -> str:
    """The lines of a `fit.json`, or the one line why there are none."""
    (folder / FACTS).write_text(json.dumps(content))
    try:
        return str(read_result(folder))
    except ModelError as error:
        assert "\n" not in str(error) and "is damaged" in str(error)
        return "refused"


def parts_of(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON value, with every key or place in it."""
    for key, inner in list(content.items() if isinstance(content, dict) else enumerate(content)):
        yield content, key
        if isinstance(inner, dict | list):
            yield from parts_of(inner)


ALL = {"interval": [0.7, 0.9], "value": 0.8, "basis": "by cross-validation"}


def test_whatever_is_missing_or_of_another_type_is_refused_or_read(tmp_path: Path) -> None:
    kept = {"distilled": True, "taught": 20, "unlabelled": 7, "choices": {"threshold": 0.5}}
    whole = {**some_facts(40, 0.6, **CALIBRATED, **kept), "score": ALL, "defaults": [0.6]}
    assert read(tmp_path, whole).startswith("Expect accuracy 80.0 % (95 % interval 70.0 % to")
    answers = []
    for odd in (None, {}, [], "a", 10**400, True, {"a": None}, [None], "removed"):
        for place in range(len(list(parts_of(whole)))):
            content = copy.deepcopy(whole)
            holder, key = list(parts_of(content))[place]
            if odd != "removed":
                holder[key] = odd
            elif isinstance(holder, dict):
                del holder[key]
            answers.append(read(tmp_path, content))
    assert {answer == "refused" for answer in answers} == {True, False}


@pytest.mark.parametrize("content", ["{}", "[]", "", "[" * 10_000, '{"score": 1}'])
def test_damage_says_where_and_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / FACTS).write_text(content)
    with pytest.raises(ModelError, match=r"fit\.json is damaged \(.*\); make one with .steadytune"):
        read_result(tmp_path)
    (tmp_path / FACTS).unlink()
    with pytest.raises(ModelError, match=r"has no fit\.json; make one with"):
        read_result(tmp_path)
