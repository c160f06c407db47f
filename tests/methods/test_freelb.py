"""FreeLB against the explicit mean, a closed form, its known defects, and the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import (
    LNSR,
    ConfigError,
    FreeLB,
    RegularizedTrainer,
    Regularizer,
    Step,
    attach,
)
from steadytune._random import RngState, isolated_rng
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    enable_checkpointing,
    gradients,
    noise_by_example,
    tiny_batch,
    tiny_classifier,
    weights,
)

from ..training import arguments, rows

CPU = torch.device("cpu")


class TestContract(RegularizerContract):
    method = FreeLB(steps=3, step_size=0.2, start=0.1, radius=0.3)
    neutral = FreeLB(steps=1, start=0.0)
    draws = True


class Linear(nn.Module):
    """loss = mean_i w . mean_t x_it, with x the embeddings of real tokens, in float64."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        with isolated_rng(CPU, 0):
            self.embedding = nn.Embedding(8, width, dtype=torch.float64)
            self.weight = nn.Parameter(torch.randn(width, dtype=torch.float64))

    def get_input_embeddings(self) -> nn.Module:
        return self.embedding

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        real = attention_mask.double()[..., None]
        pooled = (self.embedding(input_ids) * real).sum(1) / real.sum(1)
        return {"loss": (pooled @ self.weight).mean(), "logits": pooled @ self.weight}


LINEAR_BATCH = {
    "input_ids": torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]]),
    "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]),
}


def value_and_gradients(
    model: nn.Module,
    methods: list[Regularizer],
    batch: dict[str, Tensor],
    look: Callable[[nn.Module, dict[str, Any]], tuple[Tensor, Any]] | None = None,
) -> tuple[float, dict[str, Tensor]]:
    model.zero_grad()
    with isolated_rng(CPU, 3), attach(model, methods) as objective:
        loss = objective(Step(model, batch, compute_loss=look))
        loss.backward()
    return loss.item(), gradients(model)


class Watch:
    """A loss function that notes the embeddings, the random state and the loss of every pass."""

    def __init__(self, model: Any) -> None:
        self.embedded: list[Tensor] = []
        self.states: list[Tensor] = []
        self.losses: list[float] = []
        self._model = model

    def __call__(self, model: nn.Module, inputs: dict[str, Any]) -> tuple[Tensor, Any]:
        found = SimpleNamespace(value=None)

        def note(module: nn.Module, args: Any, output: Tensor) -> None:
            found.value = output.detach().clone()

        self.states.append(torch.get_rng_state())
        # Registered after the method's own hook, so that it sees the perturbed embeddings.
        handle = self._model.get_input_embeddings().register_forward_hook(note)
        outputs = model(**inputs)
        handle.remove()
        self.embedded.append(found.value)
        self.losses.append(outputs["loss"].item())
        return outputs["loss"], outputs

    def deltas(self) -> list[Tensor]:
        """The perturbation of every pass, as far as it differs from the first one's."""
        return [embedded - self.embedded[0] for embedded in self.embedded]


def test_linear_model_in_closed_form() -> None:
    model, steps, size = Linear(), 4, 0.1
    clean = model(**LINEAR_BATCH)["loss"].item()
    loss, found = value_and_gradients(model, [FreeLB(steps=steps, step_size=size)], LINEAR_BATCH)
    # Along w each of n tokens gains size / sqrt(n) a step, and so does the mean over tokens.
    gain = size * model.weight.norm().item() * (1 / 4**0.5 + 1 / 2**0.5) / 2
    assert loss == pytest.approx(clean + gain * (steps - 1) / 2, rel=1e-12)
    # d loss / d w is the mean pooled embedding, which moved along w.
    model.zero_grad()
    model(**LINEAR_BATCH)["loss"].backward()
    moved = gain * (steps - 1) / 2 * model.weight.detach() / model.weight.detach().square().sum()
    torch.testing.assert_close(found["weight"], model.weight.grad + moved, rtol=1e-12, atol=1e-14)


def test_linear_model_reaches_the_largest_corner_of_the_box() -> None:
    model = Linear()
    method = FreeLB(steps=2, step_size=1.0, radius=0.25, norm="linf")
    watch = Watch(model)
    value_and_gradients(model, [method], LINEAR_BATCH, watch)
    delta = watch.deltas()[1]
    largest = delta.abs().amax((1, 2))
    torch.testing.assert_close(largest, torch.full((2,), 0.25, dtype=torch.float64))
    assert torch.equal(delta[1, 2:], torch.zeros(2, 3, dtype=torch.float64))


