"""Fitting the head: the optimum of logistic regression, and nothing else touched."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor

from steadytune import ConfigError
from steadytune.head_first import fit_head
from steadytune.testing import assert_same, tiny_batch, tiny_classifier, weights

from .families import NAMES, batch, classifier

BATCHES = [tiny_batch(seed=number, examples=8) for number in range(3)]


def features(model: Any) -> np.ndarray[Any, Any]:
    """What the linear head of a BERT classifier sees, without dropout."""
    with torch.no_grad():
        pooled = [
            model.eval().bert(b["input_ids"], b["attention_mask"]).pooler_output for b in BATCHES
        ]
    return torch.cat(pooled).numpy()


def labels() -> np.ndarray[Any, Any]:
    return torch.cat([b["labels"] for b in BATCHES]).numpy()


def test_it_is_logistic_regression() -> None:
    """Two classes with a softmax are scikit-learn's binary regression in the difference."""
    model = tiny_classifier()
    inputs = features(model)
    fit_head(model.train(), BATCHES, penalty=0.5)
    # Each class has weights of its own: the same optimum has half the penalty on the difference.
    expected = LogisticRegression(C=1 / (0.5 / 2), tol=1e-10, max_iter=10_000)
    expected.fit(inputs, labels())
    found = model.classifier.weight[1] - model.classifier.weight[0]
    np.testing.assert_allclose(found.detach().numpy(), expected.coef_[0], rtol=0.02, atol=2e-3)


def test_it_is_ridge_regression() -> None:
    model = tiny_classifier(classes=1)
    model.config.problem_type = "regression"
    inputs, targets = features(model), np.linspace(-1, 2, 24, dtype=np.float32)
    numbered = [
        {**b, "labels": torch.from_numpy(targets[8 * i : 8 * i + 8])} for i, b in enumerate(BATCHES)
    ]
    fit_head(model, numbered, penalty=0.1)
    # The mean of squares has no factor 1/2, the penalty has one.
    expected = Ridge(alpha=0.05).fit(inputs, targets)
    found = model.classifier.weight[0].detach().numpy()
    np.testing.assert_allclose(found, expected.coef_, rtol=0.02, atol=2e-3)


def test_only_the_head_moves() -> None:
    model = tiny_classifier()
    model.classifier.weight.grad = torch.ones_like(model.classifier.weight)
    before, state = weights(model), torch.get_rng_state()
    fit = fit_head(model, BATCHES)
    assert fit.after < fit.before and fit.converged
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training and "forward" not in vars(model.bert)
    assert torch.equal(model.classifier.weight.grad, torch.ones_like(model.classifier.weight))
    assert all(p.grad is None for p in model.bert.parameters())
    after = weights(model)
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    assert moved == ["classifier.weight", "classifier.bias"]


def test_the_body_runs_once_a_batch() -> None:
    model = tiny_classifier()
    calls = []
    handle = model.bert.encoder.register_forward_hook(lambda *_: calls.append(1))
    fit_head(model, BATCHES)
    handle.remove()
    assert len(calls) == len(BATCHES)


def test_a_new_pooler_is_fitted_too() -> None:
    model = tiny_classifier()
    before = weights(model)
    fit = fit_head(model, BATCHES, head="pooler|classifier")
    after = weights(model)
    assert fit.after < fit.before
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {
        f"{part}.{kind}"
        for part in ("bert.pooler.dense", "classifier")
        for kind in ("weight", "bias")
    }


def test_batches_count_by_their_examples() -> None:
    whole, parts = tiny_classifier(), tiny_classifier()
    one = {name: torch.cat([b[name] for b in BATCHES]) for name in BATCHES[0]}
    cut = [{n: v[:5] for n, v in one.items()}, {n: v[5:] for n, v in one.items()}]
    fit_head(whole, [one])
    fit_head(parts, cut)
    torch.testing.assert_close(
        whole.classifier.weight, parts.classifier.weight, rtol=1e-2, atol=1e-3
    )


@pytest.mark.parametrize("family", NAMES)
def test_every_family(family: str) -> None:
    model = classifier(family)
    inputs: dict[str, Tensor] = batch()
    before = weights(model)
    fit = fit_head(model, [inputs])
    assert fit.after < fit.before
    new = {n for n, v in weights(model).items() if not torch.equal(v, before[n])}
    assert new and not any(n.startswith(f"{model.base_model_prefix}.") for n in new)


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="no batch is given"):
        fit_head(tiny_classifier(), [])
    with pytest.raises(ConfigError, match=r"penalty=-1\.0"):
        fit_head(tiny_classifier(), BATCHES, penalty=-1.0)
    frozen = tiny_classifier()
    frozen.classifier.requires_grad_(False)
    before = weights(frozen)
    with pytest.raises(ConfigError, match="no new parameter that is trained"):
        fit_head(frozen, BATCHES)
    assert_same(weights(frozen), before)
    broken = tiny_classifier()
    broken.bert.pooler.dense.weight.data.fill_(float("nan"))
    before = weights(broken.classifier)
    fit = fit_head(broken, BATCHES)
    assert isnan(fit.after) and not fit.converged
    assert_same(weights(broken.classifier), before)
