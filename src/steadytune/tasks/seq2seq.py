"""Texts to texts, such as summaries and translations, written by an encoder-decoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._exceptions import ConfigError, DataError
from ..metrics import Scores
from ..metrics.seq2seq import (
    CHRF,
    COPIED,
    EMPTY,
    SAME,
    TEXT_METRICS,
    chrf_of,
    flaws,
    medoid,
    row_arrays,
    text_score,
)
from ..model_files import position_count
from ._fields import text_of
from ._problem import Encoding, Outputs, Predictions, Statistic, values
from .encoding import Encoded, encode_and_count, usual_new_tokens
from .predicted_text import PredictedText

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

_READ = ("input_ids", "attention_mask")
_LIKELY = 0.9
_SOME = 0.1


class Seq2Seq(PredictedText):
    """Rows have a text as `label`; predictions are `text` and `score`.

    A text is generated greedily: the likeliest token after token. Its score is the mean of their
    log-probabilities.
    """

    kind: ClassVar[str] = "seq2seq"
    metrics: ClassVar[tuple[str, ...]] = TEXT_METRICS
    answer: ClassVar[str] = "label"
    outputs: ClassVar[tuple[str, ...]] = ("text", "score")
    usual_length: ClassVar[int] = 512
    too_long: ClassVar[str] = (
        "targets of more than {most} tokens, longer than any prediction and cut in training: "
        "{shares}; give a larger `max_new_tokens`"
    )
    auto_class: ClassVar[str] = "AutoModelForSeq2SeqLM"
    pipeline: ClassVar[str] = ""
    reading: ClassVar[str] = "`model.generate` writes the text, as `generation_config.json` says."
    generates: ClassVar[bool] = True

    def has_head(self, architecture: str) -> bool:
        from transformers.models.auto.modeling_auto import (
            MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        )

        return architecture in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES.values()

    def types(self, label_names: Sequence[str]) -> dict[str, Any]:
        from datasets import Value

        return {"label": Value("string")}

    def truth_of(self, row: Mapping[str, Any], label_names: Sequence[str]) -> dict[str, Any]:
        return {"label": text_of(row, "label")}

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        for number, text in enumerate(values(rows, "label"), start=1):
            if not isinstance(text, str) or not text.strip():
                raise DataError(
                    f"row {number} of {where} has the target {str(text)[:40]!r}: expected text"
                )

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        if len(set(values(rows, "label"))) < 2:
            raise DataError(
                f"all training rows of {where} have one and the same target: expected two or "
                "more; add rows with others"
            )

    def fewest_rows(self, rows: Dataset) -> int:
        return 1

    def encode(
        self,
        rows: Dataset,
        columns: tuple[str, ...],
        tokenizer: PreTrainedTokenizerBase,
        encoding: Encoding,
    ) -> Encoded:
        targets = _Targets(tokenizer, encoding.max_new_tokens)
        found = encode_and_count(rows, columns, tokenizer, encoding.max_length, targets.ids_of)
        kept = [name for name in (*_READ, "labels") if name in found.dataset.column_names]
        return Encoded(
            found.dataset.select_columns(kept),
            found.cut,
            found.rows,
            long_answers=targets.cut,
            longest_answer=targets.most,
        )

    def prepare(self, model: Any, max_new_tokens: int | None = None) -> None:
        """Generate greedily, though the model may have been set to search; its tokens stay."""
        from transformers import GenerationConfig

        had = model.generation_config
        tokens = {name: getattr(had, name, None) for name in _SPECIAL}
        if tokens["pad_token_id"] is None:
            tokens["pad_token_id"] = model.config.pad_token_id
        most = max_new_tokens or had.max_new_tokens
        if most is None:
            most = usual_new_tokens(position_count(model.config.to_dict()))
        model.generation_config = GenerationConfig(
            max_new_tokens=most, do_sample=False, num_beams=1, **tokens
        )

    def run(self, model: Any, tokenizer: Any, batch: Mapping[str, Any]) -> Outputs:
        scores = _TokenScores(model.generation_config.eos_token_id)
        tokens = model.generate(**batch, logits_processor=[scores])
        texts = tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return {
            "text": [np.array(text.strip(), dtype=np.str_) for text in texts],
            "score": list(scores.mean()),
        }

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        return {
            "text": np.array([str(text) for text in outputs["text"]], dtype=np.str_),
            "score": np.array(outputs["score"], dtype=np.float32),
        }

    def average(self, each: Sequence[Outputs], weights: Sequence[float] | None = None) -> Outputs:
        """Of each row the text that is most like those of the other members."""
        counts = [1.0] * len(each) if weights is None else list(weights)
        texts = zip(*([str(text) for text in one["text"]] for one in each), strict=True)
        places = [medoid(row, counts) for row in texts]
        return {
            name: [each[place][name][row] for row, place in enumerate(places)] for name in each[0]
        }

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        """Also shares of texts that are all the same, empty, or copies of the input."""
        texts, truths = predictions["text"].tolist(), self.truths(rows)
        scores = {metric: text_score(metric, texts, truths) for metric in TEXT_METRICS}
        columns = [name for name in rows.column_names if name not in ("label", "idx")]
        inputs = list(zip(*(map(str, values(rows, name)) for name in columns), strict=True))
        return {**scores, **flaws(texts, inputs or [()] * len(texts))}

    def truths(self, rows: Dataset) -> list[Any]:
        return [text.strip() for text in values(rows, "label")]

    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        texts = predictions["text"].tolist()
        for metric in TEXT_METRICS:
            arrays = row_arrays(metric, texts, list(truths))
            yield Statistic(metric, arrays, chrf_of if metric == CHRF else None)

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        """That of the most frequent target; of equally frequent ones the first in the alphabet."""
        truths = self.truths(rows)
        counts = Counter(truths)
        usual = min(counts, key=lambda text: (-counts[text], text), default="")
        return text_score(metric, [usual] * len(truths), truths) or 0.0

    def doubts(self, scores: Scores) -> list[str]:
        said = (
            (SAME, _LIKELY, "the same text"),
            (EMPTY, _SOME, "empty"),
            (COPIED, _LIKELY, "copies of the input"),
        )
        return [
            f"{share:.0%} of the predictions are {what}"
            for name, most, what in said
            if (share := scores.get(name) or 0.0) >= most
        ]


_SPECIAL = (
    *("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"),
    *("forced_bos_token_id", "forced_eos_token_id", "bad_words_ids", "suppress_tokens"),
)


class _Targets:
    """Token numbers of target texts, each with an end-of-text token; counts the targets it cuts."""

    def __init__(self, tokenizer: Any, most: int) -> None:
        self._tokenizer, self.most, self.cut = tokenizer, most, 0
        special = tokenizer.num_special_tokens_to_add(pair=False)
        # Encoders that write, such as BERT with a decoder, end with their separator.
        self._end = tokenizer.eos_token_id
        if self._end is None:
            self._end = tokenizer.sep_token_id
        if self._end is None:
            raise ConfigError(
                "the tokenizer has no end-of-text token, and a model would never stop writing; "
                "set eos_token"
            )
        if most <= max(special, 1):
            raise ConfigError(
                f"max_new_tokens {most} leaves no room for text: expected {max(special, 1) + 1} "
                "(special tokens and one of the target) or more"
            )

    def ids_of(self, text: str) -> list[int]:
        whole = self._ids(text.strip())
        if len(whole) <= self.most:
            return whole
        self.cut += 1
        return self._ids(text.strip(), truncation=True, max_length=self.most)

    def _ids(self, text: str, **how: Any) -> list[int]:
        ids: list[int] = self._tokenizer(text_target=text, verbose=False, **how)["input_ids"]
        if self._end in ids[-2:]:  # before a language's token in some
            return ids
        return [*ids[: self.most - 1], self._end] if how else [*ids, self._end]


class _TokenScores:
    """Adds up the log-probabilities of the likeliest tokens while a text is generated."""

    def __init__(self, ends: Any) -> None:
        self._ends = ends if isinstance(ends, list) else [ends]
        self._total: Any = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        likeliest = scores.float().log_softmax(-1).max(-1).values
        if self._total is None:  # the token before the first may be that of the end
            self._total, self._count = likeliest, likeliest.new_ones(likeliest.shape)
            self._ended = likeliest.new_zeros(likeliest.shape).bool()
            return scores
        for end in self._ends:
            self._ended |= input_ids[:, -1] == end
        self._total = self._total + likeliest.masked_fill(self._ended, 0.0)
        self._count += ~self._ended
        return scores

    def mean(self) -> NDArray[np.float32]:
        """The mean over the tokens of each text, the one that ends it included."""
        found: NDArray[np.float32] = (self._total / self._count).cpu().numpy()
        return found
