"""One setting of every method that matters, for the tests that run over all of them."""

from __future__ import annotations

from steadytune import (
    BSS,
    DENI,
    EMA,
    L2SP,
    LNSR,
    NSO,
    R3F,
    R4F,
    REPINA,
    SAM,
    SMART,
    ChildTuning,
    Every,
    FreeLB,
    HyPe,
    InputNoise,
    LayerwiseDecay,
    LfU,
    Mixout,
    NEFTune,
    NoisyTune,
    RDrop,
    Regularizer,
    Reinit,
    Scheduled,
)

SETTINGS: dict[str, Regularizer] = {
    "BSS": BSS(strength=0.1),
    "ChildTuning": ChildTuning(share=0.3),
    "DENI": DENI(copies=2, rounds=1, start=0, length=1, scope="all"),
    "EMA": EMA(bias_power=0.2),
    "Every": Every(LNSR(strength=3.0, std=0.1), n=2),
    "FreeLB": FreeLB(steps=2, step_size=0.2, start=0.1),
    "HyPe": HyPe(scale=0.1),
    "InputNoise": InputNoise(std=0.1),
    "L2SP": L2SP(strength=0.5),
    "LNSR": LNSR(strength=3.0, std=0.1),
    "LayerwiseDecay": LayerwiseDecay(decay=0.5),
    "LfU": LfU(strength=3.0, radius=1.0),
    "Mixout": Mixout(p=0.5),
    "NEFTune": NEFTune(),
    "NSO": NSO(std=0.1),
    "NoisyTune": NoisyTune(),
    "R3F": R3F(std=0.1, strength=3.0),
    "R4F": R4F(std=0.1, strength=3.0),
    "REPINA": REPINA(strength=3.0),
    "RDrop": RDrop(strength=2.0),
    "Reinit": Reinit(),
    "SAM": SAM(),
    "SMART": SMART(radius=0.05, step_size=0.05, std=0.01),
    "Scheduled": Scheduled(LNSR(strength=3.0, std=0.1), warmup=2),
}

# Methods whose step in two processes is another method than in one, and why.
RANK_DEPENDENT = {
    "BSS": "the singular values are those of a batch, and each process has its own",
    "LfU": "the ascent is along the gradient of a batch, and each process has its own",
}

# Pairs, in order, that are refused because they contradict each other.
REFUSED: set[tuple[str, str]] = set()