@pytest.mark.parametrize("inside", [[], [LNSR(strength=2.0, std=0.1, dropout="shared")]])
def test_gradient_is_the_explicit_mean_over_the_passes(inside: list[Regularizer]) -> None:
    model = tiny_classifier(dropout=0.0).double()
    batch, watch = tiny_batch(), Watch(model)
    with noise_by_example():  # so that LNSR draws the same below
        loss, found = value_and_gradients(
            model, [*inside, FreeLB(steps=3, step_size=0.3, start=0.2, radius=0.5)], batch, watch
        )
        embedded = model.get_input_embeddings()(batch["input_ids"])
        model.zero_grad()
        values = []
        for perturbed in watch.embedded:
            shift = (perturbed - embedded).detach()
            hook = model.get_input_embeddings().register_forward_hook(
                lambda module, args, output, shift=shift: output + shift
            )
            with attach(model, inside) as objective:
                value = objective(Step(model, batch)) / 3
            value.backward()
            values.append(value.item())
            hook.remove()
    assert len(watch.embedded) == 3
    assert loss == pytest.approx(sum(values), rel=1e-12)
    for name, value in gradients(model).items():
        torch.testing.assert_close(found[name], value, rtol=1e-8, atol=1e-12)


def test_every_perturbation_is_in_the_ball_and_zero_at_pads() -> None:
    model, batch = tiny_classifier(dropout=0.0), tiny_batch()
    watch = Watch(model)
    value_and_gradients(model, [FreeLB(steps=4, step_size=0.2, radius=0.3)], batch, watch)
    norms = torch.stack([delta.flatten(1).norm(dim=1) for delta in watch.deltas()])
    torch.testing.assert_close(norms[1], torch.full((4,), 0.2))
    torch.testing.assert_close(norms[3], torch.full((4,), 0.3))
    assert (norms <= 0.3 * (1 + 1e-5)).all()
    pads = batch["attention_mask"] == 0
    assert pads.any()
    assert all(not delta[pads].any() for delta in watch.deltas())


def test_random_start_does_not_depend_on_padding() -> None:
    """The size of the start is that of an example's true length."""
    model, batch = tiny_classifier(dropout=0.0), tiny_batch()
    method = FreeLB(steps=1, start=5.0)
    starts = []
    for columns in (9, 13):
        padded = {
            name: value if value.dim() == 1 else nn.functional.pad(value, (0, columns - 9))
            for name, value in batch.items()
        }
        watch = Watch(model)
        with noise_by_real_token():
            value_and_gradients(model, [method], padded, watch)
        starts.append((watch.embedded[0] - embedded_of(model, padded))[:, :9])
    real = batch["attention_mask"].bool()
    torch.testing.assert_close(starts[0], starts[1])
    width = starts[0].shape[-1]
    lengths = real.sum(1)
    assert (starts[0].abs().amax((1, 2)) <= 5.0 / (lengths * width).sqrt() + 1e-6).all()
    assert (starts[0].abs().amax((1, 2)) > 4.0 / (lengths * width).sqrt()).all()
    assert not starts[0][~real].any()


def test_linf_start_is_of_the_given_size() -> None:
    model, batch = tiny_classifier(dropout=0.0), tiny_batch()
    watch = Watch(model)
    value_and_gradients(model, [FreeLB(steps=1, start=0.5, norm="linf")], batch, watch)
    start = watch.embedded[0] - embedded_of(model, batch)
    assert 0.45 < start.abs().max().item() <= 0.5 + 1e-6
    assert not start[batch["attention_mask"] == 0].any()


def test_masks_are_those_of_the_first_pass_in_all_passes() -> None:
    model, batch = tiny_classifier(dropout=0.3), tiny_batch()
    watch = Watch(model)
    loss, _ = value_and_gradients(model, [FreeLB(steps=3, step_size=0.0)], batch, watch)
    assert all(torch.equal(state, watch.states[0]) for state in watch.states)
    assert watch.losses == [watch.losses[0]] * 3
    assert loss == pytest.approx(watch.losses[0], rel=1e-6)


def test_fresh_masks_differ_between_passes() -> None:
    model, batch = tiny_classifier(dropout=0.3), tiny_batch()
    watch = Watch(model)
    method = FreeLB(steps=3, step_size=0.0, dropout="fresh")
    value_and_gradients(model, [method], batch, watch)
    assert len(set(watch.losses)) == 3


@pytest.mark.parametrize("dropout", ["shared", "fresh"])
def test_global_stream_ends_where_one_pass_leaves_it(dropout: Any) -> None:
    ends = []
    for methods in ([], [FreeLB(steps=3, dropout=dropout)]):
        model = tiny_classifier(dropout=0.3)
        with isolated_rng(CPU, 3), attach(model, methods) as objective:
            objective(Step(model, tiny_batch())).backward()
            ends.append(RngState.capture(CPU).cpu)
    assert torch.equal(*ends)


def test_methods_inside_draw_the_same_in_all_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    penalties: list[float] = []

    def noted(step: Step, name: str, value: Tensor) -> None:
        if name == "lnsr_penalty":
            penalties.append(value.item())

    monkeypatch.setattr(Step, "log", noted)
    model = tiny_classifier(dropout=0.0)
    with attach(model, [LNSR(std=0.1), FreeLB(steps=3, step_size=0.0)]) as objective:
        objective(Step(model, tiny_batch()))
    assert len(penalties) == 3
    assert len(set(penalties)) == 1


