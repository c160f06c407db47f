"""NEFTune: the size of its noise, the passes it is on, and the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn

from steadytune import LNSR, ConfigError, NEFTune, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing import RegularizerContract, tiny_batch, tiny_classifier

from ..families import NAMES, batch, classifier

CPU = torch.device("cpu")


class TestContract(RegularizerContract):
    method = NEFTune(alpha=5.0)
    neutral = NEFTune(alpha=0.0)
    draws = True


def run(model: nn.Module, methods: list[Regularizer], inputs: dict[str, Tensor]) -> list[Tensor]:
    """The noise that each of the model's passes got at the word embeddings."""
    embedding: Any = model.get_input_embeddings()  # type: ignore[operator]
    clean = embedding(inputs["input_ids"]).detach()
    found: list[Tensor] = []
    with isolated_rng(CPU, 0), attach(model, methods) as objective:
        # Registered after the method's own hook, so that it sees the noise.
        handle = embedding.register_forward_hook(
            lambda module, args, output: found.append(output.detach() - clean)
        )
        objective(Step(model, inputs)).backward()
        handle.remove()
    return found


def padded(inputs: dict[str, Tensor], columns: int) -> dict[str, Tensor]:
    return {
        name: value if value.dim() == 1 else nn.functional.pad(value, (0, columns))
        for name, value in inputs.items()
    }


@contextmanager
def draws_by_place() -> Iterator[None]:
    """Draws that depend on a token's place alone, so that padded batches can be compared."""

    def draw(step: Step, tensor: Tensor, site: str) -> Tensor:
        examples, tokens, width = tensor.shape
        whole = torch.rand(examples, 32, width, generator=torch.Generator().manual_seed(0))
        return whole[:, :tokens]

    with patch.object(Step, "uniform_like", draw):
        yield


def test_noise_is_uniform_of_the_size_of_the_formula() -> None:
    model, inputs = tiny_classifier(), tiny_batch(examples=8, tokens=16)
    (noise,) = run(model, [NEFTune(alpha=7.0)], inputs)
    mask = inputs["attention_mask"]
    for example, length in enumerate(mask.sum(1).tolist()):
        unit = noise[example, :length] * (length * 32) ** 0.5 / 7.0
        assert 0.97 < unit.abs().max() <= 1 + 1e-4
        assert unit.mean().abs() < 0.1
        assert unit.var().item() == pytest.approx(1 / 3, rel=0.15)


def test_noise_does_not_depend_on_padding_and_leaves_pads_alone() -> None:
    model, inputs = tiny_classifier(), tiny_batch()
    with draws_by_place():
        (short,) = run(model, [NEFTune()], inputs)
        (long,) = run(model, [NEFTune()], padded(inputs, 7))
    torch.testing.assert_close(long[:, :9], short)
    assert not long[:, 9:].any()
    assert not short[inputs["attention_mask"] == 0].any()


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_every_family_gets_noise_at_real_tokens_only(family: str, side: str) -> None:
    inputs = batch(side)
    (noise,) = run(classifier(family), [NEFTune()], inputs)
    real = inputs["attention_mask"].bool()
    assert (noise[real] != 0).double().mean() > 0.99
    assert not noise[~real].any()


def test_clean_pass_of_a_method_after_it_stays_clean() -> None:
    noises = run(tiny_classifier(), [NEFTune(), LNSR()], tiny_batch())
    assert len(noises) == 2
    assert noises[0].any()
    assert not noises[1].any()


def test_methods_before_it_share_the_noisy_pass() -> None:
    (noise,) = run(tiny_classifier(), [LNSR(), NEFTune()], tiny_batch())
    assert noise.any()


def test_penalty_at_zero_noise_stays_zero_inside() -> None:
    model = tiny_classifier()
    with attach(model, [LNSR(std=0.0), NEFTune()]) as objective:
        objective(Step(model, tiny_batch()))
        assert objective.pop_logs() == {"lnsr_penalty": 0.0, "lnsr_share": 0.0}


def test_draws_of_other_methods_are_as_without_it() -> None:
    model = tiny_classifier(dropout=0.0)
    penalties = []
    for methods in ([LNSR(std=0.1)], [LNSR(std=0.1), NEFTune(alpha=1e-6)]):
        with attach(model, methods) as objective:
            objective(Step(model, tiny_batch()))
            penalties.append(objective.pop_logs()["lnsr_penalty"])
    assert penalties[1] == pytest.approx(penalties[0], rel=1e-4)


def test_noise_is_new_at_every_step() -> None:
    model, inputs = tiny_classifier(), tiny_batch()
    embedding = model.get_input_embeddings()
    found: list[Tensor] = []
    with attach(model, [NEFTune()]) as objective:
        embedding.register_forward_hook(lambda module, args, output: found.append(output.detach()))
        for _ in range(2):
            objective(Step(model, inputs))
    assert not torch.equal(*found)


def test_regression_head_and_a_single_example() -> None:
    model = tiny_classifier(classes=1)
    inputs = {**tiny_batch(examples=1), "labels": torch.tensor([0.5])}
    (noise,) = run(model, [NEFTune()], inputs)
    assert noise.any()


def test_half_precision_model() -> None:
    model = tiny_classifier().bfloat16()
    (noise,) = run(model, [NEFTune()], tiny_batch())
    assert noise.isfinite().all()
    assert noise.any()


def test_a_batch_without_token_ids_is_refused() -> None:
    model = tiny_classifier()
    with (
        attach(model, [NEFTune()]) as objective,
        pytest.raises(ConfigError, match="word embeddings cannot be perturbed"),
    ):
        objective(Step(model, {"inputs_embeds": torch.zeros(1, 2, 32)}))


@pytest.mark.parametrize("alpha", [-1.0, float("inf")])
def test_impossible_sizes_are_refused(alpha: float) -> None:
    with pytest.raises(ConfigError, match="alpha="):
        NEFTune(alpha=alpha)
