"""What ensembles of a few of the runs would score in domain, from their predictions.

As `steadytune train --keep ensemble` makes them: probabilities are averaged, or numbers, and of
generated texts the most typical one is taken. Runs that learned nothing from their training rows
are left out. A run that diverged or crashed has no model and is left out too; an ensemble without
any other run scores what the majority-class baseline scores, as such a run does in all tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from ...metrics.confusion_counts import OF_COUNTS, counter
from ...metrics.multilabel import OF_SETS, THRESHOLD
from ...metrics.ordinal import GRADE, OF_GRADES, nearest
from ...metrics.regression import REGRESSION_METRICS, correlation
from ...records.packed import record_name
from ...records.prediction_file import Columns
from ...records.schema import TaskPart
from ...stats import MOST_GROUPS, ensemble_scores, is_degenerate
from ..reading.predictions import PredictedRun
from ..reading.run import Run
from .generated import TEXT, are_generated, text_scorer
from .predicted import same_rows
from .scoring import raw_score
from .section_numbers import Ensembles, SectionNumbers
from .tagged import TAGS, word_probabilities, word_scorer

SIZES = (1, 2, 3, 5)
TRAIN = "train"
TOLERANCE = 1e-5

MOST_ROWS = 200_000
MOST_CLASSES = 1000
MOST_SCORED = 10_000_000
"""Rows that are scored for one size of ensembles: of more rows fewer groups are."""
FEWEST_GROUPS = 100
MOST_NAMED = 3

Array = NDArray[Any]
Scorer = Callable[[Array], float | None]
Together = Callable[[Sequence[int]], float | None]
"""What runs, given by their places, score as one."""


def ensembles(
    section: SectionNumbers, method: str, runs: Sequence[PredictedRun], rng: np.random.Generator
) -> list[Ensembles]:
    """What ensembles of a method's runs score; none without predictions, or of answers alone.

    Raises:
        ValueError: There are predictions, and they do not serve; the text says why.
    """
    domain, constant = section.task.in_domain, section.in_domain.constant
    failed = [_Member(None, learned=False) for run in runs if run.run.status != "ok"]
    finished = [run for run in runs if run.run.status == "ok"]
    columns = [run.splits[domain] for run in finished if domain in run.splits]
    answers = any(TEXT in run and not are_generated(run) for run in columns)
    if not columns or len(runs) < 2 or constant is None or answers:
        return []
    if missing := [run.run for run in finished if domain not in run.splits]:
        specs = ((run.spec.method, run.spec.seed, run.spec_hash) for run in missing[:MOST_NAMED])
        first = ", ".join(record_name(*spec) for spec in specs)
        more = ", ..." if len(missing) > MOST_NAMED else ""
        raise ValueError(f"no predictions of {first}{more}")
    if len(same_rows(columns)) < len(columns):
        raise ValueError("its runs have predictions of different rows")
    scorer, rows = _together(section.task, columns)
    _require_scores(finished, scorer, section)
    made = (_Member(place, _learned(run.run)) for place, run in enumerate(finished))
    members = [*made, *failed]
    score = partial(_score, members, scorer, constant)
    sizes = [size for size in SIZES if size <= len(members)]
    most = max(FEWEST_GROUPS, min(MOST_GROUPS, MOST_SCORED // rows))
    found = ensemble_scores(score, len(members), sizes, rng, most)
    learned = sum(member.learned for member in members)
    return [Ensembles(method, len(members), learned, found)]


def _require_scores(
    runs: Sequence[PredictedRun], scorer: Together, section: SectionNumbers
) -> None:
    """Predictions that do not give a run's score are those of another run."""
    for place, run in enumerate(runs):
        recorded, found = raw_score(run.run, section.task.in_domain), scorer([place])
        if recorded is not None and (found is None or abs(found - recorded) > TOLERANCE):
            raise ValueError(f"the predictions of seed {run.run.spec.seed} do not give its score")


@dataclass(frozen=True, eq=False)
class _Member:
    """A run, by the place of its output among all; None where it left no model."""

    place: int | None
    learned: bool


def _learned(run: Run) -> bool:
    """Whether it ended on its training rows above the majority-class baseline; in doubt, yes."""
    constant = run.task.constant.get(TRAIN) if run.task else None
    if constant is None or TRAIN not in run.results:
        return True
    return not is_degenerate(raw_score(run, TRAIN) or 0.0, constant)


