"""The record of a model keeps all that a saved model is told by it."""

from __future__ import annotations

import json

import pytest

from steadytune.finetune.model_record import model_record
from tests.run_records import make_model_record


def test_what_the_columns_were_called_is_kept_and_so_is_what_is_not_known_yet() -> None:
    given = {
        "columns": ["text"],
        "label_names": ["no", "yes"],
        "read_from": {"texts": ["review", "title"], "label": "stars"},
        "max_length": 32,
        "stride": 16,
        "later": [1, 2],
    }
    content = make_model_record(input=given).content()
    assert content["input"] == given
    record = model_record(json.loads(json.dumps(content)))
    assert record.content() == content
    assert record.input.read_from is not None
    assert record.input.read_from.texts == ["review", "title"]


def test_a_record_of_before_names_no_columns_of_the_file() -> None:
    assert make_model_record().input.read_from is None
    assert "read_from" not in make_model_record().content()["input"]


def test_what_is_no_record_of_a_model_is_one_line() -> None:
    content = make_model_record().content()
    del content["input"]
    with pytest.raises(ValueError, match=r"^input: Field required$"):
        model_record(content)
