"""Whether a model that was loaded is whole, and fits its tokenizer."""

from __future__ import annotations

from typing import Any

from .._exceptions import ModelError


def require_encoder(model: Any, loading: dict[str, Any], name: str) -> None:
    """Only a head or a pooler may be new: an encoder that is not pretrained is a wrong file."""
    _require_weights(loading, name, f"{model.base_model_prefix}.")


def require_body(loading: dict[str, Any], name: str) -> None:
    """The same for a model that was loaded without a head."""
    _require_weights(loading, name, "")


def _require_weights(loading: dict[str, Any], name: str, prefix: str) -> None:
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


def require_head(loading: dict[str, Any], name: str) -> None:
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


def require_fitting_tokenizer(model: Any, tokenizer: Any, name: str) -> None:
    """Every token has its row of embeddings, and there is one to pad with."""
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
