"""Float32 at least."""

from __future__ import annotations

import pytest
import torch

from steadytune._exact import exact


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
    ids=["fp16", "bf16", "fp32", "fp64"],
)
def test_half_precision_alone_is_raised(given: torch.dtype, expected: torch.dtype) -> None:
    found = exact(torch.ones(2, dtype=given))
    assert found.dtype == expected and found.tolist() == [1.0, 1.0]
