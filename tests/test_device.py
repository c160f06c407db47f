"""What runs switch for their whole process is put back."""

from __future__ import annotations

import torch

from steadytune._device import switches_kept


def switches() -> tuple[object, ...]:
    backends = torch.backends
    return (
        getattr(backends, "fp32_precision", None),
        backends.cuda.matmul.fp32_precision,
        backends.cudnn.deterministic,
        backends.cudnn.benchmark,
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def test_all_switches_are_put_back() -> None:
    before = switches()
    with switches_kept():
        torch.backends.fp32_precision = "tf32"
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = True
        torch.use_deterministic_algorithms(True, warn_only=True)
        assert all(one != other for one, other in zip(before, switches(), strict=True))
    assert switches() == before
