"""A build backend that answers pip without looking at the source release.

`pip download` wants the name and version of what it has downloaded, and asks the release's build
backend for them. This file stands in for that backend (setuptools, for a release without a
`pyproject.toml`), so that no line of the release is ever run. It imports the standard library only:
it is copied to where the release's backend would be looked up.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME_VARIABLE = "STEADYTUNE_RELEASE_NAME"
VERSION_VARIABLE = "STEADYTUNE_RELEASE_VERSION"

# pip addresses setuptools as `setuptools.build_meta:__legacy__` where a release names no backend.
__legacy__ = sys.modules[__name__]


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: object = None
) -> str:
    """Write the metadata of the release named in the environment (PEP 517).

    Args:
        metadata_directory: Folder in which the `.dist-info` folder is made.
        config_settings: Unused; part of the hook's signature.

    Returns:
        Name of the folder made.
    """
    name, version = os.environ[NAME_VARIABLE], os.environ[VERSION_VARIABLE]
    folder = Path(metadata_directory, f"{name.replace('-', '_')}-{version}.dist-info")
    folder.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (folder / "METADATA").write_text(metadata, encoding="utf-8")
    return folder.name
