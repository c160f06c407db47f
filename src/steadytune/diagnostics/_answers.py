"""What a model answers, how sure it is of it, and whether another prediction answers the same."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .._random import RngState
from .._step.passes import Pass
from .._step.prediction import Prediction, prediction_of
from .._step.step import Step
from ._observer import Observation, Observer


def prediction(observer: Observer, seen: Observation, outputs: Any) -> Prediction:
    """The prediction in a model's outputs for an observed batch.

    Raises:
        ConfigError: If the model returns no logits, as an encoder without a head does.
    """
    passed = Pass(torch.zeros(()), outputs, RngState.capture(observer.device))
    return prediction_of(Step(observer.model, seen.inputs), passed)


def answer(found: Prediction) -> Tensor:
    """The answers of every example, (batch, answers): integers, for values the values themselves.

    A span's answer is the best pair of a start and an end that is not before it, as one number;
    the words are not looked at. Of tokens, those that do not count answer -1.
    """
    first = found.logits[0]
    if found.kind == "values":
        return first
    if found.kind == "labels":
        return (first > 0).long()
    if found.kind == "span":
        return _span_scores(found).argmax(-1, keepdim=True)
    best = first.argmax(-1)
    if found.kind == "classes":
        return best[:, None]
    assert found.mask is not None
    return best.masked_fill(~found.mask.bool(), -1)


def changed(found: Prediction, clean: Prediction) -> Tensor:
    """Share of an example's answers that differ, (batch,): 0 or 1 where there is one answer.

    Of a regression it is how far the value moves, the mean over outputs.
    """
    here, there = answer(found), answer(clean)
    if clean.kind == "values":
        return (here - there).abs().float().mean(-1)
    counts = (there >= 0).float()
    return ((here != there) * counts).sum(-1) / counts.sum(-1).clamp(min=1)


def margin(found: Prediction, clean: Prediction) -> Tensor:
    """By how much the clean pass's answer leads, in logits, (batch,); NaN for a regression.

    The logit of the clean answer minus the best other one, which is negative once the answer has
    changed; the mean over labels or tokens where there are several answers. Of independent labels
    it is the logit itself, with the sign of the clean answer. Of a span it is the score, start plus
    end, that leads over the best other span's.
    """
    if clean.kind == "values":
        return torch.full_like(clean.logits[0][:, 0], torch.nan)
    here = answer(clean)
    if clean.kind == "labels":
        return (found.logits[0] * (2 * here - 1)).mean(-1)
    if clean.kind == "span":
        return _lead(_span_scores(found), here[:, 0])
    if clean.kind == "classes":
        return _lead(found.logits[0], here[:, 0])
    counts = (here >= 0).float()
    leads = _lead(found.logits[0], here.clamp(min=0))
    return (leads * counts).sum(-1) / counts.sum(-1).clamp(min=1)


def _lead(scores: Tensor, chosen: Tensor) -> Tensor:
    index = chosen[..., None]
    others = scores.scatter(-1, index, -torch.inf).amax(-1)
    return scores.gather(-1, index)[..., 0] - others


def _span_scores(found: Prediction) -> Tensor:
    """Start plus end logit of every pair of real tokens in order, (batch, tokens * tokens)."""
    assert found.mask is not None
    pads = ~found.mask.bool()
    start, end = (part.float().masked_fill(pads, -torch.inf) for part in found.logits)
    scores = start[:, :, None] + end[:, None, :]
    backwards = torch.ones_like(scores[0], dtype=torch.bool).tril(-1)
    return scores.masked_fill(backwards, -torch.inf).flatten(1)