def _score(
    members: Sequence[_Member],
    scorer: Together,
    constant: float,
    group: NDArray[np.intp],
) -> float:
    chosen = [members[number] for number in group]
    kept = [member for member in chosen if member.learned] or chosen
    places = [member.place for member in kept if member.place is not None]
    value = scorer(places) if places else None
    return constant if value is None else value


def _together(task: TaskPart, runs: Sequence[Columns]) -> tuple[Together, int]:
    """What these runs score as one, and on how many rows."""
    if all(map(are_generated, runs)):
        return text_scorer(task.metric, runs), len(runs[0]["label"])
    scorer, outputs = _scorer(task, runs[0]), np.stack([_output(task, run) for run in runs])
    return lambda places: scorer(outputs[places].mean(axis=0)), len(outputs[0])


def _output(task: TaskPart, run: Columns) -> Array:
    """What is averaged: probabilities, shape (rows, classes), or numbers, shape (rows,).

    Where words are tagged, each is a row. Where a text has several labels, the last column holds
    the threshold.
    """
    if TAGS in run:
        return word_probabilities(run, task.label_names)
    if "logits" not in run:
        return _finite(run, "value", axes=1)
    if THRESHOLD in run:  # is averaged with the probabilities, as its last column
        threshold = _finite(run, THRESHOLD, axes=1)[:, None]
        return np.concatenate([expit(_finite(run, "logits", axes=2)), threshold], axis=1)
    return softmax(_finite(run, "logits", axes=2), axis=1)  # type: ignore[no-any-return]


def _scorer(task: TaskPart, columns: Columns) -> Scorer:
    """The metric of what is averaged, for the rows of these predictions."""
    metric = task.metric
    if TAGS in columns:
        return word_scorer(metric, columns, task.label_names)
    if GRADE in columns and metric in OF_GRADES:
        grades, truth = list(map(int, task.label_names)), _finite(columns, "label", axes=1)
        return lambda values: OF_GRADES[metric](nearest(values, grades), truth)
    if metric in REGRESSION_METRICS:
        numbers = _finite(columns, "label", axes=1)
        if metric == "pearson":
            return _pearson(numbers)
        return lambda values: correlation(metric, values, numbers)
    if metric in OF_SETS and THRESHOLD in columns:
        held, of_sets = _finite(columns, "label", axes=2).astype(bool), OF_SETS[metric]
        if held.shape != columns["logits"].shape:
            raise ValueError("its labels are not those of its logits")
        return lambda mean: of_sets(mean[:, :-1] >= mean[:, -1:], held)
    if metric not in OF_COUNTS:
        raise ValueError(f"ensembles are not scored by {metric}")
    classes, of_counts = _finite(columns, "logits", axes=2).shape[1], OF_COUNTS[metric]
    if classes > MOST_CLASSES:
        raise ValueError(f"it has {classes} classes, and at most {MOST_CLASSES} are averaged here")
    labels = _finite(columns, "label", axes=1)
    truth = labels.astype(np.int64)
    in_range = truth.min() >= 0 and truth.max() < classes
    if not in_range or (truth != labels).any():
        raise ValueError(f"its labels are not those of {classes} classes")
    counts = counter(truth, classes)
    return lambda mean: of_counts(counts(mean.argmax(axis=1)))


def _pearson(truth: Array) -> Scorer:
    """Pearson's correlation with the same truth, for thousands of ensembles; None if undefined."""
    direction = _direction(truth)

    def score(values: Array) -> float | None:
        found = _direction(values)
        if found is None or direction is None:
            return None
        return float(np.clip(np.dot(found, direction), -1.0, 1.0))

    return score


def _direction(values: Array) -> Array | None:
    """The deviations from the mean, of length 1; None where there is nothing to divide by."""
    if len(values) < 2 or np.ptp(values) == 0:
        return None
    deviations = values - values.mean()
    # Scaled first: the square of a large number would overflow.
    scaled = deviations / np.abs(deviations).max()
    found: Array = scaled / np.linalg.norm(scaled)
    return found if np.isfinite(found).all() else None


def _finite(columns: Columns, name: str, axes: int) -> Array:
    """A column as finite numbers, one entry for each of the rows that have a label."""
    if name not in columns or "label" not in columns:
        raise ValueError(f"its predictions have no {name if name not in columns else 'label'}")
    values, rows = columns[name], len(columns["label"])
    if values.dtype.kind == "U" or values.ndim != axes or not 0 < len(values) == rows <= MOST_ROWS:
        raise ValueError(f"the column {name} of its predictions has another shape than expected")
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"the column {name} of its predictions is not finite")
    return numbers
