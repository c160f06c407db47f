"""ChildTuning: what does not move, what the masks are, and the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from steadytune import ChildTuning, ConfigError, Every, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    gradients,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)

CPU = torch.device("cpu")
BATCHES = [tiny_batch(seed=number) for number in range(6)]


class TestContract(RegularizerContract):
    method = ChildTuning(share=0.3)
    neutral = ChildTuning(share=1.0)
    draws = True


class TestContractOfDriven(RegularizerContract):
    """The checkpoint that is resumed lies in the midst of measuring the Fisher information."""

    method = ChildTuning(kind="driven", share=0.2, fisher_steps=3)
    batches = BATCHES[:5]
    compiles = False


def adamw(model: nn.Module) -> Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.5)


def momentum(model: nn.Module) -> Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)


def train(
    model: nn.Module,
    method: Regularizer,
    make: Callable[[nn.Module], Optimizer],
    look: Callable[[int], None] = lambda number: None,
    batches: list[dict[str, Tensor]] = BATCHES,
) -> Optimizer:
    optimizer = make(model)
    with isolated_rng(CPU, 1), attach(model, [method]) as objective:
        objective.connect(optimizer)
        for number, batch in enumerate(batches):
            objective(Step(model, batch)).backward()
            optimizer.step()
            look(number)
            optimizer.zero_grad()
    return optimizer


@pytest.mark.parametrize("make", [adamw, momentum])
def test_free_masked_weights_do_not_move(make: Callable[[nn.Module], Optimizer]) -> None:
    """Neither weight decay nor the momentum of earlier steps moves them."""
    model = tiny_classifier()
    before = weights(model)
    shares = []

    def look(number: int) -> None:
        moved = kept = 0
        for name, p in model.named_parameters():
            assert p.grad is not None
            # Words that a batch lacks, and the keys' biases, have no gradient of their own.
            if "embeddings" not in name and "key.bias" not in name:
                still = p.grad == 0
                assert torch.equal(p.detach()[still], before[name][still]), name
            moved += int((p.detach() != before[name]).sum())
            kept += p.numel()
        shares.append(moved / kept)
        before.update(weights(model))

    train(model, ChildTuning(share=0.3), make, look)
    # Weight decay moves every other weight, but those that are exactly 0 or 1 may round back.
    assert all(0.2 < share < 0.32 for share in shares)


def test_free_masks_are_bernoulli_and_change_with_the_step() -> None:
    model = tiny_classifier(dropout=0.0)
    patterns = []
    plain = gradients_of(model, [])
    share = round(0.3 * 2**16) / 2**16  # what 16 bits can draw
    with attach(model, [ChildTuning(share=0.3)]) as objective:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
        objective.connect(optimizer)
        for _ in range(2):
            objective(Step(model, BATCHES[0])).backward()
            found = gradients(model)
            seen = {name: plain[name] != 0 for name in plain}
            kept = {name: found[name][seen[name]] != 0 for name in plain}
            for name, value in plain.items():
                scaled = torch.where(found[name] != 0, value / share, torch.zeros_like(value))
                torch.testing.assert_close(found[name], scaled)
            patterns.append(torch.cat([k.flatten() for k in kept.values()]).double())
            optimizer.step()
            optimizer.zero_grad()
    assert patterns[0].mean().item() == pytest.approx(0.3, abs=0.02)
    agreement = (patterns[0] == patterns[1]).double().mean().item()
    assert agreement == pytest.approx(0.3**2 + 0.7**2, abs=0.02)


def gradients_of(model: nn.Module, methods: list[Regularizer]) -> dict[str, Tensor]:
    model.zero_grad()
    with attach(model, methods) as objective:
        objective(Step(model, BATCHES[0])).backward()
    found = gradients(model)
    model.zero_grad()
    return found


def test_free_gradients_are_divided_by_the_probability_that_is_drawn() -> None:
    """With a share of 0.0001, that is 7 of 65536."""
    model = tiny_classifier(dropout=0.0).double()
    plain = gradients_of(model, [])
    with attach(model, [ChildTuning(share=1e-4)]) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.0))
        ratios = []
        for number in range(5):
            objective(Step(model, BATCHES[0], step=number)).backward()
            for p, value in zip(model.parameters(), plain.values(), strict=True):
                assert p.grad is not None
                ratios.append((p.grad / value)[(p.grad != 0) & (value.abs() > 1e-9)])
            objective._optimizer.step()  # type: ignore[union-attr]
            model.zero_grad()
    found = torch.cat(ratios)
    assert len(found) > 0
    torch.testing.assert_close(found, torch.full_like(found, 2**16 / 7), rtol=1e-9, atol=0)


@pytest.mark.parametrize("numbered", [True, False])
def test_one_optimizer_step_has_one_mask(numbered: bool) -> None:
    """Also where a loop of the user's own does not number its steps."""
    model = tiny_classifier(dropout=0.0)
    with attach(model, [ChildTuning(share=0.3)]) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        seen = []
        for micro_step in range(3):
            place = {"step": 0, "micro_step": micro_step, "micro_steps": 3}
            number = place if numbered else {}
            objective(Step(model, BATCHES[micro_step], **number)).backward()
            seen.append(model.classifier.weight.grad == 0)
    assert seen[0].any()
    assert torch.equal(seen[0], seen[1])
    assert torch.equal(seen[0], seen[2])


