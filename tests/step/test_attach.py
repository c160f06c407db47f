"""Attaching methods, the objective, and what a step offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import (
    LNSR,
    R3F,
    SAM,
    ConfigError,
    Every,
    FreeLB,
    Host,
    HyPe,
    LayerwiseDecay,
    NEFTune,
    Penalty,
    Regularizer,
    Step,
    attach,
)
from steadytune._random import isolated_rng
from steadytune._step.regularizer import Transform
from steadytune.testing import (
    assert_same,
    enable_checkpointing,
    tiny_batch,
    tiny_classifier,
    weights,
)

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Constant(Penalty):
    """A penalty of a given value."""

    strength: float = 1.0
    value: float = 2.0

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        yield lambda step: torch.tensor(self.value)


@dataclass(frozen=True)
class Doubled(Regularizer):
    """Doubles whatever it wraps."""

    @contextmanager
    def attach(self, host: Host) -> Iterator[Callable[..., Callable[[Step], Tensor]]]:
        yield lambda inner: lambda step: 2 * inner(step)


@dataclass(frozen=True)
class Shifted(Regularizer):
    """Wraps the inner objective in a perturbed step."""

    size: float = 0.0
    needs_embeddings = True

    @contextmanager
    def attach(self, host: Host) -> Iterator[Callable[..., Callable[[Step], Tensor]]]:
        def objective(inner: Callable[[Step], Tensor]) -> Callable[[Step], Tensor]:
            return lambda step: inner(
                step.shifted(self.size * torch.linspace(-1, 1, 4 * 9 * 32).view(4, 9, 32).cos())
            )

        yield objective


@dataclass(frozen=True)
class Counter(Regularizer):
    """Counts optimizer steps in a tensor that is kept."""

    @contextmanager
    def attach(self, host: Host) -> Iterator[Callable[..., Callable[[Step], Tensor]]]:
        count = torch.zeros(())
        host.keep("steps", {"count": count})
        host.after_optimizer_step.append(lambda optimizer: count.add_(1) and None)
        yield lambda inner: inner


def loss_of(methods: list[Regularizer], model: torch.nn.Module | None = None) -> float:
    model = model or tiny_classifier(dropout=0.0)
    with attach(model, methods) as objective:
        return objective(Step(model, tiny_batch())).item()


def test_without_methods_it_is_the_models_own_loss() -> None:
    model = tiny_classifier(dropout=0.0)
    assert loss_of([], model) == model(**tiny_batch()).loss.item()


def test_methods_apply_inside_out() -> None:
    plain = loss_of([])
    assert loss_of([Constant(), Doubled()]) == pytest.approx(2 * (plain + 2))
    assert loss_of([Doubled(), Constant()]) == pytest.approx(2 * plain + 2)
    assert loss_of([Constant(strength=0.5), Constant(strength=2.0)]) == pytest.approx(plain + 5)


def test_a_zero_shift_changes_nothing_and_others_do() -> None:
    assert loss_of([Shifted()]) == loss_of([])
    assert loss_of([Shifted(0.5)]) != loss_of([])


def test_an_inner_penalty_is_measured_at_the_perturbed_point() -> None:
    inner = LNSR(strength=100.0)
    assert loss_of([inner, Shifted(0.5)]) != pytest.approx(
        loss_of([Shifted(0.5)]) + loss_of([inner]) - loss_of([]), rel=1e-4
    )


def test_share_weights_the_penalty() -> None:
    model = tiny_classifier(dropout=0.0)
    with attach(model, [Constant()]) as objective:
        half = objective(Step(model, tiny_batch(), share=0.5)).item()
    assert half == pytest.approx(loss_of([]) + 1)


def test_two_attachments_on_one_model_are_refused() -> None:
    model = tiny_classifier()
    with (
        attach(model, [LNSR()]),
        pytest.raises(ConfigError, match="attached already"),
        attach(model, [LNSR()]),
    ):
        pass
    with attach(model, [LNSR()]):
        pass


def test_the_clean_pass_runs_once_for_everybody() -> None:
    model = tiny_classifier(dropout=0.0)
    calls = []
    model.register_forward_pre_hook(lambda *args: calls.append(1))
    loss_of([LNSR(), LNSR(layer=1), LNSR(layer=2)], model)
    assert len(calls) == 1


@pytest.mark.parametrize("methods", [[LNSR()], []])
def test_a_model_in_evaluation_mode_is_refused_by_methods(methods: list[Regularizer]) -> None:
    model = tiny_classifier().eval()
    with attach(model, methods) as objective:
        if not methods:
            assert objective(Step(model, tiny_batch())).isfinite()
            return
        with pytest.raises(ConfigError, match=r"evaluation mode; call model\.train\(\)"):
            objective(Step(model, tiny_batch()))
        model.bert.encoder.train()  # a part that trains is enough: the rest may be frozen
        assert objective(Step(model, tiny_batch())).isfinite()


@pytest.mark.parametrize(
    "leading", [NEFTune(), FreeLB(), SAM(), HyPe(dropout="on")], ids=lambda m: type(m).__name__
)
def test_a_clean_pass_asked_for_late_leaves_the_global_stream_alone(leading: Regularizer) -> None:
    states, losses = [], []
    for methods in ([leading], [leading, LNSR(strength=0.0)], [leading, LNSR(strength=0.0)]):
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with isolated_rng(torch.device("cpu"), 5), attach(model, methods) as objective:
            objective.connect(optimizer)
            losses.append(objective(Step(model, tiny_batch())).item())
            states.append(torch.get_rng_state())
    assert torch.equal(states[0], states[1]) and losses[1] == losses[2] == losses[0]


def test_the_rank_is_that_of_torch_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    def penalty(**given: Any) -> float:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [LNSR()]) as objective:
            return objective(Step(model, tiny_batch(), **given)).item()

    alone, second = penalty(), penalty(rank=1)
    assert alone == penalty(rank=0) != second
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    assert penalty() == second and penalty(rank=0) == alone


def test_draws_differ_between_methods_steps_micro_steps_ranks_and_sites() -> None:
    model = tiny_classifier(dropout=0.0)
    drawn: list[tuple[float, ...]] = []

    @dataclass(frozen=True)
    class Drawing(Penalty):
        strength: float = 0.0

        @contextmanager
        def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
            def penalty(step: Step) -> Tensor:
                for view in (step, step.repeated(), step.repeated()):
                    for site in ("a", "b"):
                        drawn.append(tuple(view.normal_like(torch.zeros(3), site).tolist()))
                return torch.zeros(())

            yield penalty

    with attach(model, [Drawing(), Drawing()]) as objective:
        for place in ({}, {"micro_step": 1}, {"rank": 1}, {"step": 1}):
            objective(Step(model, tiny_batch(), **{"step": 0, **place}))
    assert len(drawn) == len(set(drawn)) == 4 * 2 * 3 * 2


def test_parameter_draws_agree_between_ranks_and_micro_batches() -> None:
    model = tiny_classifier()
    seeds = []

    @dataclass(frozen=True)
    class Masking(Penalty):
        strength: float = 0.0

        @contextmanager
        def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
            def penalty(step: Step) -> Tensor:
                seeds.append(step.parameter_generator("weight").initial_seed())
                return torch.zeros(())

            yield penalty

    with attach(model, [Masking()]) as objective:
        for rank in (0, 1):
            objective(Step(model, tiny_batch(), step=0, rank=rank, micro_step=rank))
        objective(Step(model, tiny_batch(), step=1))
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_method_is_told_when_all_passes_are_run() -> None:
    seen = []

    @dataclass(frozen=True)
    class Telling(Regularizer):
        @contextmanager
        def attach(self, host: Host) -> Iterator[Transform]:
            host.after_objective.append(seen.append)
            yield lambda inner: inner

    model = tiny_classifier()
    with attach(model, [Telling()]) as objective:
        loss = objective(Step(model, tiny_batch()))
    assert len(seen) == 1 and seen[0] is loss


class TestOptimizer:
    def test_a_method_that_needs_one_says_so(self) -> None:
        model = tiny_classifier()
        with attach(model, [Counter()]) as objective:
            assert objective.needs_optimizer
            with pytest.raises(ConfigError, match=r"objective\.connect\(optimizer\)"):
                objective(Step(model, tiny_batch()))

    def test_it_is_let_go_afterwards(self) -> None:
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with attach(model, [Counter()]) as objective:
            objective.connect(optimizer)
            objective(Step(model, tiny_batch())).backward()
            optimizer.step()
            assert objective.state_dict()["0.steps.count"] == 1
        optimizer.step()
        assert not optimizer._optimizer_step_pre_hooks
        assert not optimizer._optimizer_step_post_hooks

    def test_state_goes_round_and_other_methods_state_is_refused(self) -> None:
        model = tiny_classifier()
        with attach(model, [Counter()]) as objective:
            objective.load_state_dict({"0.steps.count": torch.tensor(7.0)})
            assert objective.state_dict()["0.steps.count"] == 7
            with pytest.raises(ConfigError, match="does not fit the attached methods"):
                objective.load_state_dict({"1.steps.count": torch.tensor(7.0)})


def test_a_step_outside_an_objective_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="inside the objective"):
        _ = Step(tiny_classifier(), tiny_batch()).clean


def test_a_batch_without_labels() -> None:
    model = tiny_classifier()
    batch = tiny_batch()
    del batch["labels"]
    with (
        attach(model, []) as objective,
        pytest.raises(ConfigError, match="returned no loss; the batch needs labels"),
    ):
        objective(Step(model, batch))


def test_a_raw_loop_trains_as_without_steadytune() -> None:
    def loop(model: torch.nn.Module, wrapped: bool) -> None:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with isolated_rng(CPU, 1), attach(model, [LNSR(strength=0.0)]) as objective:
            for _ in range(3):
                loss = (
                    objective(Step(model, tiny_batch())) if wrapped else model(**tiny_batch()).loss
                )
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()

    with_it, without = tiny_classifier(), tiny_classifier()
    loop(with_it, True), loop(without, False)
    assert_same(weights(with_it), weights(without))


def test_extra_passes() -> None:
    """Shared masks repeat the clean pass, fresh ones do not, off has none."""
    model = tiny_classifier(dropout=0.3)
    seen: dict[str, Tensor] = {}

    @dataclass(frozen=True)
    class Passes(Penalty):
        strength: float = 0.0

        @contextmanager
        def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
            def penalty(step: Step) -> Tensor:
                seen["clean"] = step.clean.logits
                for dropout in ("shared", "fresh", "off"):
                    seen[dropout] = step.forward(dropout=dropout).logits  # type: ignore[arg-type]
                seen["again"] = step.forward(dropout="fresh").logits
                seen["other"] = step.forward(dropout="fresh", name="other").logits
                return torch.zeros(())

            yield penalty

    with attach(model, [Passes()]) as objective:
        objective(Step(model, tiny_batch()))
    assert torch.equal(seen["shared"], seen["clean"])
    assert not torch.equal(seen["fresh"], seen["clean"])
    assert torch.equal(seen["again"], seen["fresh"])
    assert not torch.equal(seen["other"], seen["fresh"])
    assert torch.equal(seen["off"], model.eval()(**tiny_batch()).logits)


class TestSplitGroups:
    """Learning rate factors split an optimizer's groups, and the groups come back."""

    def _optimizer(self, model: torch.nn.Module) -> torch.optim.SGD:
        return torch.optim.SGD(model.parameters(), lr=1.0)

    def test_groups_come_back_with_the_rates_they_came_to(self) -> None:
        model = tiny_classifier()
        optimizer = self._optimizer(model)
        before = list(optimizer.param_groups)
        with attach(model, [LayerwiseDecay(decay=0.5)]) as objective:
            objective.connect(optimizer)
            rates = sorted(group["lr"] for group in optimizer.param_groups)
            assert rates[0] < rates[-1] == 1.0
            for group in optimizer.param_groups:
                group["lr"] *= 0.1
        assert len(optimizer.param_groups) == 1
        assert optimizer.param_groups[0] is before[0]
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
        with attach(model, [LayerwiseDecay(decay=0.5)]) as objective:
            objective.connect(optimizer)
            again = sorted(group["lr"] for group in optimizer.param_groups)
        assert again == pytest.approx([0.1 * rate for rate in rates])

    def test_an_optimizer_of_another_model_is_refused(self) -> None:
        with (
            attach(tiny_classifier(), [Counter()]) as objective,
            pytest.raises(ConfigError, match="none of the parameters"),
        ):
            objective.connect(self._optimizer(tiny_classifier()))


