"""The examples that models are shown: test rows of a task, or rows of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tasks import PROBLEMS, DataSource, Encoding
from ...tasks.files import PAIR, SINGLE, read_texts
from .._observer import TARGETS

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor

    from .options import Options

BATCH_SIZE = 32


@dataclass(frozen=True)
class DiagnosisRows:
    """Examples, whatever the model.

    Args:
        rows: The rows.
        columns: Their text columns.
        kind: The kind of task, which says how rows become features.
        source: One line: where they come from.
    """

    rows: Dataset = field(repr=False)
    columns: tuple[str, ...]
    kind: str
    source: str

    @property
    def texts(self) -> list[str]:
        """Each row in one line."""
        columns = [self.rows[name][:] for name in self.columns]
        return [" | ".join(map(str, parts)) for parts in zip(*columns, strict=True)]

    def features(self, tokenizer: Any, max_length: int | None, most: int) -> Features:
        """The rows as a model takes them, one feature a row, or several of long contexts."""
        usual = min(PROBLEMS[self.kind].usual_length, tokenizer.model_max_length)
        encoding = Encoding(max_length=max_length or usual)
        encoded = PROBLEMS[self.kind].encode(self.rows, self.columns, tokenizer, encoding)
        kept = [name for name in encoded.dataset.column_names if name not in TARGETS]
        count = min(most, len(encoded.dataset))
        places = encoded.windows.rows.tolist() if encoded.windows else range(count)
        lengths = [len(ids) for ids in encoded.dataset["input_ids"][:count]]
        order = np.argsort(lengths, kind="stable").tolist()
        dataset = encoded.dataset.select_columns(kept).select(order)
        return Features(dataset, tuple(places[i] for i in order), tokenizer)


@dataclass(frozen=True)
class Features:
    """What a model takes, the shortest first, so that batches hold few pads.

    Args:
        dataset: One entry a feature, without targets.
        rows: The row that each feature is of.
        tokenizer: Pads a batch.
    """

    dataset: Dataset = field(repr=False)
    rows: tuple[int, ...]
    tokenizer: Any = field(repr=False)

    def batches(self, most: int | None = None) -> Iterator[dict[str, Tensor]]:
        """Padded batches of the features in their order, or of `most` of them, of all lengths."""
        from transformers import DataCollatorWithPadding

        collate = DataCollatorWithPadding(self.tokenizer)
        count = min(most or len(self.dataset), len(self.dataset))
        chosen = ((np.arange(count) + 0.5) * len(self.dataset) / count).astype(int)
        # Of like size, so that no example stands alone, without partners for in-manifold noise.
        for part in np.array_split(chosen, ceil(count / BATCH_SIZE)):
            yield dict(collate([self.dataset[int(i)] for i in part]))

    @property
    def tokens(self) -> list[list[int]]:
        """The token numbers of every feature."""
        return [list(ids) for ids in self.dataset["input_ids"]]


def read_rows(options: Options) -> DiagnosisRows:
    """The examples that the options ask for; of a task, test rows that no run has trained on.

    Raises:
        SteadytuneError: If the task or the file cannot be read.
    """
    if options.data is not None:
        return _of_file(str(options.data), options)
    task = DataSource(task=options.task, data_root=options.data_root).load()
    rows = task.sample(eval_size=options.examples).test[task.domain]
    source = f"{len(rows)} test examples ({task.domain}) of {task.name}"
    return DiagnosisRows(rows, task.columns, task.kind, source)


def _of_file(file: str, options: Options) -> DiagnosisRows:
    """Texts need no labels; which texts are drawn depends on their number alone."""
    kind = options.found[0].kind or "classification"
    columns = PROBLEMS[kind].columns or (PAIR if len(options.text) == 2 else SINGLE)
    rows = read_texts(file, columns, options.text).dataset
    count = min(options.examples, len(rows))
    drawn = np.random.default_rng(0).permutation(len(rows))[:count]
    return DiagnosisRows(
        rows.select(sorted(drawn.tolist())), columns, kind, f"{count} examples of {Path(file).name}"
    )
