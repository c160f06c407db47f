"""All that studies need, in one folder, for a machine without network.

`write_bundle` gathers study files, the rows that they name and the weights that they start from, in
files of a size that can be sent. `unpacked` makes a study of the folder ready where it has arrived.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .._exceptions import ConfigError
from .._folders import make_folder
from .._whole_file import write_json
from ..model_files import MINILM, Trust, find_model, has_safetensors, model_hash, weight_files
from ..tasks import TASKS
from ..tasks.named.mirror import ENDING, INDEX
from ..tasks.named.reading import ALL, DATA_VARIABLE, select_companions
from .study import Study
from .study_file import read_study

MANIFEST = "bundle.json"
PART_SIZE = 48 * 10**6

_DATA, _MODELS = "data", "models"
_FORMAT = 1
_NOT_NEEDED = ("pytorch_model*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "onnx", "openvino")


@dataclass(frozen=True)
class Bundle:
    """What a bundle came to.

    Args:
        folder: Where it is.
        files: Its files with their sizes in bytes.
    """

    folder: Path
    files: Mapping[str, int]


def write_bundle(
    studies: Sequence[Path],
    folder: Path,
    *,
    data_root: str | Path | None = None,
    half: bool = False,
    part_size: int = PART_SIZE,
) -> Bundle:
    """Put studies, their rows and their models into a folder.

    Args:
        studies: Study files; rows and models of your own lie beside them or below.
        folder: A folder that is empty or not there yet.
        data_root: Folder of local copies of the named tasks' rows; None takes STEADYTUNE_DATA.
        half: Whether weights are kept in half the size, as float16: another starting point, which
            records know by its own hash.
        part_size: Most bytes a file of weights.

    Raises:
        SteadytuneError: If something that a study needs is not there, or cannot go along.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigError(f"{folder} holds files already; name a folder that is empty or new")
    if part_size < 1:
        raise ConfigError(f"a part size of {part_size} bytes is not possible; expected 1 or more")
    if twice := {path.name for path in studies if sum(p.name == path.name for p in studies) > 1}:
        raise ConfigError(f"two study files are called {min(twice)}; rename one of them")
    root = data_root or os.environ.get(DATA_VARIABLE) or None
    made = make_folder(folder)
    models: dict[str, dict[str, Any]] = {}
    for path in studies:
        study = read_study(path, root)
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        shutil.copyfile(path, made / path.name)
        name = content.get("model") or MINILM
        _copy_own_files({k: v for k, v in content.items() if k != "model"}, path, made)
        _copy_named_rows(study, root, made / _DATA)
        if name not in models:
            source = find_model(study.model, study.trust)
            place = f"{_MODELS}/{len(models) + 1}"
            models[name] = {
                "folder": place,
                **_put_model(name, source, made / place, half=half, part_size=part_size),
            }
    found = sorted(path for path in made.rglob("*") if path.is_file())
    files = {path.relative_to(made).as_posix(): path for path in found}
    manifest = {
        "format": _FORMAT,
        "studies": [path.name for path in studies],
        "half": half,
        "models": models,
        "sha256": {name: _sha256(path) for name, path in files.items()},
    }
    write_json(made / MANIFEST, manifest)
    return Bundle(made, {name: path.stat().st_size for name, path in files.items()})


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
    if path.name not in manifest["studies"]:
        known = ", ".join(manifest["studies"])
        raise ConfigError(f"{path.name} is not of the bundle {folder}; it has {known}")
    _require_whole(folder, manifest["sha256"])
    root = folder / _DATA
    study = read_study(path, root if root.is_dir() else None, trust)
    name = yaml.safe_load(path.read_text(encoding="utf-8")).get("model") or MINILM
    place = _joined(folder, manifest["models"][name])
    return dataclasses.replace(study, model=name, model_folder=place)


def read_part_size(text: str) -> int:
    """`48M` as bytes; K, M and G are powers of 1000.

    Raises:
        ConfigError: If it is not a size.
    """
    units = {"K": 10**3, "M": 10**6, "G": 10**9}
    number, unit = (text[:-1], units[text[-1].upper()]) if text[-1:].upper() in units else (text, 1)
    if not number.isdigit() or not int(number):
        raise ConfigError(f"part size {text!r} is not possible; expected a size such as 48M")
    return int(number) * unit


# --- rows ----------------------------------------------------------------------------------


def _texts(content: Any) -> Iterator[str]:
    """Every text in a study file, the file of NAME=FILE alone."""
    if isinstance(content, str):
        yield content
        if "=" in content:
            yield content.partition("=")[2]
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)


def _copy_own_files(content: Mapping[str, Any], study: Path, made: Path) -> None:
    """Files beside a study that it names keep their places beside it."""
    beside = study.parent.resolve()
    for text in _texts(content):
        try:
            there = bool(text.strip()) and (beside / text).exists()
        except (OSError, ValueError):  # a text that cannot name a file
            continue
        if not there:
            continue
        source = (beside / text).resolve()
        if Path(text).is_absolute() or beside not in source.parents:
            raise ConfigError(
                f"{study} names {text}, which lies elsewhere; put it beside the study file, and "
                "name it without a path that leads out of that folder"
            )
        target = made / source.relative_to(beside)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)


