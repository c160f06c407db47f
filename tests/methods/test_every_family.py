"""LNSR against whole forward passes on the families of transformers, and what else works there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import LNSR, R3F, ConfigError, ModelError, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing._models import device_of_tests
from tests.every_family import AGREE, CLASSIFIERS, NO_EMBEDDINGS, REFUSED, WIDTH, batch, table, tiny
from tests.families import NAMES

from .lnsr_by_hand import penalty

DEVICE = device_of_tests()
PAGE = Path(__file__).parents[2] / "docs" / "families.md"
ALWAYS = {"bert", "gpt2", "deberta-v2", "modernbert"}


def often(names: Any) -> list[Any]:
    """A few families in every run of the tests, all of them in the long one."""
    return [n if n in ALWAYS else pytest.param(n, marks=pytest.mark.exhaustive) for n in names]


def placed(family: str) -> tuple[Any, dict[str, Tensor]]:
    return tiny(family).to(DEVICE), {name: x.to(DEVICE) for name, x in batch().items()}


def without_task(model: Any, inputs: Any) -> Any:
    outputs = model(**inputs)
    return outputs.loss * 0, outputs


@pytest.mark.parametrize("family", often(AGREE))
def test_the_penalty_and_its_gradient_are_those_of_whole_passes(family: str) -> None:
    """With the family's own dropout, whose masks both passes share. Some work in float32 inside."""
    model, inputs = placed(family)
    draws = torch.Generator().manual_seed(0)
    normal = torch.randn(4, 8, WIDTH, generator=draws).double().to(DEVICE)
    noise = 0.1 * normal * inputs["attention_mask"][..., None]
    parameters = [p for p in model.parameters() if p.requires_grad]

    def gradient(value: Tensor) -> Tensor:
        found = torch.autograd.grad(value, parameters, allow_unused=True)
        return torch.cat([g.flatten() for g in found if g is not None])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Step, "normal_like", lambda step, tensor, site: normal)
        with isolated_rng(DEVICE, 3), attach(model, [LNSR(std=0.1, layer=1)]) as objective:
            ours = objective(Step(model, inputs, step=0, compute_loss=without_task))
            slope = gradient(ours)
    with isolated_rng(DEVICE, 3):
        theirs = penalty(model, inputs, noise, layer=1)
    expected = gradient(theirs)
    assert theirs > 1e-3
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-9)
    slope = slope[slope != 0]
    expected = expected[expected != 0]
    torch.testing.assert_close(slope.norm(), expected.norm(), rtol=1e-6, atol=0)


@pytest.mark.parametrize("family", often(AGREE))
def test_noise_in_the_word_embeddings_moves_the_prediction(family: str) -> None:
    model, inputs = placed(family)
    with isolated_rng(DEVICE, 3), attach(model, [R3F(std=0.5)]) as objective:
        if family in NO_EMBEDDINGS:
            with pytest.raises(ModelError, match=NO_EMBEDDINGS[family]):
                objective(Step(model, inputs))
            return
        objective(Step(model, inputs))
        assert objective.pop_logs()["r3f_penalty"] > 1e-8


@pytest.mark.exhaustive
@pytest.mark.parametrize("family", REFUSED)
def test_families_that_are_refused_by_name(family: str) -> None:
    model = tiny(family)
    with (
        pytest.raises((ModelError, ConfigError), match=REFUSED[family]),
        attach(model, [LNSR()]) as objective,
    ):
        objective(Step(model, batch()))


def test_the_lists_are_of_families_that_there_are() -> None:
    assert not {*AGREE, *REFUSED} - set(CLASSIFIERS)
    assert set(NAMES) <= set(AGREE) and len(set(AGREE)) == len(AGREE) >= 40


def test_the_page_has_the_table_of_these_lists() -> None:
    assert table() in PAGE.read_text(), "print it with `python -m tests.every_family`"