def test_gradients_of_nested_ascents_are_those_of_the_mean() -> None:
    """What an inner method sends back early counts 1/K as well."""
    model = tiny_classifier(dropout=0.0).double()
    still = FreeLB(steps=2, step_size=0.0)
    plain_loss, plain = value_and_gradients(model, [], tiny_batch())
    loss, nested = value_and_gradients(model, [still, still], tiny_batch())
    assert loss == pytest.approx(plain_loss, rel=1e-12)
    for name, value in plain.items():
        torch.testing.assert_close(nested[name], value, rtol=1e-9, atol=1e-13)


def test_trainer_logs_the_mean_and_accumulates_it(tmp_path: Path) -> None:
    """Two micro-batches of two give what one of four gives, in weights and in logged losses."""
    data = [*rows(tiny_batch(seed=0)), *rows(tiny_batch(seed=1))]
    found = []
    for accumulation in (1, 2):
        settings = arguments(
            tmp_path,
            max_steps=2,
            per_device_train_batch_size=4 // accumulation,
            gradient_accumulation_steps=accumulation,
            logging_steps=1,
        )
        trainer = RegularizedTrainer(
            model=tiny_classifier(dropout=0.0),
            args=settings,
            train_dataset=data,
            regularizers=[FreeLB(step_size=0.3)],
        )
        trainer.train()
        logged = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        found.append((logged, weights(trainer.model)))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-3)
    for name, value in found[0][1].items():
        torch.testing.assert_close(found[1][1][name], value, rtol=1e-3, atol=1e-4)


def test_memory_is_that_of_one_pass() -> None:
    peaks = []
    for methods in ([], [FreeLB(steps=5)]):
        model = tiny_classifier(dropout=0.0)
        alive, peak = 0, 0

        class Held:
            def __init__(self, tensor: Tensor) -> None:
                nonlocal alive, peak
                self.tensor, self.size = tensor, tensor.numel()
                alive += self.size
                peak = max(peak, alive)

            def __del__(self) -> None:
                nonlocal alive
                alive -= self.size

        with (
            attach(model, methods) as objective,
            torch.autograd.graph.saved_tensors_hooks(Held, lambda held: held.tensor),
        ):
            objective(Step(model, tiny_batch())).backward()
        peaks.append(peak)
    assert peaks[1] <= 1.05 * peaks[0]


def test_checkpointed_passes_repeat_their_masks() -> None:
    results = []
    for checkpointed in (False, True):
        model = tiny_classifier(dropout=0.3)
        if checkpointed:
            enable_checkpointing(model)
        results.append(value_and_gradients(model, [FreeLB(step_size=0.5)], tiny_batch())[1])
    assert_same(*results)


def test_overflowing_gradient_leaves_the_perturbation_finite() -> None:
    model, batch = tiny_classifier(dropout=0.0), tiny_batch()
    watch = Watch(model)
    with attach(model, [FreeLB(steps=2, step_size=0.1)]) as objective:
        step = Step(
            model, batch, compute_loss=watch, backward=lambda loss: (loss * 1e38 * 1e10).backward()
        )
        assert objective(step).isfinite()


def test_regression_head_and_a_single_example() -> None:
    model = tiny_classifier(classes=1)
    batch = {**tiny_batch(examples=1), "labels": torch.tensor([0.5])}
    loss, found = value_and_gradients(model, [FreeLB(start=0.1)], batch)
    assert loss > 0
    assert all(value.isfinite().all() for value in found.values())


def test_half_precision_model_trains() -> None:
    model = tiny_classifier().bfloat16()
    loss, found = value_and_gradients(model, [FreeLB(step_size=0.5, radius=1.0)], tiny_batch())
    assert torch.tensor(loss).isfinite()
    assert all(value.isfinite().all() for value in found.values())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 0}, "steps=0"),
        ({"step_size": -1.0}, "step_size=-1.0"),
        ({"start": float("nan")}, "start=nan"),
        ({"radius": -0.1}, "radius=-0.1"),
        ({"norm": "l3"}, "expected one of linf, l2"),
        ({"dropout": "sharde"}, "did you mean 'shared'"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        FreeLB(**options)


def embedded_of(model: Any, batch: dict[str, Tensor]) -> Tensor:
    found: Tensor = model.get_input_embeddings()(batch["input_ids"]).detach()
    return found


def noise_by_real_token() -> Any:
    """Draws that depend on a token's place alone, so that padded batches can be compared."""
    from unittest.mock import patch

    def draw(step: Step, tensor: Tensor, site: str) -> Tensor:
        examples, tokens, width = tensor.shape
        draws = torch.rand(examples, 32, width, generator=torch.Generator().manual_seed(0))
        return draws[:, :tokens]

    return patch.object(Step, "uniform_like", draw)
