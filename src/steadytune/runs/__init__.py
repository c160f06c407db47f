"""Runs over seeds: what defines one, how it runs, and where its record is kept.

The flow is one way: `RunSpec` -> `run` -> record -> `Ledger`.
"""

from ..records.spec import RunSpec

__all__ = ["RunSpec"]
