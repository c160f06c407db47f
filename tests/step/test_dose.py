"""The strength that a dose gives, on a quadratic of known gradients, and what the log shows."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from steadytune import (
    BSS,
    L2SP,
    LNSR,
    R3F,
    R4F,
    SAM,
    SMART,
    ConfigError,
    FreeLB,
    RDrop,
    Regularizer,
    Scheduled,
    Step,
    attach,
)
from steadytune._step import dose
from steadytune._step.wrapper import Wrapper
from steadytune.method_text import method_identity, parse_method
from steadytune.testing import assert_same, tiny_batch, tiny_classifier, train_steps, weights

from ..training import on_two_processes
from .dosed import Bowl, Plane, descend

ROWS = [torch.linspace(1, 2, 8, dtype=torch.float64) + n for n in range(dose.WINDOW + 4)]


@dataclass(frozen=True)
class Half(Wrapper):
    """Half of a penalty at every step."""

    method: Regularizer

    def factor(self, step: Step) -> float:
        return 0.5


def trained(*methods: Regularizer, **options: Any) -> tuple[list[dict[str, float]], Any, Any]:
    model = Plane()
    with attach(model, methods) as objective:
        logs = descend(objective, model, ROWS, **options)
        return logs, [p.item() for p in model.parameters()], objective.findings()


def test_strength_is_that_of_the_known_ratio() -> None:
    _, _, found = trained(Bowl(dose=0.1), rate=0.0)
    # The task's gradient is 3 in a, which the penalty reaches, and the penalty's is 1 * a = 1.
    assert found["bowl_strength"] == pytest.approx(0.3)


def test_ratios_count_by_their_root_mean_square() -> None:
    model = Plane()
    ratios = []
    with attach(model, [Bowl(dose=0.1)]) as objective:
        for rows in ROWS[: dose.WINDOW]:
            ratios.append(model.a.item() / 3)
            descend(objective, model, [rows])
        found = objective.findings()["bowl_strength"]
    assert ratios[0] > 1.2 * abs(ratios[-1])
    mean = sum(r**2 for r in ratios) / dose.WINDOW
    assert found == pytest.approx(0.1 / mean**0.5)


def test_training_is_plain_until_the_window_is_full_and_the_strength_stays() -> None:
    model, plain = Plane(), Plane()
    with attach(plain, []) as objective:
        descend(objective, plain, ROWS[: dose.WINDOW])
    with attach(model, [Bowl(dose=0.5)]) as objective:
        logs = descend(objective, model, ROWS[: dose.WINDOW])
        assert_same(weights(plain), weights(model))
        assert all("bowl_strength" not in log and "bowl_share" not in log for log in logs)
        later = descend(objective, model, ROWS[dose.WINDOW :])
        assert {log["bowl_strength"] for log in later} == {objective.findings()["bowl_strength"]}
    with attach(plain, []) as objective:
        descend(objective, plain, ROWS[dose.WINDOW :])
    assert plain.a.item() != model.a.item()


def test_accumulation_changes_nothing() -> None:
    whole, parts = trained(Bowl(dose=0.1)), trained(Bowl(dose=0.1), accumulation=4)
    assert parts[1] == pytest.approx(whole[1], rel=1e-12)
    assert parts[2] == pytest.approx(whole[2], rel=1e-12)


@pytest.mark.parametrize("size", [2.0**10, 2.0**-2])
def test_a_penalty_times_anything_gives_the_same_training(size: float) -> None:
    once, times = trained(Bowl(dose=6.0)), trained(Bowl(dose=6.0, size=size))
    assert times[1] == once[1]
    assert times[2]["bowl_strength"] * size == once[2]["bowl_strength"]


@pytest.mark.parametrize(("size", "expected"), [(1e-6, 100.0), (1e6, 0.01)])
def test_strength_is_held_near_the_default(size: float, expected: float) -> None:
    with pytest.warns(UserWarning, match=r"dose=0.1 asks for a strength of .* it is"):
        _, _, found = trained(Bowl(dose=0.1, size=size), rate=0.0)
    assert found["bowl_strength"] == expected


def test_steps_that_are_not_finite_are_left_out() -> None:
    model = Plane()
    with attach(model, [Bowl(dose=0.1)]) as objective:
        objective(Step(model, {"x": torch.full((8,), torch.inf)}))
        descend(objective, model, ROWS[: dose.WINDOW - 1], rate=0.0)
        assert objective.findings()["bowl_strength"] is None
        descend(objective, model, ROWS[-1:], rate=0.0)
        assert objective.findings()["bowl_strength"] == pytest.approx(0.3)


@pytest.mark.parametrize("stop", [5, dose.WINDOW, dose.WINDOW + 2])
def test_a_training_stopped_in_the_window_goes_on_bit_for_bit(stop: int) -> None:
    whole = trained(Bowl(dose=0.5))
    model = Plane()
    told = pytest.warns(UserWarning, match="5 of the 16") if stop == 5 else nullcontext()
    with told, attach(model, [Bowl(dose=0.5)]) as objective:
        descend(objective, model, ROWS[:stop])
        saved = {name: value.clone() for name, value in objective.state_dict().items()}
    with attach(model, [Bowl(dose=0.5)]) as objective:
        objective.load_state_dict(saved)
        descend(objective, model, ROWS[stop:])
        assert objective.findings() == whole[2]
    assert [p.item() for p in model.parameters()] == whole[1]


def test_a_schedule_multiplies_the_strength_that_was_found() -> None:
    found = trained(Half(Bowl(dose=0.1)), rate=0.0)[2]
    assert found["bowl_strength"] == pytest.approx(0.3)
    logs = trained(Half(Bowl(strength=0.3)), rate=0.0)[0]
    half = 0.5 * 0.3 * 0.5
    assert logs[0]["bowl_share"] == pytest.approx(half / (half + 11))


def test_it_is_measured_from_the_start_of_the_method_on() -> None:
    late = Scheduled(Bowl(dose=0.1), start=2, warmup=0)
    model, count = Plane(), dose.WINDOW + 2
    with attach(model, [late]) as objective:
        descend(objective, model, ROWS[: count - 1])
        assert objective.findings() == {"bowl_strength": None}
        descend(objective, model, ROWS[count - 1 : count])
        assert objective.findings()["bowl_strength"] is not None


def test_a_window_that_never_filled_is_said() -> None:
    model = Plane()
    with (
        pytest.warns(UserWarning, match="ended with 3 of the 16 steps"),
        attach(model, [Bowl(dose=0.1)]) as objective,
    ):
        descend(objective, model, ROWS[:3])


def test_log_has_share_ratio_and_cosine() -> None:
    model = Plane()
    with attach(model, [Bowl(strength=0.6)], measure_every=2) as objective:
        first, second = descend(objective, model, [ROWS[0]] * 2, rate=0.0)
    loss, added = 1.5 * 11, 0.6 * 1.5 / 2
    assert first["bowl_share"] == second["bowl_share"] == pytest.approx(added / (loss + added))
    assert first["bowl_gradient_ratio"] == pytest.approx(0.6 / 3)
    assert first["bowl_gradient_cosine"] == pytest.approx(1.0)
    assert "bowl_gradient_ratio" not in second


def test_gradients_are_compared_a_few_times_where_the_length_is_known() -> None:
    def compared(total: int | None, count: int) -> list[int]:
        model = Plane()
        with attach(model, [Bowl(strength=0.3)]) as objective:
            found = []
            for number in range(count):
                objective(Step(model, {"x": ROWS[0]}, step=number, total_steps=total))
                if "bowl_gradient_ratio" in objective.pop_logs():
                    found.append(number)
        return found

    assert compared(None, 40) == []
    assert compared(40, 40) == [0, 16, 32]
    assert compared(640, 41) == [0, 20, 40]


def test_a_penalty_that_is_not_felt_is_said() -> None:
    model = Plane()
    with (
        pytest.warns(UserWarning, match=r"bowl: its gradient was at most 0.33% of the task's"),
        attach(model, [Bowl(strength=0.01)], measure_every=1) as objective,
    ):
        descend(objective, model, ROWS[:3], rate=0.0)


def test_a_penalty_above_the_task_is_said_once_while_the_task_is_not_learned() -> None:
    model = Plane()
    with attach(model, [Bowl(strength=6.0)], measure_every=1) as objective:
        with pytest.warns(UserWarning, match=r"bowl: its gradient is 200% of the task's") as seen:
            descend(objective, model, [ROWS[0]] * 3, rate=0.0)
        assert len(seen) == 1


def test_a_learned_task_has_no_gradient_left_which_is_no_fault() -> None:
    model = Plane()
    with attach(model, [Bowl(strength=0.6)], measure_every=1) as objective:
        descend(objective, model, ROWS[:1], rate=0.0)
        with torch.no_grad():
            model.a.add_(9.0)
            model.b.sub_(9.0)
        (log,) = descend(objective, model, ROWS[:1], rate=0.0)
        assert log["bowl_gradient_ratio"] == pytest.approx(2.0)


METHODS = [LNSR(dose=0.1), R3F(dose=0.1), RDrop(dose=0.1), SMART(dose=0.1), BSS(dose=0.1)]
BATCHES = [tiny_batch(seed=number) for number in range(5)]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
@pytest.mark.filterwarnings("ignore:.*asks for a strength")
def test_methods_train_plainly_in_the_window_and_then_act(
    method: Regularizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dose, "WINDOW", 3)
    plain, treated = tiny_classifier(), tiny_classifier()
    train_steps(plain, [], BATCHES[:3])
    train_steps(treated, [method], BATCHES[:3])
    assert_same(weights(plain), weights(treated))
    train_steps(treated, [method], BATCHES)
    train_steps(plain, [], BATCHES)
    assert any(not torch.equal(v, weights(treated)[n]) for n, v in weights(plain).items())


@pytest.mark.filterwarnings("ignore:.*asks for a strength")
@pytest.mark.parametrize("outside", [FreeLB(steps=2, start=0.1), SAM()], ids=["FreeLB", "SAM"])
def test_a_dose_inside_other_methods(outside: Regularizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dose, "WINDOW", 2)
    model = tiny_classifier()
    with attach(model, [LNSR(dose=0.1), outside]) as objective:
        for batch in BATCHES[:2]:
            objective(Step(model, batch)).backward()
        assert objective.findings()["lnsr_strength"] is not None


@pytest.mark.filterwarnings("ignore:.*asks for a strength")
def test_a_compiled_model_can_be_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dose, "WINDOW", 2)
    model = tiny_classifier(dropout=0.0)
    torch.compiler.reset()
    compiled: Any = torch.compile(model, backend="aot_eager")
    found = []
    for call in (model, compiled):
        with warnings.catch_warnings(), attach(model, [LNSR(dose=0.1)]) as objective:
            warnings.simplefilter("ignore")  # the compiler warns of its own doings
            for batch in BATCHES[:2]:
                objective(Step(call, batch))
            found.append(objective.findings()["lnsr_strength"])
    assert found[1] == pytest.approx(found[0], rel=1e-4)


@pytest.mark.parametrize("cls", [LNSR, R3F, R4F, RDrop, SMART, BSS])
def test_a_dose_stands_in_place_of_a_strength(cls: Any) -> None:
    with pytest.raises(ConfigError, match=r"strength=7.0 and dose=0.1 say the same thing twice"):
        cls(strength=7.0, dose=0.1)
    with pytest.raises(ConfigError, match="dose=0"):
        cls(dose=0.0)
    name = cls.__name__.lower()
    assert parse_method(f"{name}:dose=0.1") == (cls(dose=0.1),)
    assert "dose" not in method_identity([cls()])
    assert "dose=0.1" in method_identity([cls(dose=0.1)])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("l2sp:dose=0.1", "L2SP takes no dose: at the start"),
        ("freelb:dose=0.1", "FreeLB takes no dose: it adds no penalty"),
        ("sam:dose=1", "SAM takes no dose: it adds no penalty"),
        ("mixout:dose=1", "Mixout takes no dose: it adds no penalty"),
        ("scheduled(lnsr):dose=1", "Scheduled takes no dose: the method in its brackets may"),
    ],
)
def test_what_takes_no_dose_says_why(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        parse_method(text)


def test_own_penalties_need_the_field() -> None:
    assert L2SP().no_dose
    assert not dose.has_dose(L2SP()) and dose.has_dose(Bowl())


@pytest.mark.slow
@pytest.mark.alone
def test_two_processes_find_what_one_does(tmp_path: Path) -> None:
    first, second = on_two_processes("tests.step.dose_worker", tmp_path)
    assert_same(first, second)
    _, values, found = trained(Bowl(dose=0.1))
    assert first["strength"].item() == pytest.approx(found["bowl_strength"], rel=1e-12)
    assert [first[name].item() for name in "abc"] == pytest.approx(values, rel=1e-12)


def test_two_methods_of_a_class_are_told_apart_in_findings_and_ratios() -> None:
    model, batches = Plane(), [torch.ones(2, 1, dtype=torch.float64)] * 20
    methods = [Bowl(dose=0.1), Bowl(dose=0.2, size=4.0)]
    with attach(model, methods, measure_every=1) as objective:
        logs = descend(objective, model, batches, rate=1e-9)
        found = objective.findings()
    first, second = (found[f"bowl_strength{label}"] for label in ("", "_2"))
    assert first is not None and second is not None
    assert second == pytest.approx(first / 2, rel=1e-6)  # twice the dose, four times the gradient
    ratios = [logs[-1][f"bowl_gradient_ratio{label}"] for label in ("", "_2")]
    assert ratios == pytest.approx([0.1, 0.2], rel=1e-6)
    assert {"bowl_largest_gradient_ratio", "bowl_largest_gradient_ratio_2"} <= set(found)
