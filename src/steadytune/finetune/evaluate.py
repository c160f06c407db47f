"""`steadytune evaluate`: a saved model on the rows of a task or of files, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from .._console import SafeConsole
from .._exceptions import ConfigError, DataError
from .._loudness import note, say, tell_settings
from .._progress import Work
from ..metrics.seq2seq import scorers
from ..stats import BootstrapInterval
from ..tasks import Encoded, Encoding, Predictions, Scores
from ..tasks._problem import values
from ..tasks.encoding import LONGEST_ANSWER
from ..tasks.files._table import listed
from .cut_rows import cut_warning, long_answers_warning, unread_words_warning
from .evaluation_rows import EvaluationRows
from .intervals import metric_intervals
from .label_space import LabelSpace, match_labels
from .saved import SavedModel
from .scoring import predict_rows, units
from .summary import print_uses, shown

_MOST_TOKENS = 512


@dataclass(frozen=True, eq=False)
class DomainScores:
    """What a model scores on rows.

    Args:
        name: Their name.
        use: What they are, in words.
        rows: Their number.
        scores: Metric -> value.
        intervals: Metric -> its bootstrap interval, for those that can be primary.
        f1_of: What F1 is of: a class of two, or `macro`; empty where there are no classes.
    """

    name: str
    use: str
    rows: int
    scores: Scores
    intervals: Mapping[str, BootstrapInterval]
    f1_of: str = ""


def encoding_of(
    saved: SavedModel, max_length: int | None, max_answer_length: int = LONGEST_ANSWER
) -> Encoding:
    """How texts are encoded: as asked for, as in training, or as much as the model takes.

    Raises:
        ConfigError: If more is asked for than the model takes.
    """
    positions = saved.positions
    if max_length is None:
        most = min(_MOST_TOKENS, positions or _MOST_TOKENS, saved.tokenizer.model_max_length)
        max_length = saved.max_length or most
    elif positions is not None and max_length > positions:
        raise ConfigError(
            f"max_length {max_length} is more than {saved.name} takes; give a `max_length` of "
            f"{positions} at most"
        )
    return Encoding(
        max_length,
        saved.stride,
        longest_answer=max_answer_length,
        label_names=saved.label_names,
        max_new_tokens=saved.max_new_tokens,
    )


def evaluate_model(
    saved: SavedModel,
    given: EvaluationRows,
    max_length: int | None = None,
    console: Console | None = None,
    max_answer_length: int = LONGEST_ANSWER,
) -> list[DomainScores]:
    """Score a model on every set of rows.

    Args:
        saved: The model.
        given: The rows, of `rows_of_files` or `rows_of_task`.
        max_length: Maximum number of tokens per input; None takes what the model was trained with.
        console: Where notes and progress go; by default where `print` goes.
        max_answer_length: Most tokens an answer (question answering).

    Raises:
        SteadytuneError: If labels do not map onto the model's, or its outputs are not finite.
    """
    if saved.problem.generates:
        scorers()  # Generation takes long: a missing package is said before it.
    console = console or SafeConsole()
    note(console, *saved.notes, *given.notes)
    space = None
    if saved.problem.spelled:
        for name, rows in given.splits.items():
            saved.problem.check_rows(rows, saved.label_names, name)
    elif saved.problem.named:
        where = ", ".join(given.splits)
        space = match_labels(saved.label_names, given.label_names, where)
        if space.merges and not saved.problem.exclusive:
            raise DataError(
                f"one label of {where} ({listed(given.label_names)}) stands for several of the "
                f"model's ({listed(saved.label_names)}); give examples with the model's labels"
            )
        if given.positive in given.label_names:
            space = space.with_second(given.label_names.index(given.positive))
        if space.note:
            note(console, space.note)
    encoding = encoding_of(saved, max_length, max_answer_length)
    tell_settings(console, saved.name, asdict(encoding))
    encoded = _encoded(saved, given, encoding, console)
    with Work(console, "evaluating", units(len(saved.models), encoded)) as work:
        predicted = {
            name: predict_rows(saved, encoded[name], rows, work.advance)
            for name, rows in given.splits.items()
        }
    f1_of = _f1_of(saved, given, space)
    found = [
        _scores(saved, name, given.uses[name], rows, predicted[name], space, f1_of)
        for name, rows in given.splits.items()
    ]
    for part in found:
        for doubt in saved.problem.doubts(part.scores):
            say(console, f"warning: {part.name}: {doubt}")
    return found


def print_evaluation(found: Sequence[DomainScores], metric: str, console: Console) -> None:
    """Print every metric of every set of rows, the primary one first, with its interval."""
    from rich.table import Table

    table, uses = Table(box=None, pad_edge=False, header_style="bold"), dict[str, list[str]]()
    for heading in ("rows", "number", "metric", "value", "95 % interval"):
        table.add_column(heading, justify="right" if heading in ("number", "value") else "left")
    for part in found:
        uses.setdefault(part.use, []).append(part.name)
        names = [metric, *(name for name in part.scores if name != metric)]
        heads = [(part.name, str(part.rows)), *[("", "")] * (len(names) - 1)]
        for head, name in zip(heads, names, strict=True):
            if name == metric or part.scores[name] is not None:
                interval = _interval_text(part.intervals.get(name))
                title = f"f1 ({part.f1_of})" if name == "f1" and part.f1_of else name
                table.add_row(*head, title, shown(part.scores[name]), interval)
    console.print(table)
    print_uses(uses, console)
    note(
        console,
        "Intervals are bootstrapped over the examples, for this one model; another seed may score "
        "differently.",
    )


def as_json(saved: SavedModel, found: Sequence[DomainScores], metric: str) -> dict[str, Any]:
    """The evaluation as JSON-ready values."""
    return {
        "model": saved.name,
        "kind": saved.kind,
        "metric": metric,
        "confidence": 0.95,
        "domains": {part.name: _domain_json(part) for part in found},
    }


def _encoded(
    saved: SavedModel, given: EvaluationRows, encoding: Encoding, console: Console
) -> dict[str, Encoded]:
    encode = saved.problem.encode
    encoded = {
        name: encode(rows, given.columns, saved.tokenizer, encoding)
        for name, rows in given.splits.items()
    }
    cut = {name: features.share_cut for name, features in encoded.items()}
    for warning in (
        cut_warning(cut, saved.problem, encoding.max_length, saved.positions),
        long_answers_warning(encoded, saved.problem),
        unread_words_warning(encoded),
    ):
        if warning:
            say(console, f"warning: {warning}")
    return encoded


def _scores(
    saved: SavedModel,
    name: str,
    use: str,
    rows: Any,
    predictions: Predictions,
    space: LabelSpace | None,
    f1_of: str,
) -> DomainScores:
    from datasets import Dataset

    if space is not None:
        predictions = {**predictions, "logits": space.logits(predictions["logits"])}
        labels = saved.problem.renumbered(values(rows, "label"), space.labels, len(space.groups))
        rows = Dataset.from_dict({"label": labels})  # all that scores of classes need
    truths = saved.problem.truths(rows)
    if not truths:
        raise DataError(f"{name} has no rows: expected one or more")
    scores = saved.problem.score(predictions, rows)
    intervals = metric_intervals(saved.kind, predictions, truths)
    return DomainScores(name, use, len(rows), scores, intervals, f1_of)


def _f1_of(saved: SavedModel, given: EvaluationRows, space: LabelSpace | None) -> str:
    """What F1 is of: the class in the second place of two, or the mean over the classes."""
    if space is None or "f1" not in saved.problem.metrics:
        return ""
    if len(space.groups) != 2:
        return "macro"
    if len(given.label_names) == 2:
        return given.label_names[space.labels.index(1)]
    return saved.label_names[space.groups[1][0]]


def _interval_text(found: BootstrapInterval | None) -> str:
    if found is None or found.interval is None:
        return ""
    return f"{found.interval.low:.4f} to {found.interval.high:.4f}"


def _domain_json(part: DomainScores) -> dict[str, Any]:
    intervals = {
        name: {"low": found.interval.low, "high": found.interval.high}
        for name, found in part.intervals.items()
        if found.interval is not None
    }
    shown = {"use": part.use, "rows": part.rows, "scores": part.scores, "intervals": intervals}
    return {**shown, "f1_of": part.f1_of} if part.f1_of else shown
