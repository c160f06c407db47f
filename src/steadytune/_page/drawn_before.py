"""Drawings that were made before: a page on unchanged numbers takes them from the user's cache.

What is kept is text, named by a hash of the numbers, of the code that draws them, and of
matplotlib's version.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from .._folders import cache_folder
from .._whole_file import write_whole

MOST_KEPT = 1000
"""Files in the cache, each of some kilobytes; 0 keeps none."""

_SUFFIX = ".svg.gz"


def drawn_before(what: tuple[object, ...], draw: Callable[[], str]) -> str:
    """The drawing from the cache, or else from `draw`, which is then kept.

    Args:
        what: All that the drawing shows. Only plain values, dataclasses and partial functions of
            them have a name; any other value is drawn each time.
        draw: Makes the drawing.
    """
    name = _name(what) if MOST_KEPT else None
    if name is None:
        return draw()
    folder = cache_folder() / "drawings"
    path = folder / f"{name}{_SUFFIX}"
    with suppress(OSError, EOFError, UnicodeDecodeError, zlib.error):
        if kept := gzip.decompress(path.read_bytes()).decode():
            return kept
    drawing = draw()
    # A page is worth more than the time that the next one would save.
    with suppress(Exception):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_room(folder)
        write_whole(path, gzip.compress(drawing.encode(), 1))
    return drawing


def _make_room(folder: Path) -> None:
    """Drop the older half of a full cache."""
    files = list(folder.glob(f"*{_SUFFIX}"))
    if len(files) >= MOST_KEPT:
        files.sort(key=lambda path: path.stat().st_mtime)
        for path in files[: len(files) // 2]:
            path.unlink(missing_ok=True)


def _name(what: tuple[object, ...]) -> str | None:
    try:
        text = "\0".join(_words(what))
    except TypeError:
        return None
    return hashlib.sha256(f"{_code()}\0{text}".encode()).hexdigest()[:40]


def _words(value: object) -> Iterator[str]:
    """The value in full, so that different ones never read the same.

    Raises:
        TypeError: If that is not possible.
    """
    if value is None or type(value) in (bool, int, float, str):
        yield repr(value)
    elif isinstance(value, tuple | list):
        yield f"[{len(value)}"
        for part in value:
            yield from _words(part)
    elif isinstance(value, dict):
        yield from _words(list(value.items()))
    elif isinstance(value, partial):
        yield f"{value.func.__module__}.{value.func.__qualname__}"
        yield from _words((value.args, value.keywords))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield type(value).__qualname__
        yield from _words([getattr(value, field.name) for field in dataclasses.fields(value)])
    else:
        raise TypeError(type(value).__name__)


@cache
def _code() -> str:
    """A hash of the code that draws, and the version of matplotlib."""
    found = hashlib.sha256(version("matplotlib").encode())
    source = Path(__file__).parents[1]
    for folder in ("_page", "reporting/figures", "diagnostics/drawing"):
        for path in sorted((source / folder).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()
