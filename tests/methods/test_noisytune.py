"""NoisyTune against its formula, and the contract."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from steadytune import L2SP, ConfigError, NoisyTune, Scheduled, Step, attach
from steadytune._random import generator
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    tiny_batch,
    tiny_classifier,
    weights,
)


class TestContract(RegularizerContract):
    method = NoisyTune(intensity=0.3)
    neutral = NoisyTune(intensity=0.0)
    changes_weights = True
    draws = True
    compiles = False


def noisy(model: nn.Module, method: NoisyTune, seed: int = 0) -> nn.Module:
    with attach(model, [method], seed=seed):
        pass
    return model


def test_every_tensor_by_its_own_spread() -> None:
    model = tiny_classifier()
    with torch.no_grad():
        model.bert.pooler.dense.bias.normal_(generator=torch.Generator().manual_seed(0))
    before = weights(model)
    after = weights(noisy(model, NoisyTune(intensity=0.2), seed=4))
    for name, start in before.items():
        if name.startswith("classifier"):
            assert torch.equal(after[name], start)
            continue
        draws = generator(torch.device("cpu"), "attach", 4, 0, name)
        uniform = torch.rand(start.shape, generator=draws)
        expected = start + 0.2 * start.std() * (uniform - 0.5)
        torch.testing.assert_close(after[name], expected)


def test_size_of_the_noise() -> None:
    """Uniform on an interval of length intensity * std: at most half of it, std over sqrt 12."""
    model = tiny_classifier()
    start = model.bert.embeddings.word_embeddings.weight.detach().clone()
    noisy(model, NoisyTune(intensity=0.6))
    noise = model.bert.embeddings.word_embeddings.weight.detach() - start
    assert noise.abs().max() <= 0.3 * start.std() * 1.0001
    assert noise.std().item() == pytest.approx(0.6 * start.std().item() / 12**0.5, rel=0.05)
    assert abs(noise.mean().item()) < 4 * noise.std().item() / start.numel() ** 0.5


def test_normalisation_weights_that_are_all_one_get_no_noise() -> None:
    model = noisy(tiny_classifier(), NoisyTune(intensity=0.5))
    assert torch.equal(model.bert.embeddings.LayerNorm.weight, torch.ones(32))


def test_frozen_parameters_and_the_named_head_are_left_alone() -> None:
    model = tiny_classifier()
    model.bert.embeddings.requires_grad_(False)
    before = weights(model)
    after = weights(noisy(model, NoisyTune(head="pooler")))
    for name, start in before.items():
        if "embeddings" in name or "pooler" in name:
            assert torch.equal(after[name], start), name
    assert not torch.equal(after["classifier.weight"], before["classifier.weight"])


def test_tied_weights_get_noise_once() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        n_layer=1, n_embd=16, n_head=2, vocab_size=32, bos_token_id=1, eos_token_id=1
    )
    model = GPT2LMHeadModel(config)
    start = model.lm_head.weight.detach().clone()
    noisy(model, NoisyTune(intensity=0.5))
    assert (model.lm_head.weight - start).abs().max() <= 0.25 * start.std() * 1.0001
    assert model.lm_head.weight is model.transformer.wte.weight


def test_the_noise_stays_and_is_the_same_for_a_seed() -> None:
    first, again, other = (
        weights(noisy(tiny_classifier(), NoisyTune(), seed=seed)) for seed in (1, 1, 2)
    )
    assert_same(first, again)
    name = "bert.pooler.dense.weight"
    assert not torch.equal(first[name], other[name])


def test_the_order_says_what_is_the_start() -> None:
    for order, distance in (([NoisyTune(), L2SP()], 0.0), ([L2SP(), NoisyTune()], 0.01)):
        model = tiny_classifier()
        with attach(model, order) as objective:
            objective(Step(model, tiny_batch()))
            found = objective.pop_logs()["l2sp_penalty"]
        assert found == 0 if distance == 0 else found > distance


def test_half_precision() -> None:
    model = tiny_classifier().bfloat16()
    start = model.bert.pooler.dense.weight.detach().clone()
    noisy(model, NoisyTune(intensity=0.5))
    moved = model.bert.pooler.dense.weight
    assert moved.dtype == torch.bfloat16
    assert (moved != start).float().mean() > 0.9


def test_what_is_not_possible() -> None:
    with pytest.raises(ConfigError, match="intensity=-1 is not possible"):
        NoisyTune(intensity=-1)
    model = tiny_classifier()
    model.bert.requires_grad_(False)
    with pytest.raises(ConfigError, match="has no pretrained weight that is trained"):
        noisy(model, NoisyTune())
    with (
        pytest.raises(ConfigError, match="cannot wrap NoisyTune, which acts once"),
        attach(tiny_classifier(), [Scheduled(NoisyTune())]),
    ):
        pass
