"""What a fit came to, as `fit.json` holds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..finetune.members import Member
from ..metrics.confusion_counts import confusion_table
from ..records.prediction_file import read_predictions
from ..records.spec import RunSpec
from ..stats import bootstrap_interval
from ..tasks._problem import values
from .candidates import DEFAULTS, Candidate
from .cost import Timing
from .final import Kept
from .floor import Floor
from .forms import SINGLE, Parts
from .judge import suspects
from .kinds import AsClasses
from .plan import Plan
from .search import Found
from .setup import FEWEST_TESTED
from .work import Work

if TYPE_CHECKING:
    from datasets import Dataset

Array = NDArray[Any]

_BINS = 8
_MOST_CLASSES = 200
"""Of a confusion table, which has their square of numbers."""
_FEWEST_IN_BIN = 10


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that a fit found out.

    Args:
        found: By the search.
        plan: How much was tried.
        timing: Of the machine.
        kept: The model.
        floor: The linear model on frozen features; None where there is none.
        shortened: What the first plan would have tried more, in words.
    """

    found: Found
    plan: Plan
    timing: Timing
    kept: Kept
    floor: Floor | None
    shortened: str = ""


@dataclass(frozen=True, eq=False)
class Basis:
    """The examples that scores are shown on, with what the kept model says of them.

    Args:
        rows: The examples.
        outputs: One entry an example.
        truth: One entry an example.
        value: The score to expect.
        interval: Its interval, if it has one.
        words: Which examples they are.
        floor: What the floor scores there; None where there is none.
        plain: What single seeds of plain training score there.
        defaults: What single seeds of transformers' defaults score there.
        members: What the members score there.
        plain_on: On how many of them plain training was scored, where that is not all.
    """

    rows: Dataset
    outputs: Array
    truth: Array
    value: float
    interval: list[float] | None
    words: str
    floor: float | None
    plain: list[float]
    defaults: list[float]
    members: list[float]
    plain_on: int | None = None


def facts_of(work: Work, outcome: Outcome) -> dict[str, Any]:
    """The content of `fit.json`.

    Args:
        work: Where trainings happened.
        outcome: What came of them.
    """
    setup, task = work.setup, work.task
    found, kept = outcome.found, outcome.kept
    crossed = found.out_of_fold is not None and not setup.is_tested
    basis = _crossed(work, outcome) if crossed else _tested(work, outcome)
    return {
        "version": 1,
        "steadytune": __version__,
        "name": task.name,
        "kind": task.kind,
        "label_names": list(task.label_names),
        "sizes": {split: len(rows) for split, rows in task.splits.items()},
        "model": setup.model.name,
        "seed": work.seed,
        "budget": setup.options.seconds,
        "timing": dataclasses.asdict(outcome.timing),
        "plan": dataclasses.asdict(outcome.plan),
        "shortened": outcome.shortened,
        "metric": setup.measure.name,
        "percent": setup.measure.percent,
        "score": {"value": basis.value, "interval": basis.interval, "basis": basis.words},
        "constant": setup.kind.constant(setup.measure, task, basis.rows),
        "floor": basis.floor,
        "plain": basis.plain,
        "plain_on": basis.plain_on,
        "defaults": basis.defaults,
        "members": basis.members,
        "chosen": found.chosen.as_dict(),
        "reason": found.reason,
        "tried": [_tried(entry) for entry in found.tried],
        "kept": {
            "form": kept.choice.form.named(setup.kind),
            "frozen": kept.choice.form.frozen,
            "why": kept.choice.why,
            "distilled": kept.distilled,
            "taught": 0 if found.out_of_fold is None else len(found.out_of_fold.places),
            "unlabelled": setup.unlabelled,
            "seeds": [member.seed for member in kept.members],
            **dataclasses.asdict(kept.calibration),
        },
        "curves": [_curve(member) for member in kept.all_members],
        "confusion": _confusion(basis, len(task.label_names) if task.problem.exclusive else 0),
        "calibration": _calibration(setup.kind.as_classes(basis.outputs[None], basis.truth)),
        "suspects": _suspects(work, found),
    }


def _tested(work: Work, outcome: Outcome) -> Basis:
    """Scores on the test set."""
    setup, kept, seeds = work.setup, outcome.kept, range(1, outcome.plan.members + 1)
    truth, measure = setup.test_truth, setup.measure
    outputs = setup.kind.outputs(kept.predictions[work.task.domain], truth)
    calibration = kept.calibration
    draws = np.random.default_rng(work.seed)
    found = bootstrap_interval(measure.value, measure.rows(outputs, truth), draws).interval
    few = "" if setup.is_tested else f" (a reliable score needs {FEWEST_TESTED})"

    def scores(candidate: Candidate, choices: Mapping[str, float]) -> list[float]:
        if not (outcome.plan.references and setup.is_tested):
            return []
        return _test_scores(work, (work.whole_spec(candidate, seed) for seed in seeds), choices)

    members = (RunSpec(**member.record.spec.fields) for member in kept.all_members)
    return Basis(
        rows=work.task.test[work.task.domain],
        outputs=outputs,
        truth=truth,
        value=measure(outputs, truth),
        interval=None if found is None else [found.low, found.high],
        words=f"on {len(truth)} held-out test examples{few}",
        floor=None if outcome.floor is None else outcome.floor.tested,
        plain=scores(outcome.found.plain, outcome.found.plain_choices),
        defaults=scores(DEFAULTS, {}),
        members=_test_scores(work, members, calibration.choices, calibration.temperature or 1.0),
    )


