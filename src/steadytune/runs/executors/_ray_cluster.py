"""The connection to a Ray cluster: one that is there, or one of our own that goes with us."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..._exceptions import ConfigError
from ..._scratch import scratch_folder
from ._machine import usable_cores

# Sockets lie in Ray's temporary folder, and a path of a socket may have 107 characters.
_SHORT_FOLDER = Path("/tmp")

_SECONDS_TO_CONNECT = 10.0
_SECONDS_TO_TELL = 10.0


def import_ray() -> Any:
    """Ray, which no other part of the package needs.

    Raises:
        ConfigError: If it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise ConfigError(
            "Ray is not installed; install it with pip install ray, or leave `ray` "
            "out to use worker processes"
        ) from None
    return ray


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Give Ray, connected, and leave things as they were.

    A connection that this process has already is used, and stays.

    Args:
        address: `auto`, `ray://host:port` or `host:port`; None starts a Ray of our own on this
            machine, which is shut down afterwards.

    Raises:
        ConfigError: If Ray is not installed, or there is none at the address.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    if address is not None:
        _require_listener(address)
    with _quiet(), _folder_for(address) as folder:
        _connect(ray, address, folder)
        try:
            yield ray
        finally:
            ray.shutdown()


def _connect(ray: Any, address: str | None, folder: str | None) -> None:
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if folder is not None:
        settings |= {"num_cpus": usable_cores(), "include_dashboard": False, "_temp_dir": folder}
    try:
        with _temporary_files_in(folder), _told_if_slow(address):
            ray.init(address=address or "local", configure_logging=False, **settings)
    except KeyboardInterrupt:
        ray.shutdown()
        raise
    except Exception as error:
        with suppress(Exception):
            ray.shutdown()
        where = "start a Ray on this machine" if address is None else f"reach a Ray at {address!r}"
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ConfigError(f"cannot {where}: {reason}") from error


def _require_listener(address: str) -> None:
    """Ray itself tries for minutes, and cannot be interrupted."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_CONNECT).close()
    except (OSError, OverflowError) as error:
        raise ConfigError(f"cannot reach a Ray at {address!r}: {error}") from error


@contextmanager
def _folder_for(address: str | None) -> Iterator[str | None]:
    """A short folder for the files of a Ray of our own, gone afterwards."""
    if address is not None:
        yield None
        return
    parent = str(_SHORT_FOLDER) if os.access(_SHORT_FOLDER, os.W_OK) else None
    with scratch_folder(parent) as folder:
        yield str(folder)


@contextmanager
def _temporary_files_in(folder: str | None) -> Iterator[None]:
    """Let processes that are started inside keep their temporary files there, if anywhere."""
    before = os.environ.get("TMPDIR")
    if folder is not None:
        os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        if before is not None:
            os.environ["TMPDIR"] = before
        elif folder is not None:
            del os.environ["TMPDIR"]


@contextmanager
def _told_if_slow(address: str | None) -> Iterator[None]:
    """Say what is waited for where it takes long: Ray itself is silent."""
    what = "for Ray's processes to start" if address is None else f"for the Ray at {address!r}"
    line = f"waiting {what}; on a busy machine this takes a minute or more"
    timer = threading.Timer(_SECONDS_TO_TELL, lambda: print(line, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray's remarks out of the progress bar."""
    logger = logging.getLogger("ray")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
