"""Every against plain training, against the method itself, and the contract."""

from __future__ import annotations

import pytest
import torch

from steadytune import LNSR, ConfigError, Every, FreeLB, Step, attach
from steadytune.method_text import format_method, parse_method
from steadytune.testing import RegularizerContract, gradients, tiny_batch, tiny_classifier

PENALTY = LNSR(strength=3.0, std=0.1)


class TestContract(RegularizerContract):
    method = Every(PENALTY, n=2, rescale=True)
    neutral = Every(LNSR(strength=0.0))
    draws = True
    compiles = False


def values(method: Every, steps: list[int]) -> list[float]:
    """The objective at the given optimizer steps, all on the same batch."""
    model = tiny_classifier(dropout=0.0).double()
    with attach(model, [method]) as objective:
        return [objective(Step(model, tiny_batch(), step=number)).item() for number in steps]


def test_it_applies_at_every_nth_step() -> None:
    plain = values(Every(LNSR(strength=0.0)), [1])[0]
    found = [value > plain for value in values(Every(PENALTY, n=3), [0, 1, 2, 3, 4, 5, 6])]
    assert found == [True, False, False, True, False, False, True]


def test_n_of_one_is_always() -> None:
    plain = values(Every(LNSR(strength=0.0)), [1])[0]
    assert all(value > plain for value in values(Every(PENALTY, n=1), [0, 1, 2]))


def test_micro_batches_of_a_step_are_treated_alike() -> None:
    model = tiny_classifier(dropout=0.0)
    with attach(model, [Every(PENALTY, n=2)]) as objective:
        for step in (0, 1, 2):
            objective.pop_logs()
            for micro_step in range(3):
                place = {"step": step, "micro_step": micro_step, "micro_steps": 3}
                objective(Step(model, tiny_batch(), **place))
            assert ("lnsr_penalty" in objective.pop_logs()) == (step % 2 == 0)


def test_rescaling_keeps_the_mean_gradient() -> None:
    model, batch = tiny_classifier(dropout=0.0).double(), tiny_batch()
    steady = LNSR(strength=1.0, std=0.1)

    def accumulated(method: LNSR | Every) -> dict[str, torch.Tensor]:
        model.zero_grad()
        with attach(model, [method]) as objective:
            for number in range(6):
                # The same draws at every step, so that only the weights of the terms differ.
                objective(Step(model, batch, step=number - number % 3)).backward()
        return gradients(model)

    def rarely() -> dict[str, torch.Tensor]:
        model.zero_grad()
        with attach(model, [Every(steady, n=3, rescale=True)]) as objective:
            for number in range(6):
                objective(Step(model, batch, step=number)).backward()
        return gradients(model)

    expected = accumulated(steady)
    for name, value in rarely().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-9, atol=1e-12)


def test_text_form() -> None:
    method = Every(LNSR(std=0.1), n=4)
    assert format_method([method]) == "every(lnsr:std=0.1):n=4"
    assert parse_method("every(lnsr:std=0.1):n=4") == (method,)


def test_rescaling_needs_a_penalty() -> None:
    with pytest.raises(ConfigError, match="rescale=True is not possible with FreeLB"):
        Every(FreeLB(), rescale=True)
    Every(Every(PENALTY), rescale=True)


def test_n_is_at_least_one() -> None:
    with pytest.raises(ConfigError, match="n=0 is not possible"):
        Every(PENALTY, n=0)
