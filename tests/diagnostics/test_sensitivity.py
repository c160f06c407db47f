"""Output sensitivity against heads whose answers are known, of every kind of task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from steadytune import ConfigError
from steadytune._step.prediction import Prediction
from steadytune.diagnostics import output_sensitivity
from steadytune.diagnostics._answers import answer, changed, margin
from steadytune.diagnostics._injection import injected
from steadytune.diagnostics._observer import observing
from steadytune.testing import tiny_batch, tiny_classifier

from ..families import NAMES, batch, classifier
from .scaling import WithHead

X = torch.tensor([[[3.0, 1.0, 0.0, 0.0]], [[0.0, 2.0, 0.0, 0.0]]])


def test_margins_of_a_linear_classifier() -> None:
    """The blocks multiply by 1.5, so the margins are 1.5 times the inputs' differences."""
    found = output_sensitivity(WithHead(), [{"x": X}], sizes=(0.0, 0.1), draws=3, layers="blocks")
    np.testing.assert_allclose(found.clean_margin, [3.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(found.margin[0], found.clean_margin, rtol=1e-6)
    np.testing.assert_allclose(found.change, 0)
    np.testing.assert_allclose(found.divergence[0], 0, atol=1e-12)
    assert found.kind == "classes"
    # A change of norm 0.1 |x| moves the difference of two logits by 1.5 sqrt(2) of it at most.
    most = 1.5 * 2**0.5 * 0.1 * np.array([10**0.5, 2.0])
    assert (np.abs(found.margin_change[1]) < most).all()
    assert (np.abs(found.margin_change[1]) > 0).all()


def test_large_noise_flips_as_often_as_the_geometry_says() -> None:
    """With noise far larger than the input, the sign of a difference of logits is a coin toss."""
    found = output_sensitivity(
        WithHead(), [{"x": X.repeat(50, 1, 1)}], sizes=(1e-4, 1e4), draws=8, layers="blocks"
    )
    assert found.change[0].max() == 0
    assert found.change[1].mean() == pytest.approx(0.5, abs=4 * (0.25 / 800) ** 0.5)


def test_a_regression_moves_in_value() -> None:
    found = output_sensitivity(WithHead(1), [{"x": X}], sizes=(0.1, 0.2), layers="blocks")
    assert found.kind == "values"
    np.testing.assert_allclose(found.change[1], 2 * found.change[0], rtol=1e-4)
    assert (found.divergence >= found.change**2 * (1 - 1e-6)).all()  # of a mean over draws
    assert np.isnan(found.margin).all()


def test_answers_of_spans() -> None:
    start = torch.tensor([[0.0, 1.0, 5.0, 9.0]])
    end = torch.tensor([[0.0, 4.0, 2.0, 9.0]])
    mask = torch.tensor([[1, 1, 1, 0]])
    clean = Prediction("span", (start, end), mask)
    assert answer(clean).item() == 2 * 4 + 2  # 5 + 2; 5 + 4 would end before its start
    assert margin(clean, clean).item() == pytest.approx(7 - 5)  # over 1 + 4
    other = Prediction("span", (start - torch.tensor([[0.0, 0.0, 3.0, 0.0]]), end), mask)
    assert changed(other, clean).item() == 1
    assert margin(other, clean).item() == pytest.approx(4 - 5)


def test_answers_of_tokens_and_labels() -> None:
    logits = torch.tensor([[[1.0, 0.0], [0.0, 3.0], [9.0, 0.0]]])
    clean = Prediction("tokens", (logits,), torch.tensor([[1, 1, 0]]))
    noisy = Prediction("tokens", (-logits,), clean.mask)
    assert changed(noisy, clean).item() == 1 and changed(clean, clean).item() == 0
    assert margin(clean, clean).item() == pytest.approx(2)
    assert margin(noisy, clean).item() == pytest.approx(-2)
    labels = Prediction("labels", (torch.tensor([[2.0, -1.0]]),))
    flipped = Prediction("labels", (torch.tensor([[2.0, 1.0]]),))
    assert changed(flipped, labels).item() == 0.5
    assert margin(labels, labels).item() == pytest.approx(1.5)
    assert margin(flipped, labels).item() == pytest.approx(0.5)


def qa_model() -> Any:
    from transformers import BertConfig, BertForQuestionAnswering

    torch_state = torch.get_rng_state()
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64,
    )  # fmt: skip
    model = BertForQuestionAnswering(config)
    torch.set_rng_state(torch_state)
    return model


def test_a_model_that_answers_questions() -> None:
    found = output_sensitivity(qa_model(), [questions()], sizes=(0.001, 2.0))
    assert found.kind == "span"
    assert found.change[0].mean() < 0.2 < found.change[1].mean()
    assert (found.clean_margin >= 0).all() and (found.divergence >= 0).all()


def questions() -> dict[str, Tensor]:
    rows = {k: v for k, v in tiny_batch().items() if k != "labels"}
    places = torch.zeros(4, dtype=torch.long)
    return {**rows, "start_positions": places, "end_positions": places}


@pytest.mark.parametrize("family", NAMES)
def test_every_family(family: str) -> None:
    model = classifier(family)
    found = output_sensitivity(model, [batch()], sizes=(0.0, 0.3), layer=1, draws=1)
    np.testing.assert_allclose(found.divergence[0], 0, atol=1e-9)
    assert (found.divergence[1] > 0).all()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_the_model_and_the_random_state_are_as_before() -> None:
    model = tiny_classifier(dropout=0.3)
    before, rng = [m.training for m in model.modules()], torch.get_rng_state()
    first = output_sensitivity(model, [tiny_batch()], noise="in-manifold")
    again = output_sensitivity(model, [tiny_batch()], noise="in-manifold")
    assert first.noise == "interpolation"
    np.testing.assert_array_equal(first.divergence, again.divergence)
    assert [m.training for m in model.modules()] == before
    assert torch.equal(torch.get_rng_state(), rng)


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="returned no logits"):
        output_sensitivity(tiny_classifier().bert, [tiny_batch()])
    with pytest.raises(ConfigError, match="sizes is empty"):
        output_sensitivity(tiny_classifier(), [tiny_batch()], sizes=())
    with pytest.raises(ConfigError, match="sizes=-1"):
        output_sensitivity(tiny_classifier(), [tiny_batch()], sizes=(-1,))
    with pytest.raises(ConfigError, match="expected layers 0 to 2"):
        output_sensitivity(tiny_classifier(), [tiny_batch()], layer=3)
    with pytest.raises(ConfigError, match="draws=0"):
        output_sensitivity(tiny_classifier(), [tiny_batch()], draws=0)


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("layer", [0, 1])
def test_an_injected_state_reaches_the_top_as_in_a_replay(family: str, layer: int) -> None:
    with observing(classifier(family)) as observer, torch.no_grad():
        (seen,) = observer.observe([batch()])
        state = 1.5 * seen.trace.hidden[layer]
        with observer.recorder.recording() as traces, injected(observer.layers, layer, state):
            observer.model(**seen.inputs)
        expected = seen.trace.replay(layer, state, dropout="off")[-1]
    torch.testing.assert_close(traces[0].hidden[-1], expected)
