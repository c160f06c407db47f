"""How a pretrained model gets a fresh head for a kind of task, or keeps the one that it has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ._exceptions import ModelError
from .model_files import (
    CAREFUL,
    MINILM,
    Trust,
    as_model_error,
    has_safetensors,
    is_local,
    model_hash,
    read_config,
    resolve_model,
)
from .tasks import PROBLEMS

__all__ = [
    "CAREFUL",
    "MINILM",
    "Trust",
    "empty_model",
    "is_local",
    "load_model",
    "load_tokenizer",
    "load_whole_model",
    "model_hash",
    "quiet",
    "resolve_model",
    "save_model",
]


def load_model(
    name: str,
    kind: str,
    label_names: Sequence[str],
    head_seed: int,
    trust: Trust = CAREFUL,
) -> tuple[Any, Any]:
    """Load a pretrained model with the head that a kind of task needs, in float32, and a tokenizer.

    Args:
        name: As for `resolve_model`.
        kind: `classification`, `regression` or `qa`.
        label_names: The classes, in the order of their numbers; none but for classification.
        head_seed: The seed of the weights that the pretrained model lacks. The global random
            state is left as it was.
        trust: What of the model's files may be read.

    Returns:
        The model, in evaluation mode and on the CPU, and its tokenizer.

    Raises:
        ModelError: If the model cannot be loaded, or its file lacks weights of the encoder.
    """
    import torch

    from ._random import isolated_rng

    folder = resolve_model(name, trust)
    _require_known_code(folder, name, trust)
    with quiet(), as_model_error(name), isolated_rng(torch.device("cpu"), head_seed):
        model, loading = _auto_class(kind).from_pretrained(
            folder,
            config=_head_config(folder, kind, label_names, trust),
            dtype=torch.float32,
            use_safetensors=has_safetensors(folder),
            trust_remote_code=trust.remote_code,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    tokenizer = load_tokenizer(name, trust)
    if PROBLEMS[kind].windows:
        # The places of answers count from the left, so pads must stand on the right.
        tokenizer.padding_side = "right"
    _require_encoder(model, loading, name)
    _require_fit(model, tokenizer, name)
    return model, tokenizer


def load_whole_model(name: str, kind: str, trust: Trust = CAREFUL) -> tuple[Any, Any]:
    """Load a model with the head that it was saved with, in float32, and its tokenizer.

    Args:
        name: As for `resolve_model`.
        kind: `classification`, `regression` or `qa`.
        trust: What of the model's files may be read.

    Returns:
        The model, in evaluation mode and on the CPU, and its tokenizer.

    Raises:
        ModelError: If the model cannot be loaded, or its weights do not fit its configuration.
    """
    import torch

    folder = resolve_model(name, trust)
    _require_known_code(folder, name, trust)
    with quiet(), as_model_error(name):
        model, loading = _auto_class(kind).from_pretrained(
            folder,
            dtype=torch.float32,
            use_safetensors=has_safetensors(folder),
            trust_remote_code=trust.remote_code,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    tokenizer = load_tokenizer(name, trust)
    _require_head(loading, name)
    _require_fit(model, tokenizer, name)
    return model, tokenizer


def save_model(model: Any, folder: Path) -> None:
    """Write weights and configuration; whoever may read the one may read the other."""
    with quiet():
        model.save_pretrained(folder)
    for path in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", path)


def load_tokenizer(name: str, trust: Trust = CAREFUL) -> Any:
    """The tokenizer of a model.

    Raises:
        ModelError: If it cannot be loaded.
    """
    from transformers import AutoTokenizer

    folder = resolve_model(name, trust)
    with quiet(), as_model_error(name):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust.remote_code)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        # Where a folder lacks its tokenizer, transformers makes an empty one without a word.
        raise ModelError(
            f"model {name!r} has no vocabulary in {folder}; save its tokenizer there too"
        )
    return tokenizer


def empty_model(name: str, kind: str, label_names: Sequence[str], trust: Trust = CAREFUL) -> Any:
    """The same model without its weights, on the meta device: enough to try methods on.

    Raises:
        ModelError: If there is no such model, or none with such a head.
    """
    import torch

    folder = resolve_model(name, trust)
    _require_known_code(folder, name, trust)
    with quiet(), as_model_error(name), torch.device("meta"):
        return _auto_class(kind).from_config(
            _head_config(folder, kind, label_names, trust), trust_remote_code=trust.remote_code
        )


def _auto_class(kind: str) -> Any:
    import transformers

    return getattr(transformers, PROBLEMS[kind].auto_class)


def _head_config(folder: Path, kind: str, label_names: Sequence[str], trust: Trust) -> Any:
    from transformers import AutoConfig

    settings = PROBLEMS[kind].head_settings(label_names)
    return AutoConfig.from_pretrained(folder, trust_remote_code=trust.remote_code, **settings)


def _require_encoder(model: Any, loading: dict[str, Any], name: str) -> None:
    """Only a head or a pooler may be new: an encoder that is not pretrained is a wrong file."""
    prefix = f"{model.base_model_prefix}."
    # Tensors of other shapes are left out of the model and begin at random, as missing ones do.
    if other := sorted(k for k, *_ in loading["mismatched_keys"] if k.startswith(prefix)):
        raise ModelError(
            f"the weights of model {name!r} do not fit its config.json, such as {other[0]}; "
            "give a folder whose weights fit"
        )
    missing = loading["missing_keys"]
    lost = sorted(key for key in missing if key.startswith(prefix) and "pooler" not in key)
    if lost:
        raise ModelError(
            f"the weights of model {name!r} lack {len(lost)} tensors of its encoder, such as "
            f"{lost[0]}; give a folder whose weights fit its config.json"
        )


def _require_known_code(folder: Path, name: str, trust: Trust) -> None:
    """A model of a type that transformers does not know brings code, which is not run unasked."""
    from transformers import CONFIG_MAPPING

    config = read_config(folder, name)
    model_type = config.get("model_type")
    if trust.remote_code or "auto_map" not in config or model_type in CONFIG_MAPPING:
        return
    raise ModelError(
        f"model {name!r} is of the type {model_type!r}, which needs Python code that comes with "
        "it; read that code, then give --trust-remote-code, or choose another model"
    )


def _require_head(loading: dict[str, Any], name: str) -> None:
    """A model that is to be evaluated has all its weights, in the shapes of its configuration."""
    if mismatched := sorted(key for key, *_ in loading["mismatched_keys"]):
        raise ModelError(
            f"the weights of model {name!r} do not fit its config.json, such as {mismatched[0]}; "
            "give a folder whose head has as many classes as its config.json says"
        )
    if missing := sorted(loading["missing_keys"]):
        raise ModelError(
            f"the weights of model {name!r} lack {len(missing)} tensors, such as {missing[0]}; "
            "give a model that was fine-tuned for this kind of task"
        )


def _require_fit(model: Any, tokenizer: Any, name: str) -> None:
    _require_vocabulary(model, tokenizer, name)
    _require_padding(model, tokenizer, name)


def _require_vocabulary(model: Any, tokenizer: Any, name: str) -> None:
    rows = model.get_input_embeddings().weight.shape[0]
    largest = max(tokenizer.get_vocab().values(), default=0)
    if largest >= rows:
        raise ModelError(
            f"the tokenizer of model {name!r} has token numbers up to {largest}, its embeddings "
            f"have {rows} rows; give the tokenizer that belongs to the weights"
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
def quiet() -> Iterator[None]:
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