def test_masks_are_the_same_in_every_process() -> None:
    patterns = []
    for rank in (0, 1):
        model = tiny_classifier(dropout=0.0)
        with attach(model, [ChildTuning()]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, BATCHES[rank], rank=rank)).backward()
            patterns.append(model.classifier.weight.grad != 0)
    assert torch.equal(*patterns)


@pytest.mark.parametrize("make", [adamw, momentum])
def test_driven_masked_weights_stay_where_they_started(
    make: Callable[[nn.Module], Optimizer],
) -> None:
    model = tiny_classifier()
    before = weights(model)
    train(model, ChildTuning(kind="driven", share=0.2, fisher_steps=2), make)
    after = weights(model)
    inside = [name for name in after if "encoder.layer" in name]
    moved = sum(int((after[name] != before[name]).sum()) for name in inside)
    total = sum(after[name].numel() for name in inside)
    assert moved == pytest.approx(0.2 * total, abs=2)
    for name in ("bert.pooler.dense.weight", "classifier.weight"):
        assert (after[name] != before[name]).all(), name


def test_driven_keeps_the_weights_with_the_largest_fisher_information() -> None:
    model = tiny_classifier(dropout=0.0)
    squares: dict[str, Tensor] = {}
    for batch in BATCHES[:3]:
        model.zero_grad()
        model(**batch).loss.backward()
        for name, value in gradients(model).items():
            squares[name] = squares.get(name, torch.zeros(())) + value.square() / 3
    model.zero_grad()
    before = weights(model)
    method = ChildTuning(kind="driven", share=0.25, scope="all", fisher_steps=3)
    fisher: dict[str, Tensor] = {}
    optimizer = momentum(model)
    with attach(model, [method]) as objective:
        objective.connect(optimizer)
        for number, batch in enumerate(BATCHES[:4]):
            objective(Step(model, batch)).backward()
            optimizer.step()
            optimizer.zero_grad()
            if number == 2:
                fisher = {k: v.clone() for k, v in objective.state_dict().items()}
    for name, value in squares.items():
        torch.testing.assert_close(fisher[f"0.fisher.{name}"], value)
    ranked = torch.cat([value.flatten() for value in squares.values()]).sort().values
    threshold = ranked[-round(0.25 * len(ranked))].item()
    after = weights(model)
    for name, value in squares.items():
        clearly_out = value < threshold * (1 - 1e-4)
        assert torch.equal(after[name][clearly_out], before[name][clearly_out])
        clearly_in = value > threshold * (1 + 1e-4)
        assert (after[name] != before[name])[clearly_in].all(), name


def test_frozen_phase_moves_nothing_and_leaves_the_optimizer_untouched() -> None:
    model = tiny_classifier()
    before = weights(model)
    method = ChildTuning(kind="driven", fisher_steps=6)
    optimizer = train(model, method, adamw)
    assert_same(weights(model), before)
    assert not optimizer.state_dict()["state"]


def test_plain_phase_is_plain_training_bit_for_bit() -> None:
    plain, treated = tiny_classifier(), tiny_classifier()
    method = ChildTuning(kind="driven", fisher_steps=6, fisher_phase="plain")
    assert train_steps(plain, [], BATCHES) == train_steps(treated, [method], BATCHES)
    assert_same(weights(plain), weights(treated))


def test_plain_phase_holds_weights_where_it_leaves_them() -> None:
    model = tiny_classifier()
    found: list[dict[str, Tensor]] = []
    method = ChildTuning(kind="driven", share=0.2, fisher_steps=2, fisher_phase="plain")
    train(model, method, adamw, lambda number: found.append(weights(model)))
    name = "bert.encoder.layer.1.output.dense.weight"
    still = found[5][name] == found[1][name]
    assert 0.5 < still.double().mean() < 0.95
    assert all(torch.equal(state[name][still], found[1][name][still]) for state in found[1:])
    assert (found[0][name] != found[1][name]).all()


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("phase", ["frozen", "plain"])
def test_scaled_gradients_that_overflow_are_not_measured(fused: bool, phase: Any) -> None:
    """A fused optimizer steps on scaled gradients, and is called where they overflow too."""
    found = []
    for overflows in (False, True):
        model = tiny_classifier(dropout=0.0)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=fused)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
        method = ChildTuning(kind="driven", share=0.25, fisher_steps=2, fisher_phase=phase)
        with attach(model, [method]) as objective:
            objective.connect(optimizer)
            for number in (0, 1, 2):
                if overflows and number == 1:
                    send_back(scaler, optimizer, objective(Step(model, BATCHES[0])) * torch.inf)
                send_back(scaler, optimizer, objective(Step(model, BATCHES[number])))
            state = {name: value.clone() for name, value in objective.state_dict().items()}
        found.append((state, weights(model)))
    assert_same(*(state for state, _ in found))
    assert found[0][0]["0.fisher_steps.seen"] == 2
    assert_same(*(after for _, after in found))


