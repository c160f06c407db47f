"""The methods: one paper, one file. `__all__` is the list that everything else reads."""

from .bss import BSS
from .childtuning import ChildTuning
from .ema import EMA
from .every import Every
from .freelb import FreeLB
from .hype import HyPe
from .l2sp import L2SP
from .layerwise_decay import LayerwiseDecay
from .lnsr import LNSR
from .mixout import Mixout
from .neftune import NEFTune
from .noisytune import NoisyTune
from .r3f import R3F, R4F
from .rdrop import RDrop
from .reinit import Reinit
from .sam import SAM
from .scheduled import Scheduled
from .smart import SMART

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
    "Every",
    "FreeLB",
    "HyPe",
    "LayerwiseDecay",
    "Mixout",
    "NEFTune",
    "NoisyTune",
    "RDrop",
    "Reinit",
    "Scheduled",
]
