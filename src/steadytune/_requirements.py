"""Which installed package does not fit: asked once an import has failed, so that nothing waits."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version

_OF_DEVELOPERS = ("dev", "docs")


def wrong_version() -> str | None:
    """The first installed package of another version than steadytune asks for, in a line."""
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
            needed = f"{requirement.name}{requirement.specifier}"
            return (
                f"{requirement.name} {found} is installed, and steadytune needs {needed}: "
                f"pip install '{needed}'"
            )
    return None
