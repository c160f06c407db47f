"""One setting of every method that matters, for the tests that run over all of them."""

from __future__ import annotations

from steadytune import LNSR, Regularizer

SETTINGS: dict[str, Regularizer] = {
    "LNSR": LNSR(strength=3.0, std=0.1),
}
