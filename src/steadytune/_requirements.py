"""Which installed package does not fit: asked once an import has failed, so that nothing waits."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

_OF_DEVELOPERS = ("dev", "docs")


def misfits() -> list[str]:
    """Installed packages of another version than steadytune asks for, a line each."""
    return [
        f"{name} {found} is installed, and steadytune needs {needed}: pip install '{needed}'"
        for name, found, needed in _misfits()
    ]


def _misfits() -> Iterator[tuple[str, str, str]]:
    from packaging.requirements import Requirement

    for line in requires("steadytune") or ():
        requirement = Requirement(line)
        if any(f'"{extra}"' in str(requirement.marker) for extra in _OF_DEVELOPERS):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield requirement.name, found, f"{requirement.name}{requirement.specifier}"
