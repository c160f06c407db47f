"""The objective: order of methods, the optimizer, state and logs."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import (
    LNSR,
    R3F,
    ConfigError,
    Every,
    Host,
    LayerwiseDecay,
    Regularizer,
    Step,
    attach,
)
from steadytune._random import isolated_rng
from steadytune.testing import (
    assert_same,
    enable_checkpointing,
    tiny_batch,
    tiny_classifier,
    weights,
)

from .probes import Around, Hosted, Measured

CPU = torch.device("cpu")


def constant(strength: float = 1.0) -> Measured:
    return Measured(lambda step: torch.tensor(2.0), strength)


def shifted(size: float = 0.0) -> Around:
    shift = size * torch.linspace(-1, 1, 4 * 9 * 32).view(4, 9, 32).cos()
    return Around(lambda inner, step: inner(step.shifted(shift)))


DOUBLED = Around(lambda inner, step: 2 * inner(step))


def _count(host: Host) -> None:
    count = torch.zeros(())
    host.keep("steps", {"count": count})
    host.after_optimizer_step.append(lambda optimizer: count.add_(1) and None)


COUNTER = Hosted(_count)  # counts optimizer steps in a tensor that is kept


def loss_of(methods: list[Regularizer], model: torch.nn.Module | None = None) -> float:
    model = model or tiny_classifier(dropout=0.0)
    with attach(model, methods) as objective:
        return objective(Step(model, tiny_batch())).item()


def test_without_methods_it_is_the_models_own_loss() -> None:
    model = tiny_classifier(dropout=0.0)
    assert loss_of([], model) == model(**tiny_batch()).loss.item()


def test_methods_apply_inside_out() -> None:
    plain = loss_of([])
    assert loss_of([constant(), DOUBLED]) == pytest.approx(2 * (plain + 2))
    assert loss_of([DOUBLED, constant()]) == pytest.approx(2 * plain + 2)
    assert loss_of([constant(0.5), constant(2.0)]) == pytest.approx(plain + 5)


def test_a_zero_shift_changes_nothing_and_others_do() -> None:
    assert loss_of([shifted()]) == loss_of([])
    assert loss_of([shifted(0.5)]) != loss_of([])


def test_an_inner_penalty_is_measured_at_the_perturbed_point() -> None:
    inner = LNSR(strength=100.0)
    assert loss_of([inner, shifted(0.5)]) != pytest.approx(
        loss_of([shifted(0.5)]) + loss_of([inner]) - loss_of([]), rel=1e-4
    )


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


def test_a_method_is_told_when_all_passes_are_run() -> None:
    seen: list[Tensor] = []

    def listen(host: Host) -> None:
        host.after_objective.append(seen.append)

    model = tiny_classifier()
    with attach(model, [Hosted(listen)]) as objective:
        loss = objective(Step(model, tiny_batch()))
    assert len(seen) == 1 and seen[0] is loss


class TestOptimizer:
    def test_a_method_that_needs_one_says_so(self) -> None:
        model = tiny_classifier()
        with attach(model, [COUNTER]) as objective:
            assert objective.needs_optimizer
            with pytest.raises(ConfigError, match=r"objective\.connect\(optimizer\)"):
                objective(Step(model, tiny_batch()))

    def test_it_is_let_go_afterwards(self) -> None:
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with attach(model, [COUNTER]) as objective:
            objective.connect(optimizer)
            objective(Step(model, tiny_batch())).backward()
            optimizer.step()
            assert objective.state_dict()["0.steps.count"] == 1
        optimizer.step()
        assert not optimizer._optimizer_step_pre_hooks
        assert not optimizer._optimizer_step_post_hooks

    def test_state_goes_round_and_other_methods_state_is_refused(self) -> None:
        model = tiny_classifier()
        with attach(model, [COUNTER]) as objective:
            objective.load_state_dict({"0.steps.count": torch.tensor(7.0)})
            assert objective.state_dict()["0.steps.count"] == 7
            with pytest.raises(ConfigError, match="does not fit the attached methods"):
                objective.load_state_dict({"1.steps.count": torch.tensor(7.0)})


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
            attach(tiny_classifier(), [COUNTER]) as objective,
            pytest.raises(ConfigError, match="none of the parameters"),
        ):
            objective.connect(self._optimizer(tiny_classifier()))


def test_a_closure_is_refused_by_methods_that_act_before_the_step() -> None:
    def before(host: Host) -> None:
        host.before_optimizer_step.append(lambda optimizer: None)

    for method, refused in ((Hosted(before), True), (LNSR(), False)):
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with attach(model, [method]) as objective:
            objective.connect(optimizer)

            def closure(model: Any = model, objective: Any = objective) -> Any:
                loss = objective(Step(model, tiny_batch()))
                loss.backward()
                return loss

            closure()
            with pytest.raises(ConfigError, match="inside") if refused else nullcontext():
                optimizer.step(closure)


def test_a_step_that_fails_leaves_nothing_behind() -> None:
    def before(host: Host) -> None:
        host.before_optimizer_step.append(lambda optimizer: None)

    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with attach(model, [Hosted(before)]) as objective:
        objective.connect(optimizer)

        def fails() -> float:
            raise RuntimeError("no memory")

        for fault in (lambda: optimizer.step(fails), lambda: optimizer.step(closure=fails)):
            with pytest.raises(RuntimeError, match="no memory"):
                fault()
            objective(Step(model, tiny_batch())).backward()
        optimizer.param_groups[0]["lr"] = None
        with pytest.raises(TypeError):
            optimizer.step()
        objective(Step(model, tiny_batch())).backward()
        optimizer.param_groups[0]["lr"] = 0.1
        optimizer.step()


def test_hooks_are_skipped_at_an_overflow() -> None:
    model = tiny_classifier()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    with attach(model, [COUNTER]) as objective:
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
