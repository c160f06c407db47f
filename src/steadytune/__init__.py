"""Fine-tune pretrained language models on few examples without the lottery over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._lazy import lazy_exports

if TYPE_CHECKING:
    from ._commands import compare as compare
    from ._commands import diagnose as diagnose
    from ._commands import evaluate as evaluate
    from ._commands import fit as fit
    from ._commands import predict as predict
    from ._commands import report as report
    from ._commands import train as train
    from ._exceptions import ConfigError as ConfigError
    from ._exceptions import DataError as DataError
    from ._exceptions import ModelError as ModelError
    from ._exceptions import NoResultError as NoResultError
    from ._exceptions import SteadytuneError as SteadytuneError
    from ._model.trace import Dropout as Dropout
    from ._model.trace import Trace as Trace
    from ._random import Seeds as Seeds
    from ._step.attach import attach as attach
    from ._step.objective import Objective as Objective
    from ._step.passes import Pass as Pass
    from ._step.regularizer import Host as Host
    from ._step.regularizer import Penalty as Penalty
    from ._step.regularizer import Regularizer as Regularizer
    from ._step.regularizer import Transform as Transform
    from ._step.step import Step as Step
    from ._step.wrapper import Wrapper as Wrapper
    from .fitting import FitResult as FitResult
    from .methods import *  # noqa: F403
    from .pretrained import Pretrained as Pretrained
    from .pretrained import Trust as Trust
    from .trainer import RegularizedTrainer as RegularizedTrainer
    from .trainer import RegularizerMixin as RegularizerMixin

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_exports(__name__)
