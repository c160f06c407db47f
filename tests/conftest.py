"""Every test runs offline, on one thread, with the shapes of the formulas checked.

A test on generated input fails where one input takes half a minute, or all of them a gigabyte.
"""

import os
import re
import signal
from collections.abc import Generator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings
from jaxtyping import config, install_import_hook

# How fast a machine draws its first examples says nothing about what is tested. A busy machine
# takes seconds for what takes a tenth of one, but half a minute is a hang.
settings.register_profile(
    "patient", deadline=timedelta(seconds=30), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")
MOST_MEGABYTES = 1000

# A shell that runs the tests in the background has Ctrl-C ignored, and so would every process that
# a test starts and stops with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# On an accelerator, what is to be equal bit for bit needs kernels that add in one order.
if os.environ.get("STEADYTUNE_TEST_DEVICE", "cpu") != "cpu":
    import torch

    torch.use_deterministic_algorithms(True, warn_only=False)

with install_import_hook("steadytune.functional", "beartype.beartype"):
    import steadytune.functional  # noqa: F401


@pytest.fixture(autouse=True)
def every_drawing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drawing from the cache would hide what the code under test draws."""
    monkeypatch.setattr("steadytune._page.drawn_before.MOST_KEPT", 0)


@pytest.fixture(autouse=True)
def no_shape_checks_where_the_compiler_traces(request: pytest.FixtureRequest) -> Iterator[None]:
    """The compiler cannot trace the checks, so that tests of compiled models run without."""
    compiled = "compiled" in request.node.name
    config.update("jaxtyping_disable", compiled)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture(autouse=True)
def generated_input_takes_little_memory(request: pytest.FixtureRequest) -> Iterator[None]:
    """The most memory that a test on generated input holds, beyond what was held before it."""
    measured = getattr(request.function, "is_hypothesis_test", False) and RESET_PEAK.exists()
    if not measured:
        yield
        return
    RESET_PEAK.write_text("5")
    before = _peak_megabytes()
    yield
    grown = _peak_megabytes() - before
    assert grown < MOST_MEGABYTES, f"{grown:.0f} MB more than before the test"


RESET_PEAK = Path("/proc/self/clear_refs")
"""On Linux, 5 written here sets the recorded peak to what is held now."""


def _peak_megabytes() -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024


DATA_VARIABLE = "STEADYTUNE_DATA"


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data sets, for tests that are marked `data`."""
    folder = os.environ.get(DATA_VARIABLE)
    if not folder:
        pytest.skip(f"{DATA_VARIABLE} is not set: no real data sets to read")
    if not Path(folder).is_dir():
        pytest.fail(f"{DATA_VARIABLE} is {folder}, which is not a folder")
    return Path(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where there are real data sets, a test of them that is skipped has failed."""
    report = yield
    expected = item.get_closest_marker("data") is not None and os.environ.get(DATA_VARIABLE)
    if expected and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {DATA_VARIABLE} is set"
    return report
