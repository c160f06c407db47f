"""Fine-tune pretrained language models on few examples without the lottery over seeds."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._exceptions import ConfigError, DataError, ModelError, SteadytuneError
    from ._model.trace import Dropout, Trace
    from ._random import Seeds
    from ._step.attach import Objective, attach
    from ._step.regularizer import Host, Penalty, Regularizer, Transform
    from ._step.step import Pass, Step
    from ._step.wrapper import Wrapper
    from .methods import (
        BSS,
        EMA,
        L2SP,
        LNSR,
        R3F,
        R4F,
        SAM,
        SMART,
        ChildTuning,
        Every,
        FreeLB,
        HyPe,
        LayerwiseDecay,
        Mixout,
        NEFTune,
        NoisyTune,
        RDrop,
        Reinit,
        Scheduled,
    )
    from .trainer import RegularizedTrainer, RegularizerMixin

__version__ = "0.1.0"

# Public name -> module. Names are imported on first use, so that `import steadytune` stays light.
_HOMES = {
    "BSS": "methods",
    "EMA": "methods",
    "ChildTuning": "methods",
    "ConfigError": "_exceptions",
    "DataError": "_exceptions",
    "Dropout": "_model.trace",
    "Every": "methods",
    "FreeLB": "methods",
    "Host": "_step.regularizer",
    "HyPe": "methods",
    "L2SP": "methods",
    "LNSR": "methods",
    "LayerwiseDecay": "methods",
    "Mixout": "methods",
    "ModelError": "_exceptions",
    "NEFTune": "methods",
    "NoisyTune": "methods",
    "Objective": "_step.attach",
    "Pass": "_step.step",
    "Penalty": "_step.regularizer",
    "R3F": "methods",
    "R4F": "methods",
    "RDrop": "methods",
    "RegularizedTrainer": "trainer",
    "Regularizer": "_step.regularizer",
    "RegularizerMixin": "trainer",
    "Reinit": "methods",
    "SAM": "methods",
    "SMART": "methods",
    "Scheduled": "methods",
    "Seeds": "_random",
    "SteadytuneError": "_exceptions",
    "Step": "_step.step",
    "Trace": "_model.trace",
    "Transform": "_step.regularizer",
    "Wrapper": "_step.wrapper",
    "attach": "_step.attach",
}

__all__ = [
    "BSS",
    "EMA",
    "L2SP",
    "LNSR",
    "R3F",
    "R4F",
    "SAM",
    "SMART",
    "ChildTuning",
    "ConfigError",
    "DataError",
    "Dropout",
    "Every",
    "FreeLB",
    "Host",
    "HyPe",
    "LayerwiseDecay",
    "Mixout",
    "ModelError",
    "NEFTune",
    "NoisyTune",
    "Objective",
    "Pass",
    "Penalty",
    "RDrop",
    "RegularizedTrainer",
    "Regularizer",
    "RegularizerMixin",
    "Reinit",
    "Scheduled",
    "Seeds",
    "SteadytuneError",
    "Step",
    "Trace",
    "Transform",
    "Wrapper",
    "attach",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'steadytune' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
