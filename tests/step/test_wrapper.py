"""What every wrapper does: it answers, attaches and steps aside for the method inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from steadytune import (
    DENI,
    LNSR,
    R4F,
    ConfigError,
    Every,
    FreeLB,
    Host,
    HyPe,
    Regularizer,
    Scheduled,
    Step,
    attach,
)
from steadytune._model.replay_check import is_checking
from steadytune._step.wrapper import Wrapper, adds_penalty
from steadytune.testing import assert_same, tiny_batch, tiny_classifier, train_steps, weights
from tests.method_settings import SETTINGS

from .probes import Hosted

ACT_THROUGHOUT = {"DENI", "LayerwiseDecay", "NoisyTune", "R4F", "Reinit"}
BATCHES = [tiny_batch(seed=number) for number in range(4)]


@dataclass(frozen=True)
class At(Wrapper):
    """Applies the method with the given factors, one per step."""

    method: Regularizer
    factors: tuple[float, ...]

    def factor(self, step: Step) -> float:
        assert step.step is not None
        return self.factors[step.step]


@dataclass(frozen=True)
class Noted(Regularizer):
    """Notes what it is asked to do."""

    notes: list[str] = field(default_factory=list, hash=False, compare=False)

    @contextmanager
    def attach(self, host: Host) -> Iterator[Callable[..., Callable[[Step], Tensor]]]:
        host.before_optimizer_step.append(lambda optimizer: self.notes.append("before"))
        host.after_optimizer_step.append(lambda optimizer: self.notes.append("after"))
        host.after_objective.append(lambda loss: self.notes.append("value"))
        state = torch.zeros(())
        host.keep("own", {"state": state})

        def transform(inner: Callable[[Step], Tensor]) -> Callable[[Step], Tensor]:
            def objective(step: Step) -> Tensor:
                self.notes.append("objective")
                return inner(step)

            return objective

        yield transform
        self.notes.append("detached")


@dataclass(frozen=True)
class Long(Noted):
    """Needs four steps."""

    def require_steps(self, total: int) -> None:
        if total < 4:
            raise ConfigError(f"{total} steps are too few")


@dataclass(frozen=True)
class OnceOnly(Regularizer):
    """Acts when it is attached, never later."""

    rate: float | None = None

    @contextmanager
    def attach(self, host: Host) -> Iterator[Callable[..., Callable[[Step], Tensor]]]:
        if self.rate is not None:
            host.learning_rate_factors["classifier.weight"] = self.rate
        yield lambda inner: inner


def trained(methods: list[Regularizer], steps: int = 4) -> tuple[list[float], dict[str, Tensor]]:
    model = tiny_classifier()
    losses = train_steps(model, methods, BATCHES[:steps])
    return losses, weights(model)


def test_needs_are_those_of_the_wrapped_method() -> None:
    assert At(LNSR(), ()).needs_layers
    assert not At(LNSR(), ()).needs_embeddings
    assert At(At(FreeLB(), ()), ()).needs_embeddings
    assert not At(FreeLB(), ()).needs_layers


def test_penalties_are_recognised_through_wrappers() -> None:
    assert adds_penalty(LNSR())
    assert adds_penalty(At(At(LNSR(), ()), ()))
    assert not adds_penalty(At(FreeLB(), ()))


@pytest.mark.parametrize("method", [LNSR(strength=2.0, std=0.1), FreeLB(start=0.2)])
def test_factor_one_is_the_method_itself_bit_for_bit(method: Regularizer) -> None:
    wrapped, alone = trained([At(method, (1.0,) * 4)]), trained([method])
    assert wrapped[0] == alone[0]
    assert_same(wrapped[1], alone[1])


@pytest.mark.parametrize("method", [LNSR(strength=2.0, std=0.1), FreeLB(start=0.2)])
def test_factor_zero_is_plain_training_bit_for_bit(method: Regularizer) -> None:
    wrapped, plain = trained([At(method, (0.0,) * 4)]), trained([])
    assert wrapped[0] == plain[0]
    assert_same(wrapped[1], plain[1])


def test_penalty_is_multiplied_with_the_factor() -> None:
    model, batch = tiny_classifier(dropout=0.0).double(), tiny_batch()

    def value(method: Regularizer) -> float:
        with attach(model, [method]) as objective:
            return objective(Step(model, batch)).item()

    once = LNSR(strength=2.0, std=0.1)
    scaled = LNSR(strength=0.5, std=0.1)
    assert value(At(once, (0.25,))) == pytest.approx(value(scaled), rel=1e-12)
    assert value(At(At(once, (0.5,)), (0.5,))) == pytest.approx(value(scaled), rel=1e-12)


def test_other_methods_are_on_where_the_factor_is_one() -> None:
    noted = Noted()
    trained([At(noted, (0.0, 0.5, 1.0, 2.0))])
    assert noted.notes == ["objective", "value", "before", "after"] * 2 + ["detached"]


def test_hooks_around_the_optimizer_stay_in_the_order_of_the_methods() -> None:
    order: list[str] = []

    def named(name: str) -> Hosted:
        def see(host: Host) -> None:
            host.before_optimizer_step.append(lambda _: order.append(f"{name} before"))
            host.after_optimizer_step.append(lambda _: order.append(f"{name} after"))

        return Hosted(see)

    trained([At(named("first"), (1.0,)), named("second")], steps=1)
    assert order == ["first before", "second before", "second after", "first after"]


def test_a_skipped_penalty_runs_nothing() -> None:
    model, calls = tiny_classifier(), []
    model.bert.encoder.layer[2].register_forward_hook(
        lambda *_: None if is_checking() else calls.append(1)
    )
    with attach(model, [At(LNSR(), (0.0, 1.0))]) as objective:
        for expected in (1, 3):
            objective(Step(model, BATCHES[0])).backward()
            assert len(calls) == expected


def test_state_of_the_wrapped_method_is_saved() -> None:
    model = tiny_classifier()
    with attach(model, [Every(Noted())]) as objective:
        assert list(objective.state_dict()) == ["0.own.state"]


@pytest.mark.parametrize("method", [OnceOnly(), OnceOnly(rate=0.5)])
def test_methods_that_act_once_are_refused(method: Regularizer) -> None:
    with pytest.raises(ConfigError, match="Every cannot wrap OnceOnly, which acts once"):
        trained([Every(method)])


@pytest.mark.parametrize("method", [R4F(), Every(R4F()), DENI()])
def test_methods_that_cannot_pause_are_refused(method: Regularizer) -> None:
    with pytest.raises(ConfigError, match=r"Scheduled cannot wrap .*, which changes the model"):
        trained([Scheduled(method, warmup=1)])


@pytest.mark.parametrize("name", sorted(set(SETTINGS) - ACT_THROUGHOUT))
def test_while_a_method_is_off_training_is_plain_bit_for_bit(name: str) -> None:
    method = HyPe(dropout="on") if name == "HyPe" else SETTINGS[name]
    assert_same(trained([At(method, (0.0,) * 4)])[1], trained([])[1])


@pytest.mark.parametrize("given", [LNSR, "lnsr", None])
def test_only_methods_can_be_wrapped(given: object) -> None:
    with pytest.raises(ConfigError, match="is not a method; give one with its options"):
        Every(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrap", [Every, Scheduled, lambda method: Every(Scheduled(method))])
def test_a_method_inside_says_that_a_training_is_too_short(
    wrap: Callable[[Regularizer], Wrapper],
) -> None:
    wrap(Long()).require_steps(4)
    with pytest.raises(ConfigError, match="3 steps are too few"):
        wrap(Long()).require_steps(3)
