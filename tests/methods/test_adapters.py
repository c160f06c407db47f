"""Methods of weight space on models wrapped in LoRA: the start is the pretrained weight."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import L2SP, ConfigError, Mixout, NoisyTune, Regularizer, Reinit, Step, attach
from steadytune import functional as formulas
from steadytune._random import isolated_rng
from steadytune.testing import assert_same, gradients, tiny_batch, weights

from ..families import classifier

peft = pytest.importorskip("peft")

TARGETS = {
    "bert": ["query", "value", "word_embeddings"],
    "gpt2": ["c_attn"],
    "llama": ["q_proj", "v_proj"],
}
FAMILIES = list(TARGETS)


def wrapped(family: str = "bert", targets: list[str] | None = None, **options: Any) -> Any:
    """A model in float64 and without dropout, in adapters of rank 4 scaled by 3."""
    config = peft.LoraConfig(
        task_type="SEQ_CLS",
        r=4,
        lora_alpha=12,
        target_modules=targets or TARGETS[family],
        fan_in_fan_out=family == "gpt2",
        **options,
    )
    with isolated_rng(torch.device("cpu"), 1):
        model = peft.get_peft_model(classifier(family), config).double().train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.0
    return model


def displace(model: Any, seed: int = 5) -> None:
    """Move the adapters away from where they are."""
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.requires_grad and "lora" in name:
                p.add_(0.1 * torch.randn(p.shape, generator=draws, dtype=p.dtype))


def merged(model: Any) -> dict[str, Tensor]:
    """The weights that the model with its adapters amounts to."""
    return weights(copy.deepcopy(model).merge_and_unload())


def half_square(left: dict[str, Tensor], right: dict[str, Tensor]) -> Tensor:
    return torch.stack([(left[name] - right[name]).square().sum() for name in left]).sum() / 2


class TestL2SP:
    @pytest.mark.parametrize("family", FAMILIES)
    def test_the_distance_is_that_of_the_weights(self, family: str) -> None:
        model = wrapped(family)
        start = merged(model)
        with attach(model, [L2SP()]) as objective:
            displace(model)
            objective(Step(model, tiny_batch()))
            logged = objective.pop_logs()["l2sp_penalty"]
        assert logged == pytest.approx(half_square(merged(model), start).item(), rel=1e-5)
        assert logged > 0.01

    def test_adapters_that_do_not_start_at_zero(self) -> None:
        model = wrapped()
        displace(model)
        start = merged(model)
        with attach(model, [L2SP()]) as objective:
            displace(model, seed=6)
            objective(Step(model, tiny_batch()))
            logged = objective.pop_logs()["l2sp_penalty"]
        assert logged == pytest.approx(half_square(merged(model), start).item(), rel=1e-5)

    def test_at_the_start_nothing_pulls(self) -> None:
        """In particular the factor A is not pulled to zero, nor to its random start."""
        plain, treated = wrapped(), wrapped()
        for model, chosen in ((plain, []), (treated, [L2SP(strength=9.0, head_decay=0.0)])):
            with attach(model, chosen) as objective:
                objective(Step(model, tiny_batch())).backward()
        found = gradients(treated)
        for name, value in gradients(plain).items():
            torch.testing.assert_close(found[name], value, rtol=0, atol=1e-12)

    def test_under_sgd_the_forms_are_one(self) -> None:
        models = []
        for form in ("coupled", "decoupled"):
            model = wrapped()
            optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
            with attach(model, [L2SP(strength=0.8, head_decay=0.3, form=form)]) as objective:
                objective.connect(optimizer)
                displace(model)
                for number in range(3):
                    objective(Step(model, tiny_batch(seed=number))).backward()
                    optimizer.step()
                    optimizer.zero_grad()
            models.append(model)
        left, right = map(weights, models)
        for name, value in left.items():
            torch.testing.assert_close(right[name], value, rtol=1e-9, atol=1e-12)

    def test_the_head_is_that_of_the_model_inside(self) -> None:
        model = wrapped()
        with attach(model, [L2SP(strength=0.0, head_decay=2.0)]) as objective:
            task = model(**tiny_batch()).loss
            loss = objective(Step(model, tiny_batch()))
        head = model.base_model.model.classifier.modules_to_save["default"]
        size = torch.stack([p.square().sum() for p in head.parameters()]).sum()
        torch.testing.assert_close(loss, task + size)


def checkered(shape: tuple[int, int], p: float, generator: torch.Generator) -> Tensor:
    """A mask that is not a draw: every second entry, scaled for p = 1/2."""
    rows, columns = torch.arange(shape[0])[:, None], torch.arange(shape[1])[None]
    return ((rows + columns) % 2).float() * 2


class TestMixout:
    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("axis", ["weight", "input"])
    def test_the_mask_is_on_what_the_adapter_adds(
        self, family: str, axis: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(formulas, "mixing_mask", checkered)
        model = wrapped(family, [name for name in TARGETS[family] if name != "word_embeddings"])
        displace(model)
        with torch.no_grad():  # back at zero, as adapters start
            before = {n: p.clone() for n, p in model.named_parameters() if "lora_B" in n}
            for name in before:
                model.get_parameter(name).zero_()
            with attach(model, [Mixout(axis=axis)]) as objective:
                for name, value in before.items():
                    model.get_parameter(name).copy_(value)
                loss = objective(Step(model, tiny_batch()))
            by_hand = copy.deepcopy(model)
            for module in by_hand.modules():
                if isinstance(module, peft.tuners.lora.Linear):
                    up, down = module.lora_B["default"], module.lora_A["default"]
                    product = up.weight @ down.weight * 3
                    shape = (1 if axis == "input" else product.shape[0], product.shape[1])
                    added = product * checkered(shape, 0.5, torch.Generator())
                    base = module.base_layer.weight
                    base += added.T if family == "gpt2" else added
                    up.weight.zero_()
            expected = by_hand(**tiny_batch()).loss
        torch.testing.assert_close(loss, expected)

    def test_a_start_that_is_not_zero(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With a mask of zeros the model is the one that training started from."""
        monkeypatch.setattr(formulas, "mixing_mask", lambda shape, *_: torch.zeros(shape))
        model = wrapped(targets=["query", "value"])
        displace(model)
        start = model(**tiny_batch()).loss
        with attach(model, [Mixout()]) as objective:
            displace(model, seed=6)
            assert not torch.allclose(model(**tiny_batch()).loss, start)
            torch.testing.assert_close(objective(Step(model, tiny_batch())), start)

    def test_gradients_reach_the_factors(self) -> None:
        model = wrapped(targets=["query", "value"])
        with attach(model, [Mixout(p=0.5)]) as objective:
            displace(model)
            objective(Step(model, tiny_batch())).backward()
        found = gradients(model)
        assert {name for name, p in model.named_parameters() if p.requires_grad} == set(found)
        assert all(value.isfinite().all() and value.any() for value in found.values())

    def test_saved_adapters_are_plain(self, tmp_path: Path) -> None:
        model = wrapped(targets=["query"])
        keys = list(model.state_dict())
        with attach(model, [Mixout()]) as objective:
            displace(model)
            objective(Step(model, tiny_batch())).backward()
            assert list(model.state_dict()) == keys
            model.save_pretrained(tmp_path)
        loaded = peft.PeftModel.from_pretrained(classifier("bert").double(), tmp_path)
        found = weights(loaded.double())
        for name, value in weights(model).items():
            assert torch.equal(found[name], value), name


@pytest.mark.parametrize("method", [L2SP(), Mixout()])
def test_variants_of_lora_are_refused(method: Regularizer) -> None:
    model = wrapped(targets=["query"], use_dora=True)
    with pytest.raises(ConfigError, match=r"variant of LoRA.*use plain LoRA"):
        attach(model, [method]).__enter__()


@pytest.mark.parametrize("method", [NoisyTune(), Reinit()])
def test_what_changes_pretrained_weights_comes_before_the_adapters(method: Regularizer) -> None:
    model = wrapped()
    before = weights(model)
    with pytest.raises(ConfigError, match=r"attach .* to the model before it is wrapped"):
        attach(model, [method]).__enter__()
    assert_same(before, weights(model))
