"""Takes files out of the archive that lies inside the source release, in memory.

Nothing is extracted to disk, so member names that lead out of a folder, links and file modes have
no effect: a member is looked up under its one expected name and must be a regular file.
"""

from __future__ import annotations

import io
import tarfile
import zlib

from .._exceptions import DataError

INNER_ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
INNER_FOLDER = "hutto_ICWSM_2014"


def read_members(release: bytes, file_names: tuple[str, ...]) -> dict[str, bytes]:
    """Read files of the inner archive's one folder.

    Args:
        release: The source release, a `.tar.gz` file.
        file_names: Names of the files wanted, without folder.

    Returns:
        File name -> content, in the order asked for.

    Raises:
        DataError: An archive cannot be read or does not hold a file.
    """
    inner = _read(release, (INNER_ARCHIVE,), "the source release")[INNER_ARCHIVE]
    paths = tuple(f"{INNER_FOLDER}/{name}" for name in file_names)
    contents = _read(inner, paths, INNER_ARCHIVE)
    return dict(zip(file_names, contents.values(), strict=True))


def _read(archive: bytes, paths: tuple[str, ...], name: str) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
            return {path: _member(opened, path, name) for path in paths}
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise DataError(
            f"{name} is not a readable .tar.gz file ({type(error).__name__}): "
            f"delete it from the cache folder so that it is downloaded again"
        ) from None


def _member(archive: tarfile.TarFile, path: str, name: str) -> bytes:
    member = next((found for found in archive if found.name == path), None)
    content = archive.extractfile(member) if member is not None and member.isreg() else None
    if content is None:
        raise DataError(f"{name} has no file {path}: expected the release of vaderSentiment 3.3.2")
    return content.read()