def _crossed(work: Work, outcome: Outcome) -> Basis:
    """Scores out of fold, corrected for the choice among candidates."""
    found, judge = outcome.found, work.setup.judge
    assert found.out_of_fold is not None and found.corrected is not None
    places = found.out_of_fold.places
    choice = outcome.kept.choice
    floor = None if outcome.floor is None else outcome.floor.outputs
    parts = Parts(judge, found.out_of_fold, floor)
    apparent = parts.scorer(choice.form)(np.arange(len(places)))
    value, interval = apparent - found.optimism - choice.optimism, None
    temperature = outcome.kept.calibration.temperature or 1.0
    of = "of what the one model learned from, " if outcome.kept.distilled else ""
    if choice.form is not SINGLE and not judge.kind.combines:
        of = "of single seeds, "
    within = found.corrected.interval
    if within is not None:
        shift = value - found.corrected.score
        interval = [within.low + shift, min(1.0, within.high + shift)]
    return Basis(
        rows=work.task.train.select(places.tolist()),
        outputs=parts.decided(parts.shown(choice.form).averaged(temperature)),
        truth=work.setup.truth[places],
        value=value,
        interval=interval,
        words=(
            f"by cross-validation {of}on {len(places)} examples, corrected for the choice: "
            f"{len(work.setup.test_truth)} test examples are too few"
        ),
        floor=None if floor is None else judge.measure(floor[places], judge.truth[places]),
        plain=list(found.plain_scores),
        defaults=[],
        members=judge.single_scores(found.out_of_fold),
        plain_on=found.plain_on if found.plain_on < len(places) else None,
    )


def _test_scores(
    work: Work,
    specs: Iterable[RunSpec],
    choices: Mapping[str, float],
    temperature: float = 1.0,
) -> list[float]:
    """What trainings that finished score on the test set, at choices for this temperature."""
    setup, scores = work.setup, []
    for spec in specs:
        record = work.record(spec)
        if record.status == "ok":
            said = read_predictions(work.ledger.predictions_of(record))[work.task.domain]
            outputs = setup.kind.outputs(said, setup.test_truth)
            decided = setup.kind.with_choices(setup.kind.cooled(outputs, temperature), choices)
            scores.append(setup.measure(decided, setup.test_truth))
    return scores


def _tried(entry: Any) -> dict[str, Any]:
    rest = {"score": entry.score, "trainings": entry.trainings, "end": entry.end}
    return {**entry.candidate.as_dict(), **rest}


def _curve(member: Member) -> list[list[float]]:
    history = member.record.history
    return [[entry["step"], entry["loss"]] for entry in history if entry.get("loss") is not None]


def _confusion(basis: Basis, classes: int) -> list[list[int]]:
    if not 2 <= classes <= _MOST_CLASSES:
        return []
    table = confusion_table(basis.outputs.argmax(axis=1), basis.truth, classes)
    return [[int(count) for count in row] for row in table]


def _calibration(classes: AsClasses | None) -> list[list[float]]:
    """Bins of confidence: mean confidence, share that is right, examples."""
    from scipy.special import softmax

    if classes is None:
        return []
    shares = softmax(classes.logits[0], axis=1)
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == classes.labels
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(_BINS, max(1, len(order) // _FEWEST_IN_BIN)))
    return [
        [float(confidence[part].mean()), float(right[part].mean()), float(len(part))]
        for part in parts
    ]


def _suspects(work: Work, found: Found) -> list[dict[str, Any]]:
    """The training examples whose labels the models that did not see them believe least."""
    if found.out_of_fold is None or not work.task.problem.exclusive:
        return []
    outputs = np.full(found.out_of_fold.outputs.shape[1:], np.nan)
    places, names = found.out_of_fold.places, work.task.label_names
    outputs[places] = work.setup.kind.average(found.out_of_fold.outputs[:, places])
    texts = [values(work.task.train, column) for column in work.task.columns]
    return [
        {
            "text": " / ".join(column[place] for column in texts),
            "label": names[int(work.setup.truth[place])],
            "likelier": names[best],
            "given": given,
        }
        for place, best, _, given in suspects(outputs, work.setup.truth)
    ]
