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
        self._paths = {name: name.split(".") for name in self._copies}

    def __contains__(self, name: str) -> bool:
        return name in self._copies

    def pair(self, name: str) -> tuple[nn.Parameter, Tensor]:
        """A parameter, and what it was."""
        parameter = self._parameter(name)
        start = self._copies[name].to(parameter.device, parameter.dtype)
        self._copies[name] = start
        return parameter, start

    def trainable(self) -> list[str]:
        """Names of those that are trained; one may have been frozen meanwhile."""
        return [name for name in self._copies if self._parameter(name).requires_grad]

    def _parameter(self, name: str) -> nn.Parameter:
        """What bears the name now: a few look-ups in dictionaries, for it is asked at every step.

        `get_parameter` takes twenty times as long, but also finds what only attributes lead to, as
        in a part that has been compiled since, and says what is missing.
        """
        *path, last = self._paths[name]
        module: nn.Module | None = self._model
        for part in path:
            module = None if module is None else module._modules.get(part)
        parameter = None if module is None else module._parameters.get(last)
        return self._model.get_parameter(name) if parameter is None else parameter
