"""How many tokens an input may have: what is usual for a kind of task, what a model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._exceptions import ConfigError
from ..model_files import CAREFUL, Trust, read_config, resolve_model
from ..tasks import PROBLEMS

USUAL = {kind: problem.usual_length for kind, problem in PROBLEMS.items()}
"""Most tokens an input of a kind of task usually has."""

# Their first position is one past the padding token's number, so that 514 rows serve 512 tokens.
_COUNTING_FROM_PAD = (
    *("camembert", "data2vec-text", "ibert", "longformer", "mpnet", "roberta"),
    *("roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"),
)


def usual_length(kind: str, model: str, trust: Trust = CAREFUL) -> int:
    """The usual length for the kind of task, as far as the model has positions.

    Raises:
        ModelError: If the model cannot be found.
    """
    return min(USUAL[kind], _positions_of(model, trust) or USUAL[kind])


def require_positions(model: str, max_length: int, trust: Trust = CAREFUL) -> None:
    """Refuse inputs that are longer than the model has positions for.

    Raises:
        ConfigError: If they are.
        ModelError: If the model cannot be found.
    """
    most = _positions_of(model, trust)
    if most is not None and max_length > most:
        raise ConfigError(
            f"max_length {max_length} is more than {model} takes; give a max length of {most} at "
            "most"
        )


def position_count(config: Mapping[str, Any]) -> int | None:
    """How many tokens a model has positions for, where its configuration says so."""
    found = config.get("max_position_embeddings", config.get("n_positions"))
    if type(found) is not int or found < 1:
        return None
    if config.get("model_type") not in _COUNTING_FROM_PAD:
        return found
    pad = config.get("pad_token_id")
    return max(1, found - 1 - (pad if type(pad) is int else 1))


def _positions_of(model: str, trust: Trust) -> int | None:
    return position_count(read_config(resolve_model(model, trust), model))
