"""How a model is trained, as one value: each field of `Recipe` is declared here and nowhere else.

Command-line options, keys of study files, checks, model cards and labels in reports derive from
what `declare` is told. A new field needs nothing but its line here and the code that uses it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar, get_type_hints

from .._exceptions import ConfigError
from .declaration import (
    WRITTEN_OUT,
    Declaration,
    choice,
    count,
    declarations,
    declare,
    not_negative,
    positive,
    positive_to,
    share,
    word,
    yes_or_no,
)
from .lora import Lora

PRECISIONS = ("fp32", "bf16", "fp16")
AUTO = "auto"
CLASS_WEIGHTS = ("none", "balanced")

Changes = tuple[tuple[str, Any], ...]
"""Fields and their values: what differs from a recipe."""

T = TypeVar("T")


def at_neutral_values(cls: type[T]) -> type[T]:
    """Make neutral values the defaults of a class that extends `Recipe`, before it is a dataclass.

    A run without a field was made before the field existed.
    """
    for name, declared in recipe_fields().items():
        if declared.neutral is not WRITTEN_OUT:
            cls.__annotations__[name] = recipe_types()[name]
            setattr(cls, name, declared.neutral)
    return cls


def _lora(name: str, value: Any) -> Any:
    """In full, so that one kind of adapters is one run however it is written."""
    return str(value if isinstance(value, Lora) else Lora.parse(word(name, value)))


def _trainer_fields(name: str, value: Any) -> Any:
    """Sorted pairs, which can be hashed as a mapping cannot."""
    try:
        return tuple(sorted(dict(value).items()))
    except (TypeError, ValueError):
        raise ConfigError(
            f"{name}={value!r} is not possible; expected fields of TrainingArguments with values"
        ) from None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that makes a training, apart from the task, the model, the method and the seed.

    None leaves a field open: it is settled for the model, the examples and the machine when the
    runs are planned.

    Args:
        train_size: Training examples drawn; None takes all.
        eval_size: Examples drawn from each test set; None takes all.
        epochs: Passes over the training examples.
        learning_rate: Peak learning rate of AdamW, in units per step.
        warmup: Share of the steps in which the learning rate rises linearly.
        weight_decay: AdamW's decoupled weight decay.
        batch_size: Training examples per step.
        max_length: Longest input in tokens; longer ones are cut.
        stride: Tokens that two windows over a long context share (question answering).
        max_new_tokens: Most tokens a text that is generated, and a target that is trained on, which
            is cut. None takes 128 for `seq2seq`, and is all that other kinds have.
        layers: Where methods on blocks act: `encoder`, `decoder` or `both` of an encoder-decoder,
            or the dotted path to a list of blocks; None finds it, and takes both for `seq2seq`.
        dev_size: Validation examples, drawn from the training examples that are not trained on;
            None takes none, or as many as are needed where a command says so.
        patience: Epochs without a better validation score after which the training stops, and the
            best epoch's weights are taken; None trains to the end.
        precision: `fp32`, or `bf16` or `fp16` for mixed precision; `auto` takes bf16 where the GPU
            has it, and fp32 elsewhere.
        group_by_length: Whether examples of like length share a batch.
        class_weights: `balanced` weighs each class's loss by one over its share of the training
            examples, `none` weighs all alike.
        head_first: Whether the new head is fitted on the frozen model before fine-tuning begins.
        lora: Low-rank adapters that are trained in the place of the weights, as `Lora` writes them;
            None trains all weights.
        unlabelled: File of further texts without labels, on which penalties that need none are
            measured too; None for none.
        settings: Further fields of `transformers.TrainingArguments` with their values.
        threads: CPU threads of a run; they change the bits of its result.

    Raises:
        ConfigError: If a value is out of its range.
    """

    train_size: int | None = declare(
        "Training examples drawn",
        count(1),
        default=None,
        help="Number of training examples to draw.",
        unset="all",
        aliases=("max_train_samples",),
    )
    eval_size: int | None = declare(
        "Test examples drawn per domain",
        count(1),
        default=None,
        help="Maximum number of examples per test set.",
        unset="all",
        aliases=("max_eval_samples",),
    )
    epochs: float | None = declare(
        "Epochs",
        positive_to(100_000),
        default=None,
        help="Number of training epochs.",
        unset="3, or more where 3 are fewer than 200 steps",
        aliases=("num_train_epochs",),
    )
    learning_rate: float | None = declare(
        "Peak learning rate",
        positive,
        default=None,
        help="Peak learning rate of AdamW.",
        unset="by the model: 1e-4 for minilm, 3e-5 for base, 2e-5 for large models",
        aliases=("lr",),
    )
    warmup: float = declare(
        "Warm-up, share of the steps",
        share,
        default=0.1,
        help="Warm-up: share of the steps in which the learning rate rises.",
        aliases=("warmup_ratio",),
    )
    weight_decay: float = declare(
        "Weight decay", not_negative, default=0.01, help="Weight decay of AdamW."
    )
    batch_size: int = declare(
        "Batch size",
        count(1),
        default=16,
        help="Training examples per step.",
        aliases=("per_device_train_batch_size", "train_batch_size"),
    )
    max_length: int | None = declare(
        "Longest input, tokens",
        count(1),
        default=None,
        help="Maximum number of tokens per input.",
        unset="128; 384 for question answering, 512 for seq2seq",
        aliases=("max_seq_length",),
    )
    stride: int = declare(
        "Overlap of windows, tokens",
        count(1),
        default=128,
        help="Tokens shared by neighbouring windows over a long context (question answering).",
        aliases=("doc_stride",),
    )
    max_new_tokens: int | None = declare(
        "Longest output, tokens",
        count(1),
        default=None,
        help="Maximum number of tokens per generated text and per target (seq2seq).",
        unset="128",
        aliases=("max_target_length",),
        neutral=None,
    )
    layers: str | None = declare(
        "Blocks that methods act in",
        word,
        default=None,
        help="Blocks that methods act in: encoder, decoder or both (encoder-decoders), or the path "
        "to a list of blocks.",
        unset="found; both for seq2seq",
        metavar="STACK",
        neutral=None,
    )
    dev_size: int | None = declare(
        "Dev examples drawn",
        count(1),
        default=None,
        help="Number of validation examples to set aside from the training examples, for early "
        "stopping and model selection.",
        unset="train sets some aside where --keep or --patience needs them",
    )
    patience: int | None = declare(
        "Early stopping, patience in epochs",
        count(1),
        default=None,
        help="Stop after this many epochs without a better validation score, and restore the best "
        "epoch.",
        unset="train to the end",
    )
    precision: str = declare(
        "Precision",
        choice(AUTO, *PRECISIONS),
        default=AUTO,
        help="auto is bf16 if the GPU supports it, else fp32.",
        metavar="|".join((AUTO, *PRECISIONS)),
    )
    group_by_length: bool = declare("Batches of like length", yes_or_no, default=True)
    class_weights: str = declare(
        "Class weights",
        choice(*CLASS_WEIGHTS),
        default="none",
        help="`balanced` weights classes inversely to their frequency.",
        metavar="|".join(CLASS_WEIGHTS),
    )
    head_first: bool = declare(
        "Head first",
        yes_or_no,
        default=False,
        help="Fit the new head on the frozen model before fine-tuning.",
        neutral=False,
    )
    lora: str | None = declare(
        "LoRA",
        _lora,
        default=None,
        help="Train only low-rank adapters of the linear layers and the head; the adapters are "
        "merged at the end, or saved alone with `save=adapter`. Also accepts dropout and targets.",
        unset="train all weights",
        metavar="r=8,alpha=16",
        neutral=None,
    )
    unlabelled: str | None = declare(
        "Unlabelled texts",
        word,
        default=None,
        help="File of texts without labels, one per line or in the format of the examples, for "
        "the penalty of LNSR, R3F, R4F, R-Drop, REPINA and SMART.",
        unset="none",
        metavar="FILE",
        neutral=None,
    )
    settings: Mapping[str, Any] | tuple[tuple[str, Any], ...] = declare(
        "Further fields of the trainer",
        _trainer_fields,
        default=(),
        help="Any other field of transformers.TrainingArguments, such as "
        "lr_scheduler_type=cosine or report_to=tensorboard; may be repeated.",
        option="--set",
        metavar="FIELD=VALUE",
    )
    threads: int | None = declare(
        "CPU threads per run",
        count(1, 1024),
        default=None,
        help="CPU threads per run.",
        unset="all cores; for compare 1",
    )

    def __post_init__(self) -> None:
        for name, declared in declarations(type(self)).items():
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, declared.check(name, value))

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON-ready values; `Recipe(**values)` is the same recipe."""
        return {**dataclasses.asdict(self), "settings": dict(self.settings)}

    @property
    def recipe(self) -> Recipe:
        """The recipe alone, of a value that holds more."""
        return Recipe(**{name: getattr(self, name) for name in recipe_fields()})

    def changed(self, changes: Mapping[str, Any] | Changes) -> Self:
        """The same with other values; further fields of the trainer add up.

        Raises:
            ConfigError: If a value is out of its range.
        """
        given = dict(changes)
        if "settings" in given:
            given["settings"] = {**dict(self.settings), **dict(given["settings"])}
        return dataclasses.replace(self, **given)


def recipe_fields() -> dict[str, Declaration]:
    """The fields of a recipe, by name, in order."""
    return declarations(Recipe)


def recipe_types() -> dict[str, Any]:
    """The type of each field of a recipe."""
    return get_type_hints(Recipe)


def option_name(name: str) -> str:
    """What the command line calls an option."""
    declared = recipe_fields().get(name)
    return (declared and declared.option) or f"--{name.replace('_', '-')}"


def named_as_ours(name: str) -> str:
    """What the command line calls an option, without dashes, that may have transformers' name."""
    dashed = name.replace("_", "-")
    for own, declared in recipe_fields().items():
        if dashed in (alias.replace("_", "-") for alias in declared.aliases):
            return option_name(own).removeprefix("--")
    return dashed


def default_words(name: str) -> str:
    """The default of a field of a recipe as people write it."""
    default = next(f.default for f in dataclasses.fields(Recipe) if f.name == name)
    if default is None or default == ():
        return recipe_fields()[name].unset
    return f"{default:g}" if isinstance(default, float) else str(default)


def check_value(name: str, value: Any) -> Any:
    """A value of one field of a recipe, checked and in the form in which it is kept.

    Raises:
        ConfigError: If it is out of its range.
    """
    return recipe_fields()[name].check(name, value)
