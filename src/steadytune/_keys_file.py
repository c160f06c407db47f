"""A YAML file of keys that a person wrote, and the files that it names, which lie beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ._exceptions import ConfigError
from ._untrusted import read_regular
from ._untrusted_yaml import parse_yaml

_LARGEST = 2**20


def read_keys(path: Path, what: str, such_as: str) -> dict[str, Any]:
    """The keys of a file, not checked yet.

    Args:
        path: The file.
        what: What it is: `study`.
        such_as: Keys that it may have, for the error where it has none.

    Raises:
        ConfigError: If it cannot be read, or holds none.
    """
    try:
        text = read_regular(path, _LARGEST).decode("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{what} file {path} cannot be read ({error})") from error
    try:
        content = parse_yaml(text)
    except ValueError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} is not a {what}: expected keys such as {such_as}")
    return content


def beside(folder: Path, name: str) -> str:
    """A file or folder there, or else the name as it is."""
    neighbour = folder / name
    return str(neighbour) if neighbour.exists() else name


def domain_beside(folder: Path, domain: str) -> str:
    """NAME=FILE with a file there, or else a companion as it is."""
    name, _, file = domain.partition("=")
    return f"{name}={beside(folder, file)}" if file else domain
