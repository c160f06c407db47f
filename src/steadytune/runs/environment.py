"""What a run ran on: versions, commit, device, threads. It stands beside the result, not in it."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_LIBRARIES = ("torch", "transformers", "accelerate", "datasets", "tokenizers", "numpy")


def describe_environment(threads: int) -> dict[str, Any]:
    """Versions, the commit of steadytune if it runs from a checkout, and the machine.

    Args:
        threads: CPU threads of the run.
    """
    return {
        "python": platform.python_version(),
        "steadytune": version_of("steadytune"),
        **{name: version_of(name) for name in _LIBRARIES},
        **dict(zip(("commit", "dirty"), _checkout(), strict=True)),
        "device": _device(),
        "threads": threads,
        "platform": platform.platform(),
        "processor": _processor(),
    }


def version_of(package: str) -> str | None:
    """The version of an installed package; None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _device() -> str:
    import torch

    from .._device import usable_device

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return usable_device().type


@cache
def _processor() -> str:
    """The processor's model name where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


@cache
def _checkout() -> tuple[str | None, bool | None]:
    """The commit that steadytune runs from, and whether its files differ from that commit.

    An installed copy may lie inside somebody else's repository, so the file must be tracked there.
    """
    here = Path(__file__)
    if _git("ls-files", "--error-unmatch", here.name) is None:
        return None, None
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", str(here.parents[1]))
    return _git("rev-parse", "HEAD"), changes != ""


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
