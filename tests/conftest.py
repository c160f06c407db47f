"""Every test runs offline, on one thread, with the shapes of the formulas checked."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from jaxtyping import config, install_import_hook

with install_import_hook("steadytune.functional", "beartype.beartype"):
    import steadytune.functional  # noqa: F401


@pytest.fixture(autouse=True)
def no_shape_checks_where_the_compiler_traces(request: pytest.FixtureRequest) -> Iterator[None]:
    """The compiler cannot trace the checks, so that tests of compiled models run without."""
    compiled = "compiled" in request.node.name
    config.update("jaxtyping_disable", compiled)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data sets, for tests that are marked `data`."""
    folder = os.environ.get("STEADYTUNE_DATA")
    if not folder:
        pytest.skip("STEADYTUNE_DATA is not set: no real data sets to read")
    return Path(folder)
