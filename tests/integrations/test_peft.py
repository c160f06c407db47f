"""Methods on models with LoRA adapters."""

from __future__ import annotations

from typing import Any

import peft
import pytest
import torch

from steadytune import L2SP, LNSR, Mixout, Regularizer
from steadytune._random import isolated_rng
from steadytune.testing import assert_same, train_steps, weights

from ..families import batch, classifier

TARGETS = {"bert": ["query", "value"], "llama": ["q_proj", "v_proj"]}
METHODS = [LNSR(strength=5.0), L2SP(strength=0.5), Mixout(p=0.5)]


def adapted(family: str) -> Any:
    config = peft.LoraConfig(task_type="SEQ_CLS", target_modules=TARGETS[family], r=4)
    with isolated_rng(torch.device("cpu"), 1):
        return peft.get_peft_model(classifier(family), config).train()


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("family", list(TARGETS))
def test_methods_act_on_the_adapters(family: str, method: Regularizer) -> None:
    batches = [batch() for _ in range(3)]
    plain, treated = adapted(family), adapted(family)
    before = weights(treated)
    train_steps(plain, [], batches)
    train_steps(treated, [method], batches)
    moved, reference = weights(treated), weights(plain)
    frozen = {n for n, p in treated.named_parameters() if not p.requires_grad}
    for name in frozen:
        assert torch.equal(moved[name], before[name]), name
    assert any(not torch.equal(moved[name], reference[name]) for name in moved)


@pytest.mark.parametrize("family", list(TARGETS))
def test_adapters_are_saved_as_without_methods(family: str, tmp_path: Any) -> None:
    model = adapted(family)
    train_steps(model, METHODS, [batch()])
    model.save_pretrained(tmp_path)
    again = peft.PeftModel.from_pretrained(classifier(family), tmp_path)
    assert_same(weights(model), weights(again))
