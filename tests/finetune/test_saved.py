"""A saved model knows from its record how its inputs were made."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from steadytune.finetune.evaluate import encoding_of
from steadytune.finetune.frozen_head import FrozenHead, SavedFrozen, linear, write_frozen
from steadytune.finetune.saved import load_saved
from steadytune.pretrained import Pretrained
from tests.run_records import make_model_record, make_spec
from tests.tiny_bert import write_tiny_bert


def test_inputs_are_made_as_in_training(tmp_path: Path) -> None:
    body, tokenizer = Pretrained.find(write_tiny_bert(tmp_path / "tiny")).bare()
    model = FrozenHead(body, tokenizer, 1, linear(torch.ones(2, 16), torch.zeros(2)))
    write_frozen(SavedFrozen(model, "classification", ("no", "yes")), tmp_path / "m")
    assert encoding_of(load_saved(tmp_path / "m"), None).stride == 128
    record = make_model_record(make_spec(model="tiny")).content()
    (tmp_path / "m/record.json").write_text(json.dumps(record))
    found = encoding_of(load_saved(tmp_path / "m"), None)
    assert (found.max_length, found.stride) == (32, 16)