def test_the_fisher_information_of_a_fused_optimizer_is_unscaled() -> None:
    found = []
    for enabled in (True, False):
        model = tiny_classifier(dropout=0.0)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, enabled=enabled)
        with attach(model, [ChildTuning(kind="driven", fisher_steps=2)]) as objective:
            objective.connect(optimizer)
            send_back(scaler, optimizer, objective(Step(model, BATCHES[0])))
            found.append({name: v.clone() for name, v in objective.state_dict().items()})
    for name, value in found[0].items():
        torch.testing.assert_close(value, found[1][name])


def send_back(scaler: torch.amp.GradScaler, optimizer: Optimizer, loss: Tensor) -> None:
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()


def test_gradients_that_overflow_without_a_scaler_are_not_measured() -> None:
    model = tiny_classifier()
    with attach(model, [ChildTuning(kind="driven", fisher_steps=2)]) as objective:
        optimizer = adamw(model)
        objective.connect(optimizer)
        for factor in (1.0, torch.nan):
            (objective(Step(model, BATCHES[0])) * factor).backward()
            optimizer.step()
        state = objective.state_dict()
    assert state["0.fisher_steps.seen"] == 1
    assert all(value.isfinite().all() for value in state.values())


def test_clipping_sees_the_child_network_alone() -> None:
    model = tiny_classifier(dropout=0.0)
    plain = gradients_of(model, [])
    with attach(model, [ChildTuning(share=0.1)]) as objective:
        objective.connect(adamw(model))
        objective(Step(model, BATCHES[0])).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()
    whole = torch.stack([value.norm() for value in plain.values()]).norm().item()
    # A tenth of the squares remains, each 100 times as large.
    assert norm == pytest.approx(whole * 10**0.5, rel=0.25)


def test_steps_without_the_method_train_all_weights() -> None:
    model = tiny_classifier()
    counts: list[int] = []
    last = weights(model)

    def look(number: int) -> None:
        now = weights(model)
        counts.append(sum(int((now[name] != last[name]).sum()) for name in now))
        last.update(now)

    train(model, Every(ChildTuning(share=0.1), n=2), adamw, look)
    assert all(few < 0.2 * many for few, many in zip(counts[::2], counts[1::2], strict=True))


def test_frozen_and_tied_parameters() -> None:
    """Frozen ones are left alone, and tied ones have one mask."""

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            with isolated_rng(CPU, 0):
                self.one = nn.Linear(6, 6, bias=False)
                self.two = nn.Linear(6, 6)
            self.two.weight = self.one.weight
            self.two.bias.requires_grad_(False)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"loss": self.two(self.one(x).tanh()).square().mean()}

    model = Tied()
    before = weights(model)
    optimizer = momentum(model)
    with attach(model, [ChildTuning(share=0.5)]) as objective:
        objective.connect(optimizer)
        objective(Step(model, {"x": torch.ones(2, 6)})).backward()
        optimizer.step()
    moved = (model.one.weight != before["one.weight"]).double().mean().item()
    assert 0.2 < moved < 0.8
    assert torch.equal(model.two.bias, before["two.bias"])


def test_nothing_to_train_in_the_scope_is_refused() -> None:
    model = tiny_classifier()
    for parameter in model.bert.encoder.parameters():
        parameter.requires_grad_(False)
    with pytest.raises(ConfigError, match="scope='auto' has no trainable weight"):
        train_steps(model, [ChildTuning(kind="driven")], BATCHES[:1])


def test_a_loop_that_forgets_the_optimizer_is_told() -> None:
    model = tiny_classifier()
    with (
        attach(model, [ChildTuning()]) as objective,
        pytest.raises(ConfigError, match=r"objective.connect\(optimizer\)"),
    ):
        objective(Step(model, BATCHES[0]))


def test_half_precision_weights() -> None:
    model = tiny_classifier().bfloat16()
    before = weights(model)
    train(model, ChildTuning(kind="driven", share=0.2, fisher_steps=1), adamw)
    after = weights(model)
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert (after[name] == before[name]).double().mean() > 0.5
    assert all(value.isfinite().all() for value in after.values())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "drive"}, "did you mean 'driven'"),
        ({"share": 0.0}, "share=0.0 is not possible"),
        ({"scope": "head"}, "expected one of auto, all, layers"),
        ({"fisher_steps": 0}, "fisher_steps=0"),
        ({"fisher_phase": "warm"}, "expected one of frozen, plain"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        ChildTuning(**options)