def test_hooks_are_skipped_at_an_overflow() -> None:
    model = tiny_classifier()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    with attach(model, [Counter()]) as objective:
        objective.connect(optimizer)
        optimizer.found_inf = torch.tensor(1.0)  # type: ignore[attr-defined]
        optimizer.step()
        optimizer.found_inf = torch.tensor(0.0)  # type: ignore[attr-defined]
        optimizer.step()
        assert objective.state_dict()["0.steps.count"] == 1


def test_reentrant_checkpointing_turned_on_later_is_refused_at_the_first_step() -> None:
    model = tiny_classifier()
    with attach(model, [LNSR()]) as objective:
        enable_checkpointing(model, reentrant=True)
        with pytest.raises(ConfigError, match="'use_reentrant': False"):
            objective(Step(model, tiny_batch()))


def test_outputs_can_be_let_go() -> None:
    model = tiny_classifier()
    with attach(model, []) as objective:
        objective(Step(model, tiny_batch()))
        assert objective.outputs is not None
        objective.release_outputs()
        assert objective.outputs is None


@pytest.mark.parametrize("given", [LNSR(), LNSR, "lnsr", None, 3])
def test_methods_that_are_no_list_are_refused(given: Any) -> None:
    with (
        pytest.raises(
            ConfigError, match=r"is not a list; expected a list of methods, as in \[LNSR"
        ),
        attach(tiny_classifier(), given),
    ):
        pass


