"""A study of a bundle, made ready where the bundle has arrived."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ValidationError

from .._checksum import sha256_of
from .._exceptions import ConfigError
from .._untrusted import json_object
from .._whole_file import temporary_beside
from ..method_text import import_paths
from ..model_files import Trust, model_hash
from .study import Study
from .study_file import read_study, written_model
from .study_keys import parse_study_file

MANIFEST = "bundle.json"
FORMAT: Final = 2

OWN = "_bundle"
"""Folder of a bundle for what does not come from beside the study file."""

DATA = f"{OWN}/data"
MODELS = f"{OWN}/models"


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or {"..", "."} & {*name.split("/")} or "\0" in name:
        raise ValueError("leads out of the bundle")
    return name


def _plain(name: str) -> str:
    if "/" in name:
        raise ValueError("is not the name of a file")
    return _inside(name)


Inside = Annotated[str, AfterValidator(_inside)]
"""The path of a file or folder below the bundle's."""

Name = Annotated[str, AfterValidator(_plain)]


class Weights(BaseModel):
    """A file of weights: its hash, and the files that it is joined from."""

    sha256: str
    parts: list[Name]


class BundledModel(BaseModel):
    """A model: its folder, its hash, and its files of weights by name."""

    folder: Inside
    hash: str
    weights: dict[Name, Weights]


class Manifest(BaseModel):
    """What a bundle has: its studies, the models by the names they have there, every file's hash.

    `half` says whether weights are kept as float16.
    """

    format: Literal[2] = FORMAT
    studies: list[Name]
    half: bool
    models: dict[str, BundledModel]
    sha256: dict[Inside, str]


def is_bundled(study: Path) -> bool:
    """Whether a study file lies in a bundle."""
    return (study.parent / MANIFEST).is_file()


def unpacked(path: Path, trust: Trust) -> Study:
    """A study of a bundle, with its rows and its model where they lie now.

    The first time weights are joined; any number of processes may ask for that at once.

    Args:
        path: The study file in the bundle.
        trust: What of the model's files may be read.

    Raises:
        ConfigError: If the bundle is damaged or incomplete, or the study is not of it.
    """
    folder = path.parent
    manifest = _read_manifest(folder)
    if path.name not in manifest.studies:
        known = ", ".join(manifest.studies)
        raise ConfigError(f"{path.name} is not in the bundle {folder}; it has {known}")
    _require_whole(folder, manifest.sha256)
    root = folder / DATA
    study = read_study(path, root if root.is_dir() else None, trust)
    if not trust.remote_code:
        _require_own_methods(study, path)
    name = written_model(parse_study_file(path))
    if name not in manifest.models:
        raise ConfigError(f"{folder / MANIFEST} lacks the model {name!r}; copy the bundle again")
    place = _joined(folder, manifest.models[name])
    return dataclasses.replace(study, model=name, model_folder=place)


def _require_own_methods(study: Study, path: Path) -> None:
    """A file that came from elsewhere must not say which code is run."""
    for arm in study.arms:
        if modules := import_paths(arm.method):
            raise ConfigError(
                f"{path}: the method {arm.method!r} runs code of the module {modules[0]}, and a "
                "bundle may come from anyone; read that code, and give `trust_remote_code`"
            )


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        found = json_object(path)
        if found.get("format", FORMAT) != FORMAT:
            raise ConfigError(f"{path} is of another version of steadytune; bundle the study again")
        return Manifest.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        wrong = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (OSError, ValueError) as error:
        wrong = str(getattr(error, "strerror", None) or error)
    raise ConfigError(
        f"{path} does not belong to a bundle ({' '.join(wrong.split())[:200]}); "
        "copy the bundle again"
    )


def _require_whole(folder: Path, sha256: Mapping[str, str]) -> None:
    """Every file must be there and unchanged."""
    for name, expected in sha256.items():
        path = folder / name
        if not os.path.isfile(path):  # says no to names that no file can have
            raise ConfigError(f"{path} of the bundle is missing; copy it again")
        if sha256_of(path) != expected:
            raise ConfigError(f"{path} of the bundle has another sha256; copy it again")


def _joined(folder: Path, model: BundledModel) -> Path:
    """The model's folder with its weights whole: those that another bundle left are replaced."""
    place = folder / model.folder
    for name, weights in model.weights.items():
        if not os.path.isfile(place / name) or sha256_of(place / name) != weights.sha256:
            _join(place, name, weights.parts)
    if (found := model_hash(place)) != model.hash:
        raise ConfigError(
            f"{place} has the hash {found}, not {model.hash}; remove it and copy it again"
        )
    return place


def _join(place: Path, name: str, parts: list[str]) -> None:
    try:
        with temporary_beside(place / name) as temporary:
            with temporary.open("wb") as target:
                for part in parts:
                    with (place / part).open("rb") as source:
                        shutil.copyfileobj(source, target)
            temporary.replace(place / name)
    except OSError as error:
        raise ConfigError(
            f"{place / name} cannot be joined from its parts ({error.strerror}); copy the bundle "
            "again, to a place that can be written to"
        ) from error
