"""Re-initialisation of the top layers, and the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import ConfigError, Reinit, attach
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    tiny_classifier,
    weights,
)

from ..families import classifier


class TestContract(RegularizerContract):
    method = Reinit(blocks=1)
    neutral = Reinit(blocks=0, pooler=False)
    changes_weights = True
    draws = True
    compiles = False


def trained(model: Any) -> Any:
    """A model that is far from its first values."""
    draws = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws))
    return model


def drawn(model: nn.Module, method: Reinit, seed: int = 0, **options: Any) -> dict[str, Tensor]:
    with attach(model, [method], seed=seed, **options):
        pass
    return weights(model)


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("blocks", [0, 1, 3])
@pytest.mark.parametrize("pooler", [True, False])
def test_the_top_blocks_and_the_pooler_and_nothing_else(blocks: int, pooler: bool) -> None:
    model = trained(tiny_classifier())
    before = weights(model)
    found = changed(before, drawn(model, Reinit(blocks=blocks, pooler=pooler)))
    tops = [f"bert.encoder.layer.{number}." for number in range(3 - blocks, 3)]
    tops += ["bert.pooler."] if pooler else []
    assert found == {name for name in before if any(name.startswith(top) for top in tops)}


def test_the_values_are_those_of_a_new_model() -> None:
    """N(0, 0.02^2), biases 0, normalisation (1, 0): BERT's own."""
    after = drawn(trained(tiny_classifier()), Reinit(blocks=2))
    for name, value in after.items():
        if not ("layer.1." in name or "layer.2." in name or "pooler" in name):
            continue
        if "LayerNorm" in name:
            assert torch.equal(value, torch.full_like(value, float(name.endswith("weight"))))
        elif name.endswith("bias"):
            assert not value.any()
        else:
            assert value.std().item() == pytest.approx(0.02, rel=0.15)
            assert abs(value.mean().item()) < 0.003


def test_a_model_that_was_loaded(tmp_path: Path) -> None:
    """transformers marks what it loads, and its initialisers leave that alone."""
    trained(tiny_classifier()).save_pretrained(tmp_path)
    model = type(tiny_classifier()).from_pretrained(tmp_path)
    top = model.bert.encoder.layer[2].output.dense.weight
    marked = [hasattr(p, "_is_hf_initialized") for p in model.parameters()]
    assert any(marked) and top.std() > 0.5
    drawn(model, Reinit())
    assert top.std() < 0.03
    assert [hasattr(p, "_is_hf_initialized") for p in model.parameters()] == marked


def test_a_seed_gives_the_same_values() -> None:
    first, again, other = (
        drawn(trained(tiny_classifier()), Reinit(), seed=seed) for seed in (1, 1, 2)
    )
    assert_same(first, again)
    assert len(changed(first, other)) == 7  # of 18 tensors in a block and a pooler, the drawn ones


def test_the_global_stream_stays() -> None:
    before = torch.get_rng_state()
    drawn(trained(tiny_classifier()), Reinit())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("family", ["roberta", "distilbert", "gpt2", "llama", "deberta-v2"])
def test_families(family: str) -> None:
    model = trained(classifier(family))
    before = weights(model)
    found = changed(before, drawn(model, Reinit(blocks=1)))
    assert found and all("2." in name for name in found)
    after = weights(model)
    assert all(after[name].abs().max() < 1.01 for name in found)


def test_gpt2_has_its_smaller_residual_projections() -> None:
    model = trained(classifier("gpt2", n_embd=64))
    drawn(model, Reinit(blocks=1))
    block = model.transformer.h[2]
    assert block.mlp.c_fc.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert block.mlp.c_proj.weight.std().item() == pytest.approx(0.02 / 6**0.5, rel=0.1)


def test_a_model_without_an_initialiser_of_its_own() -> None:
    class Stack(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(
                nn.Sequential(nn.Linear(16, 16), nn.LayerNorm(16)) for _ in range(3)
            )

    model = trained(Stack())
    before = weights(model)
    after = drawn(model, Reinit(blocks=1), layers="blocks")
    assert changed(before, after) == {name for name in before if name.startswith("blocks.2")}
    assert torch.equal(after["blocks.2.1.weight"], torch.ones(16))
    assert after["blocks.2.0.weight"].abs().max() <= 0.25


def test_frozen_parameters_are_left_alone() -> None:
    model = trained(tiny_classifier())
    kept = model.bert.encoder.layer[2].output.dense.weight
    kept.requires_grad_(False)
    before = weights(model)
    found = changed(before, drawn(model, Reinit(pooler=False)))
    assert "bert.encoder.layer.2.output.dense.weight" not in found
    assert "bert.encoder.layer.2.output.dense.bias" in found


class TestRefused:
    def test_frozen(self) -> None:
        model = tiny_classifier()
        model.bert.requires_grad_(False)
        with pytest.raises(ConfigError, match="are frozen; unfreeze them"):
            drawn(model, Reinit())

    def test_more_blocks_than_there_are(self) -> None:
        with pytest.raises(ConfigError, match="blocks=4 is out of range; this model has 3 blocks"):
            drawn(tiny_classifier(), Reinit(blocks=4))

    def test_shared_blocks(self) -> None:
        with pytest.raises(ConfigError, match=r"Albert.* shares its blocks between layers"):
            drawn(classifier("albert"), Reinit())

    def test_options(self) -> None:
        with pytest.raises(ConfigError, match="blocks=-1 is not possible"):
            Reinit(blocks=-1)