@pytest.mark.parametrize("given", ["lnsr", LNSR, None])
def test_what_is_no_method_in_the_list_is_named(given: Any) -> None:
    with (
        pytest.raises(ConfigError, match=r"in the list of methods is none; expected a list"),
        attach(tiny_classifier(), [LNSR(), given]),
    ):
        pass


def test_inputs_that_are_a_tuple_are_refused() -> None:
    given: Any = tuple(tiny_batch().values())
    with pytest.raises(ConfigError, match="inputs is a tuple; expected the model's keyword"):
        Step(tiny_classifier(), given)


def test_methods_of_one_class_are_logged_apart() -> None:
    methods = [LNSR(std=0.1), Every(LNSR(std=1.0), n=1), R3F(), LNSR(std=0.0)]
    model = tiny_classifier(dropout=0.0)
    with attach(model, methods) as objective:
        objective(Step(model, tiny_batch()))
        logs = objective.pop_logs()
    for kind in ("penalty", "share"):
        names = [f"lnsr_{kind}", f"lnsr_{kind}_2", f"r3f_{kind}", f"lnsr_{kind}_3"]
        assert [name for name in logs if kind in name] == names
    assert logs["lnsr_penalty_2"] > 10 * logs["lnsr_penalty"] > logs["lnsr_penalty_3"] == 0
