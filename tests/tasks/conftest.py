"""What tests of tasks share."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that looks up a host or connects to one, whoever catches the error."""
    tried: list[tuple[Any, ...]] = []

    def refuse(*given: Any, **_: Any) -> None:
        tried.append(given)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    assert not tried
