"""A pretrained model: found once, passed on as one value, loaded with the head a task needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._exceptions import ModelError
from ._loudness import Loudness, loudness
from ._model.loaded import (
    require_body,
    require_encoder,
    require_fitting_tokenizer,
    require_head,
)
from .adapter_files import is_adapter, pretrained_of, require_whole, with_adapter
from .found_model import FoundModel
from .model_files import (
    CAREFUL,
    MINILM,
    Trust,
    as_model_error,
    has_safetensors,
    is_local,
)
from .tasks import PROBLEMS

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
class Pretrained(FoundModel):
    """A pretrained model on this machine, which is loaded with the head that a task needs."""

    def with_head(self, kind: str, label_names: Sequence[str], head_seed: int) -> tuple[Any, Any]:
        """Load it with the head that a kind of task needs, in float32, and its tokenizer.

        A head that was trained for the same classes is kept; one for others is drawn anew.

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

        from ._model.head import settle_head
        from ._random import isolated_rng

        self._require_known_code()
        with quiet(), as_model_error(self.name), isolated_rng(torch.device("cpu"), head_seed):
            config = self._head_config(kind, label_names)
            model, loading = self._load(_auto_class(kind), config=config)
            names = list(label_names)
            settle_head(model, loading, same_classes=not names or names == self._own_names())
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

    def _own_names(self) -> list[str]:
        """The classes of the head that its file may have."""
        from transformers import AutoConfig

        trust = self.trust.remote_code
        config = AutoConfig.from_pretrained(self.folder, trust_remote_code=trust)
        return [name for _, name in sorted(config.id2label.items())]

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


def save_model(model: Any, folder: Path) -> None:
    """Write weights and configuration; whoever may read the one may read the other."""
    with quiet():
        model.save_pretrained(folder)
    for path in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", path)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence progress bars, and unless details are asked for the report of a head that is new."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    if loudness() is not Loudness.VERBOSE:
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