def _copy_named_rows(study: Study, root: str | Path | None, target: Path) -> None:
    """The files of a local copy that the named tasks read, with an index of their hashes."""
    files: set[str] = set()
    for entry in study.tasks:
        name = entry.source.task
        if name is None:
            continue
        card = TASKS[name].card
        if card is None or card.train.file is None:
            raise ConfigError(
                f"the rows of {name} are not in a local copy, so they cannot go along; write them "
                "to a file of your own and name that as train"
            )
        wanted = [domain for domain in entry.source.ood if domain in (ALL, *_companions(card))]
        parts = [card.train, card.test, *(c.rows for c in select_companions(card, wanted))]
        files |= {f"{part.file}{ENDING}" for part in parts if part.file is not None}
    if not files:
        return
    if root is None:
        raise ConfigError(
            "the rows of named tasks go along from a local copy alone; name its folder by "
            f"`data_root` or {DATA_VARIABLE}"
        )
    for name in files:
        source = Path(root) / name
        if not source.is_file():
            raise ConfigError(f"{source} is not there; copy the data again")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    there = sorted(path for path in target.rglob(f"*{ENDING}"))
    index = [{"path": p.relative_to(target).as_posix(), "sha256": _sha256(p)} for p in there]
    write_json(target / INDEX, index)


def _companions(card: Any) -> list[str]:
    return [companion.name for companion in card.companions]


# --- models --------------------------------------------------------------------------------


def _put_model(
    name: str, source: Path, target: Path, *, half: bool, part_size: int
) -> dict[str, Any]:
    """Copy a model with its weights in parts; its hash, and what its weights are joined from."""
    if not has_safetensors(source):
        raise ConfigError(f"the weights of {name} are pickled; save the model in safetensors first")
    make_folder(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".model-") as temporary:
        whole = Path(temporary) / "whole"
        shutil.copytree(source, whole, ignore=shutil.ignore_patterns(*_NOT_NEEDED))
        if half:
            _halve(whole)
        weights = {}
        digest = model_hash(whole)
        for path in weight_files(whole):
            sha256 = _sha256(path)
            weights[path.name] = {"sha256": sha256, "parts": _cut(path, part_size)}
            path.unlink()
        os.rename(whole, target)
    return {"hash": digest, "weights": weights}


def _halve(folder: Path) -> None:
    """Weights of 32 bits in 16; whoever loads them computes in 32 all the same."""
    import torch
    from safetensors.torch import load_file, save_file

    for path in weight_files(folder):
        tensors = load_file(path)
        largest = max(t.abs().max().item() for t in tensors.values() if t.is_floating_point())
        if largest > torch.finfo(torch.float16).max:
            raise ConfigError(f"{path.name} has weights of {largest:.3g}; leave `half` out")
        halved = {
            key: tensor.half() if tensor.dtype == torch.float32 else tensor
            for key, tensor in tensors.items()
        }
        save_file(halved, path, metadata={"format": "pt"})


def _cut(path: Path, size: int) -> list[str]:
    names: list[str] = []
    with path.open("rb") as file:
        while block := file.read(size):
            names.append(f"{path.name}.{len(names) + 1:03d}")
            path.with_name(names[-1]).write_bytes(block)
    return names


def _joined(folder: Path, model: Mapping[str, Any]) -> Path:
    """The model's folder with its weights whole."""
    place = folder / str(model["folder"])
    for name, entry in model["weights"].items():
        path = place / name
        if path.is_file() and path.stat().st_size == sum(
            (place / part).stat().st_size for part in entry["parts"]
        ):
            continue
        with tempfile.NamedTemporaryFile(dir=place, prefix=".joining-", delete=False) as target:
            for part in entry["parts"]:
                with (place / part).open("rb") as source:
                    shutil.copyfileobj(source, target)
        os.replace(target.name, path)
    if (found := model_hash(place)) != model["hash"]:
        raise ConfigError(f"{place} has the hash {found}, not {model['hash']}; copy it again")
    return place


# --- checks --------------------------------------------------------------------------------


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = found["format"] == _FORMAT and {"studies", "models", "sha256"} <= set(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is not that of a bundle; copy the bundle again") from error
    if not known:
        raise ConfigError(f"{path} is of another version of steadytune; bundle the study again")
    return dict(found)


def _require_whole(folder: Path, sha256: Mapping[str, str]) -> None:
    """Every file must be there and unchanged."""
    for name, expected in sha256.items():
        path = folder / name
        if not path.is_file():
            raise ConfigError(f"{path} of the bundle is missing; copy it again")
        if _sha256(path) != expected:
            raise ConfigError(f"{path} of the bundle has another sha256; copy it again")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
