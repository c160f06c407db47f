"""What tests of several methods look at."""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor

from steadytune import Step


@pytest.fixture
def shifts(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What every pass of the test adds to the embeddings."""
    seen: list[Tensor] = []
    forward = Step.forward

    def spy(step: Step, shift: Tensor | None = None, **options: Any) -> Any:
        if shift is not None:
            seen.append(shift.detach().clone())
        return forward(step, shift, **options)

    monkeypatch.setattr(Step, "forward", spy)
    return seen
