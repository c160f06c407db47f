"""What a fit came to: a value with the model, and the lines that are printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from .._counted import counted
from .._exceptions import ModelError
from .._page.notebook import InNotebook
from .._untrusted import json_object
from ..finetune.saved import SavedModel, load_saved
from ..pretrained import CAREFUL, Trust
from ..records.schema import Part, Table, first_problem

FACTS = "fit.json"


class _Score(Part):
    value: float
    interval: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    basis: str


class _Chosen(Part):
    method: str
    learning_rate: float
    epochs: float


class _Kept(Part):
    why: str
    temperature: float | None
    width: float | None
    seeds: list[int]
    form: str = ""
    ensemble: bool = False
    skipped: str = ""
    distilled: bool = False
    taught: int | None = None
    unlabelled: int = 0
    choices: Table[float]


class _Sizes(Part):
    train: int


class _Facts(Part):
    """What the lines below need of `fit.json`, which anyone may have written."""

    metric: str
    percent: bool
    score: _Score
    constant: float
    floor: float | None
    plain: list[float]
    plain_on: int | None = None
    defaults: list[float]
    chosen: _Chosen
    reason: str
    kept: _Kept
    sizes: _Sizes


@dataclass(frozen=True, eq=False)
class FitResult(InNotebook):
    """The result of a fit.

    Args:
        folder: The model's folder.
        facts: The content of `fit.json`.
        trust: What of the model's files may be read.
    """

    _view = "steadytune.fitting.page:result_page"

    folder: Path
    facts: Mapping[str, Any]
    trust: Trust = CAREFUL

    @property
    def score(self) -> float:
        """The score to expect on new examples."""
        return float(self.facts["score"]["value"])

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval; None where it does not vary."""
        found = self.facts["score"]["interval"]
        return (found[0], found[1]) if found else None

    @property
    def metric(self) -> str:
        """The name of the metric."""
        return str(self.facts["metric"])

    @property
    def model(self) -> SavedModel:
        """The model, loaded."""
        return load_saved(self.folder, self.trust)

    def __str__(self) -> str:
        return "\n".join(summary(self.facts, self.folder))


def read_result(folder: Path, trust: Trust = CAREFUL) -> FitResult:
    """The result that lies in a folder.

    Raises:
        ModelError: If there is none, or its `fit.json` is damaged.
    """
    remedy = "make one with `steadytune fit`, in another folder or after this one is removed"
    try:
        facts = json_object(folder / FACTS)
        _Facts.model_validate(facts)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} has no {FACTS}; {remedy}") from error
    except (OSError, ValueError) as error:
        problem = first_problem(error) if isinstance(error, ValidationError) else error
        raise ModelError(f"{folder / FACTS} is damaged ({problem}); {remedy}") from error
    return FitResult(folder, facts, trust)


def summary(facts: Mapping[str, Any], folder: Path) -> list[str]:
    """At most eight lines."""
    return list(_lines(facts, folder))


def _lines(facts: Mapping[str, Any], folder: Path) -> Iterator[str]:
    score, metric = facts["score"], facts["metric"]
    within = ""
    if score["interval"]:
        low, high = (shown(facts, value) for value in score["interval"])
        within = f" (95 % interval {low} to {high})"
    yield f"Expect {metric} {shown(facts, score['value'])}{within}, {score['basis']}."
    if facts["plain"]:
        some = f" on {facts['plain_on']} of these examples" if facts.get("plain_on") else ""
        yield (
            f"Single seeds of plain training at the rate and epochs found: "
            f"{_range(facts, facts['plain'])}{some}; "
            f"the kept model: {shown(facts, score['value'])}."
        )
    if facts["defaults"]:
        yield (
            f"Transformers' defaults (5e-5, 3 epochs): {_range(facts, facts['defaults'])}; "
            f"majority-class baseline: {shown(facts, facts['constant'])}."
        )
    yield _above(facts)
    chosen = facts["chosen"]
    yield (
        f"Chosen: {chosen['method']}, learning rate {chosen['learning_rate']:g}, "
        f"{chosen['epochs']:g} epochs: {facts['reason']}."
    )
    yield f"Kept: {_kept(facts)}."
    yield f"Model, card and report.html: {folder}"
    yield f"Predict: steadytune predict {folder} FILE --out predictions.csv"


def _above(facts: Mapping[str, Any]) -> str:
    """Whether it is worth its training: against the floor, or what needs no model at all."""
    what, least = "the floor, a linear model on frozen features", facts["floor"]
    if least is None:
        what, least = "the majority-class baseline", facts["constant"]
    gain = facts["score"]["value"] - least
    by = f"{100 * gain:+.1f} points" if facts["percent"] else f"{gain:+.3f}"
    side = "above" if gain > 0 else "NOT above"
    return f"Against {what}: {by}, {side} its {shown(facts, least)}."


def _kept(facts: Mapping[str, Any]) -> str:
    kept, distilled = facts["kept"], facts["kept"].get("distilled")
    form = kept.get("form") or _earlier_form(kept)
    if distilled:
        form = _distilled(facts, form)
    text = f"{form} ({kept['why']})"
    if distilled:  # temperature and width are those of what it learned from
        kept = {**kept, "temperature": None, "skipped": "", "width": None}
    if kept["temperature"] is not None:
        text += f", probabilities calibrated with temperature {kept['temperature']:.2f}"
    if kept.get("skipped"):
        text += f", probabilities not calibrated: {kept['skipped']}"
    for name, value in (kept.get("choices") or {}).items():
        text += f", {name.replace('_', ' ')} {value:.2g}"
    if kept["width"] is not None:
        text += f", 90 % of new numbers within {kept['width']:.3g} of the prediction"
    return text


def _distilled(facts: Mapping[str, Any], form: str) -> str:
    """What the one model learned from, and on how many texts, where that is known."""
    taught, texts = facts["kept"].get("taught"), facts["kept"].get("unlabelled")
    if taught == 0 and not texts:
        return "one plain model of a single seed: without a search it learns from `unlabelled` only"
    learned = f"one plain model that learned from {form}"
    if taught is None:
        return learned
    more = f" and {counted(texts, 'text')} without labels" if texts else ""
    return f"{learned} on {taught} of {facts['sizes']['train']} training examples{more}"


def _earlier_form(kept: Mapping[str, Any]) -> str:
    """What version 0.1 wrote had one of two forms."""
    return (
        f"an ensemble of {len(kept['seeds'])} seeds" if kept.get("ensemble") else "one plain model"
    )


def _range(facts: Mapping[str, Any], scores: list[float]) -> str:
    low, high = shown(facts, min(scores)), shown(facts, max(scores))
    return low if low == high else f"{low} to {high}"


def shown(facts: Mapping[str, Any], value: float) -> str:
    """A score as sentences have it."""
    return f"{100 * value:.1f} %" if facts["percent"] else f"{value:.3f}"
