"""The weights that a model started from, held by name."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn


class StartWeights:
    """Copies of some of a model's parameters as they are now.

    Parameters are looked up by name whenever they are used, so that a model that is moved, wrapped
    or loaded into stays the one that is meant. The copies follow it to its device and dtype.

    Args:
        model: The model without wrappers.
        names: Names of parameters.
    """

    def __init__(self, model: nn.Module, names: Iterable[str]) -> None:
        self._model = model
        self._copies = {name: model.get_parameter(name).detach().clone() for name in names}

    def __contains__(self, name: str) -> bool:
        return name in self._copies

    def pair(self, name: str) -> tuple[nn.Parameter, Tensor]:
        """A parameter, and what it was."""
        parameter = self._model.get_parameter(name)
        start = self._copies[name].to(parameter.device, parameter.dtype)
        self._copies[name] = start
        return parameter, start

    def trainable(self) -> list[str]:
        """Names of those that are trained; one may have been frozen meanwhile."""
        return [name for name in self._copies if self._model.get_parameter(name).requires_grad]
