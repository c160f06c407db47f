"""Training curves from logs, whatever is missing in them."""

from __future__ import annotations

import math

from steadytune.diagnostics import training_curve


def test_a_log_becomes_a_curve() -> None:
    history = [
        {"step": 1, "loss": 0.7, "grad_norm": 2.0},
        {"epoch": 1.0, "eval_loss": 0.5},
        {"step": 2, "loss": None, "grad_norm": math.inf},
        {"step": 3, "loss": 0.2},
    ]
    found = training_curve("plain, seed 3", "diverged", history)
    assert found.steps == (1, 2, 3) and found.loss[0] == 0.7
    assert math.isnan(found.loss[1]) and found.loss[2] == 0.2
    assert found.gradient_norm[0] == 2.0 and all(map(math.isnan, found.gradient_norm[1:]))
    assert training_curve("x", "failed", []).steps == ()
