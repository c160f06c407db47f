"""One setting of every method that matters, for the tests that run over all of them."""

from __future__ import annotations

from steadytune import LNSR, SAM, ChildTuning, Every, FreeLB, HyPe, NEFTune, Regularizer, Scheduled

SETTINGS: dict[str, Regularizer] = {
    "LNSR": LNSR(strength=3.0, std=0.1),
    "FreeLB": FreeLB(steps=3, step_size=0.2, start=0.1, radius=0.3),
    "Scheduled": Scheduled(LNSR(strength=3.0, std=0.1), warmup=1),
    "Every": Every(LNSR(strength=3.0, std=0.1), n=2, rescale=True),
    "ChildTuning": ChildTuning(kind="driven", share=0.2, fisher_steps=1),
    "NEFTune": NEFTune(alpha=5.0),
    "HyPe": HyPe(scale=0.1),
    "SAM": SAM(radius=0.5),
}
