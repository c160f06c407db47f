"""The connection to Ray, without Ray: what a start that fails or takes long tells."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.runs.executors import RayTasks, _ray_cluster

from .runs import SPECS, quick


class FakeRay:
    """As much of Ray as it takes to start one and to shut it down."""

    def __init__(self, init: Callable[[], None]) -> None:
        self._init = init
        self.running = False

    def is_initialized(self) -> bool:
        return self.running

    def init(self, **settings: Any) -> None:
        self.running = True
        self._init()

    def shutdown(self) -> None:
        self.running = False


def start(monkeypatch: pytest.MonkeyPatch, init: Callable[[], None]) -> FakeRay:
    ray = FakeRay(init)
    monkeypatch.setattr(_ray_cluster, "import_ray", lambda: ray)
    return ray


@pytest.mark.parametrize(
    ("address", "said"),
    [(None, "cannot start a Ray on this machine: "), ("auto", "cannot reach a Ray at 'auto': ")],
)
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("Port 6379 is in use\nby gcs_server\n"), "Port 6379 is in use"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (RuntimeError(), "RuntimeError"),
    ],
    ids=["port-taken", "disk-full", "no-words"],
)
def test_a_start_that_fails_is_one_line_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, address: str | None, said: str, error: Exception, reason: str
) -> None:
    def fail() -> None:
        raise error

    ray = start(monkeypatch, fail)
    with pytest.raises(ConfigError) as raised:
        RayTasks(address).carry_out(SPECS, quick, print)
    assert str(raised.value) == said + reason
    assert not ray.running


def test_a_slow_start_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_ray_cluster, "_SECONDS_TO_TELL", 0.0)
    said = ""

    def wait_until_told() -> None:
        nonlocal said
        until = time.monotonic() + 20
        while not said.endswith("\n") and time.monotonic() < until:
            time.sleep(0.01)
            said += capsys.readouterr().err

    start(monkeypatch, wait_until_told)
    with _ray_cluster.connected(None):
        assert said.startswith("waiting for Ray's processes to start; ")
