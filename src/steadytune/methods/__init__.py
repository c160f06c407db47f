"""The methods: one paper, one file. What is imported here is the list that all else reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .bss import BSS as BSS
    from .childtuning import ChildTuning as ChildTuning
    from .deni import DENI as DENI
    from .ema import EMA as EMA
    from .every import Every as Every
    from .freelb import FreeLB as FreeLB
    from .hype import HyPe as HyPe
    from .input_noise import InputNoise as InputNoise
    from .l2sp import L2SP as L2SP
    from .layerwise_decay import LayerwiseDecay as LayerwiseDecay
    from .lfu import LfU as LfU
    from .lnsr import LNSR as LNSR
    from .mixout import Mixout as Mixout
    from .neftune import NEFTune as NEFTune
    from .noisytune import NoisyTune as NoisyTune
    from .nso import NSO as NSO
    from .r3f import R3F as R3F
    from .r3f import R4F as R4F
    from .rdrop import RDrop as RDrop
    from .reinit import Reinit as Reinit
    from .repina import REPINA as REPINA
    from .sam import SAM as SAM
    from .scheduled import Scheduled as Scheduled
    from .smart import SMART as SMART

__getattr__, __dir__, __all__ = lazy_exports(__name__)
