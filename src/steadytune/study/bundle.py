"""All that studies need, in one folder, for a machine without network.

`write_bundle` gathers study files, the rows that they name and the weights that they start from, in
files of a size that can be sent. `bundled.unpacked` makes a study of the folder ready where it has
arrived.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._checksum import sha256_of
from .._exceptions import ConfigError
from .._folders import make_folder
from .._whole_file import write_json
from ..model_files import find_model, has_safetensors, model_hash, weight_files
from ..runs.checkpoints import replace_folder
from ..tasks import TASKS
from ..tasks.named.mirror import ENDING, INDEX
from ..tasks.named.reading import ALL, DATA_VARIABLE, select_companions
from .bundled import DATA, MANIFEST, MODELS, OWN, BundledModel, Manifest
from .study import Study
from .study_file import named_files, read_study, written_model
from .study_keys import parse_study_file

PART_SIZE = 48 * 10**6

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
        SteadytuneError: If something that a study needs is not there, or cannot be bundled.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty; name a folder that is empty or new")
    if part_size < 1:
        raise ConfigError(f"a part size of {part_size} bytes is not possible; expected 1 or more")
    if twice := {path.name for path in studies if sum(p.name == path.name for p in studies) > 1}:
        raise ConfigError(f"two study files are called {min(twice)}; rename one of them")
    root = data_root or os.environ.get(DATA_VARIABLE) or None
    sizes: dict[str, int] = {}

    def fill(made: Path) -> None:
        models: dict[str, BundledModel] = {}
        sources: dict[str, Path] = {}
        for path in studies:
            study = read_study(path, root)
            content = parse_study_file(path)
            _copy(path, made / path.name, path.name)
            _copy_own_files(named_files(content), path, made)
            _copy_named_rows(study, root, made / DATA)
            name, source = written_model(content), find_model(study.model, study.trust).resolve()
            if sources.setdefault(name, source) != source:
                raise ConfigError(f"two models are called {name}; rename one of them")
            if name not in models:
                place = f"{MODELS}/{len(models) + 1}"
                put = _put_model(name, source, made / place, half=half, part_size=part_size)
                models[name] = BundledModel(folder=place, **put)
        files = {p.relative_to(made).as_posix(): p for p in _files(made)}
        manifest = Manifest(
            studies=[path.name for path in studies],
            half=half,
            models=models,
            sha256={name: sha256_of(path) for name, path in files.items()},
        )
        write_json(made / MANIFEST, manifest.model_dump())
        sizes.update({name: path.stat().st_size for name, path in files.items()})

    try:
        replace_folder(make_folder(folder).resolve(), fill)
    except OSError as error:
        raise ConfigError(
            f"cannot make the bundle {folder} ({error.strerror or error}): correct that and try "
            "again"
        ) from error
    return Bundle(folder, sizes)


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


def _copy_own_files(names: Iterable[str], study: Path, made: Path) -> None:
    """Files beside a study that it names keep their places beside it."""
    beside = study.parent.resolve()
    for text in dict.fromkeys(names):
        source = (beside / text).resolve()
        if not source.exists():
            continue  # the name of something else
        if Path(text).is_absolute() or ".." in Path(text).parts or beside not in source.parents:
            raise ConfigError(
                f"{study} names {text}, which is elsewhere; put it next to the study file, and "
                "name it without a path that leads out of that folder"
            )
        for path in _files(source) if source.is_dir() else [source]:
            name = (Path(text) / path.relative_to(source)).as_posix()
            _copy(path, made / name, name)


def _copy(source: Path, target: Path, name: str) -> None:
    """Copy a file of the user's; two that would have the same place must be the same."""
    if name == MANIFEST or Path(name).parts[0] == OWN:
        raise ConfigError(f"{source} has a name that a bundle needs for itself; rename it")
    if target.exists() and sha256_of(target) != sha256_of(source):
        raise ConfigError(f"{source} and another file are both called {name}; rename one of them")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


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
                f"the rows of {name} are not in a local copy, so they cannot be bundled; write "
                "them to a file of your own and name that as train"
            )
        wanted = [domain for domain in entry.source.ood if domain in (ALL, *_companions(card))]
        parts = [card.train, card.test, *(c.rows for c in select_companions(card, wanted))]
        files |= {f"{part.file}{ENDING}" for part in parts if part.file is not None}
    if not files:
        return
    if root is None:
        raise ConfigError(
            "a bundle takes the rows of named tasks from a local copy only; name its folder by "
            f"`data_root` or {DATA_VARIABLE}"
        )
    for name in files:
        source = Path(root) / name
        if not source.is_file():
            raise ConfigError(f"{source} is not there; copy the data again")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    there = sorted(path for path in target.rglob(f"*{ENDING}"))
    index = [{"path": p.relative_to(target).as_posix(), "sha256": sha256_of(p)} for p in there]
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
            sha256 = sha256_of(path)
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
