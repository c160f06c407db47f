"""All records of a study in one file: `runs.jsonl.xz`, one compact JSON record a line.

A file is data of anyone's: what is unpacked of it is bounded in lines, bytes and memory, and
nothing is taken from a file that does not fit its own check sum.
"""

from __future__ import annotations

import io
import json
import lzma
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from .._untrusted import open_regular

PACKED_FILE = "runs.jsonl.xz"
LONGEST_LINE = 64 * 2**20
LARGEST_UNPACKED = 4 * 2**30
MOST_PROBLEMS = 1000

_MOST_MEMORY = 256 * 2**20
_CHUNK = 2**20
# Larger dictionaries gain nothing here and cost a reader and a writer much memory.
_PRESET = 6
_SLUG_LENGTH = 60
_HASH = re.compile(r"[0-9a-f]{16}")
_LARGEST_SEED = 2**64

T = TypeVar("T")


@dataclass(frozen=True)
class Unpacked(Generic[T]):
    """What a packed file held.

    Args:
        records: What was made of its lines, in their order.
        problems: The number of each line that is left out, and why in one line.
    """

    records: tuple[T, ...]
    problems: tuple[tuple[int, str], ...]


def record_name(method: str, seed: int, spec_hash: str) -> str:
    """What the files of a run are called, without suffix: nothing in it needs quoting."""
    slug = re.sub(r"[^A-Za-z0-9.=+-]+", "_", method)[:_SLUG_LENGTH].strip("_.")
    return f"{slug}-seed{seed}-{spec_hash}"


def checked_name(method: str, seed: int, spec_hash: str) -> str:
    """The name of a run that no file's name vouches for.

    Raises:
        ValueError: If the hash or the seed is such that the name could lead elsewhere.
    """
    if not _HASH.fullmatch(spec_hash):
        raise ValueError("spec_hash: expected sixteen hexadecimal digits")
    if not -_LARGEST_SEED < seed < _LARGEST_SEED:
        raise ValueError(f"spec.seed: expected a number below {_LARGEST_SEED}")
    return record_name(method, seed, spec_hash)


def pack_records(records: Iterable[tuple[str, Mapping[str, Any]]]) -> bytes:
    """The content of a packed file; the same records give the same bytes.

    Args:
        records: Names of records, and the records.

    Raises:
        ValueError: If a record, or all of them, are larger than what is read again.
    """
    compressor = lzma.LZMACompressor(lzma.FORMAT_XZ, lzma.CHECK_CRC64, _PRESET)
    pieces: list[bytes] = []
    size = 0
    for name, record in sorted(records, key=lambda entry: entry[0]):
        line = f"{json.dumps(record, separators=(',', ':'))}\n".encode()
        size += len(line)
        if len(line) > LONGEST_LINE:
            raise ValueError(f"{name} is {_larger(LONGEST_LINE)}")
        pieces.append(compressor.compress(line))
    if size > LARGEST_UNPACKED:
        raise ValueError(f"all records together are {_larger(LARGEST_UNPACKED)}")
    return b"".join((*pieces, compressor.flush()))


def unpack_records(path: Path, parse: Callable[[bytes], T]) -> Unpacked[T]:
    """Read a packed file, line by line.

    Args:
        path: The file.
        parse: Makes a record of a line, or raises ValueError or RecursionError.

    Raises:
        ValueError: If the file is damaged, with the reason in one line.
        OSError: If it cannot be read.
    """
    records: list[T] = []
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(_lines_of(path), 1):
        try:
            records.append(parse(_whole(line)))
        except RecursionError:
            problems.append((number, "nested too deeply"))
        except ValueError as error:
            problems.append((number, " ".join(str(error).split())))
        if len(problems) > MOST_PROBLEMS:
            raise ValueError(f"more than {MOST_PROBLEMS} of its lines are no records")
    return Unpacked(tuple(records), tuple(problems))


def _lines_of(path: Path) -> Iterator[bytes]:
    with open_regular(path) as file, closing(io.BufferedReader(_Stream(file), _CHUNK)) as text:
        while line := text.readline(LONGEST_LINE + 1):
            yield line
            # The rest of a line that is too long is passed over in pieces.
            while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                line = text.readline(LONGEST_LINE + 1)


def _whole(line: bytes) -> bytes:
    if len(line) > LONGEST_LINE:
        raise ValueError(_larger(LONGEST_LINE))
    return line.removesuffix(b"\n")


class _Stream(io.RawIOBase):
    """What a file in the format xz holds, unpacked as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY)
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer).nbytes
        piece = b""
        while not piece and not self._xz.eof:
            piece = self._next(room)
        if not piece and (self._xz.unused_data or self._file.read(1)):
            raise ValueError("damaged: more follows after its end")
        self._size += len(piece)
        if self._size > LARGEST_UNPACKED:
            raise ValueError(_larger(LARGEST_UNPACKED))
        buffer[: len(piece)] = piece
        return len(piece)

    def _next(self, room: int) -> bytes:
        packed = self._file.read(_CHUNK) if self._xz.needs_input else b""
        if self._xz.needs_input and not packed:
            raise ValueError("damaged: it ends too early")
        try:
            return self._xz.decompress(packed, room)
        except lzma.LZMAError as error:
            raise ValueError(f"damaged: {error}") from error


def _larger(limit: int) -> str:
    return f"larger than {limit // 2**20} MB"


def is_there(folder: Path) -> bool:
    """Whether a folder has a packed file, in whatever state, a dangling link included."""
    return os.path.lexists(folder / PACKED_FILE)
