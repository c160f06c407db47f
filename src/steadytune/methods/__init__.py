"""The methods: one paper, one file. `__all__` is the list that everything else reads."""

from .lnsr import LNSR

__all__ = ["LNSR"]
