"""A run as a report keeps it: of its record what tables and figures use, in little memory.

A study may have 100,000 records. What runs have in common is kept once, and the numbers of curves
and profiles lie next to each other.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import Any, TypeVar

from ...model_files import MINILM, is_minilm
from ...records.schema import Arm, ProfilePart, Record, TaskPart
from ...records.training_curve import Curve
from ...records.which import Rank, Status, rank

Numbers = Mapping[str, float | None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spec:
    """What defines a run.

    Args:
        seed: Its seed.
        others: All other fields, one object for all runs that differ in their seed alone.
    """

    seed: int
    others: Mapping[str, Any]

    @property
    def fields(self) -> dict[str, Any]:
        """All fields by name, in the order of the record."""
        return {**self.others, "seed": self.seed}

    @property
    def task(self) -> str:
        """The name of the task."""
        return str(self.others["task"])

    @property
    def method(self) -> str:
        """The method in its text form."""
        return str(self.others["method"])

    @property
    def subset_seed(self) -> int:
        """The seed of the draw of training examples."""
        return int(self.others["subset_seed"])

    @property
    def data_hash(self) -> str:
        """The hash of the examples that the run read; empty if it is not recorded."""
        return str(self.others.get("data_hash", ""))

    @property
    def model(self) -> str:
        """The model that the run started from."""
        return str(self.others.get("model") or MINILM)


@dataclass(frozen=True, slots=True)
class Attenuation:
    """How noise of some size moves the layers above the one where it enters.

    Args:
        injection: The layers where noise enters.
        relative_noise: Its size.
    """

    injection: tuple[int, ...]
    relative_noise: float | None
    _widths: tuple[int, ...]
    _ratios: array[float]

    @property
    def ratio(self) -> list[list[float | None]]:
        """For each layer of `injection` one ratio per layer above; None where it is undefined."""
        ratios = iter(self._ratios)
        return [
            [None if isnan(value := next(ratios)) else value for _ in range(width)]
            for width in self._widths
        ]


@dataclass(frozen=True, slots=True)
class Profile:
    """The attenuation before and after fine-tuning."""

    before: Attenuation | None
    after: Attenuation | None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run, as its record in the format of docs/record.md tells it.

    Args:
        spec: What defines it.
        spec_hash: What its record is named by.
        key: What it shares with other records of the run, and with the planned run itself.
        status: How it ended.
        reason: Why it did not end well.
        task: The task as it saw it; None if it crashed before loading it.
        results: Split -> metric -> value.
        profile: How noise moved its model's layers; None if that was not measured.
        seconds: What took how long.
        cost: What a step cost.
        environment: Versions and machine.
        started: When, in ISO 8601.
        finished: When, in ISO 8601.
        arm: The study's name for its method and settings.
        study: The folder that the record was read from; empty if it was not read from one.
        stem: Its file's name there without `.json`; empty likewise.
    """

    spec: Spec
    spec_hash: str
    key: str
    status: Status
    reason: str | None
    task: TaskPart | None
    results: Mapping[str, Numbers]
    profile: Profile | None
    seconds: Numbers
    cost: Numbers
    environment: Mapping[str, Any]
    started: str | None
    finished: str | None
    arm: Arm | None
    study: str
    stem: str
    _log: array[float]

    @property
    def method(self) -> str:
        """What reports call the method: the name of the arm, or the method's text form."""
        return self.arm.name if self.arm else self.spec.method

    @property
    def exposed(self) -> frozenset[str]:
        """The domains that the run's model saw in pretraining, as far as they are known."""
        return frozenset(self.task.exposed if self.task and is_minilm(self.spec.model) else ())

    @property
    def curve(self) -> Curve:
        """Step and loss of what was logged in training."""
        return tuple(zip(self._log[::2], self._log[1::2], strict=True))

    @property
    def losses(self) -> array[float]:
        """The losses of the curve."""
        return self._log[1::2]

    @property
    def rank(self) -> Rank:
        """How much it says, beside other records of the run."""
        return rank(self.status, self.finished)


class Shelf:
    """Makes runs of records, and keeps what they have in common once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[type, str], Any] = {}

    def run(self, record: Record) -> Run:
        """What a report uses of a record that was read in the tolerant mode."""
        origin, fields = record.origin, record.spec.model_dump()
        return Run(
            spec=Spec(record.spec.seed, self._same({**fields, "seed": None})),
            spec_hash=record.spec_hash,
            key=record.key,
            status=record.status,
            reason=record.reason,
            task=self._same(record.task),
            results=record.results,
            profile=self._profile(record),
            seconds=record.seconds,
            cost=record.cost,
            environment=self._same(record.environment),
            started=record.started,
            finished=record.finished,
            arm=self._same(record.arm),
            study=self._same(origin.folder) if origin else "",
            stem=origin.stem if origin else "",
            _log=array("d", [each[key] for each in record.history for key in ("step", "loss")]),
        )

    def _profile(self, record: Record) -> Profile | None:
        if record.profile is None:
            return None
        before, after = map(self._attenuation, (record.profile.before, record.profile.after))
        return Profile(before, after)

    def _attenuation(self, part: ProfilePart | None) -> Attenuation | None:
        if part is None:
            return None
        ratios = (nan if value is None else value for row in part.ratio for value in row)
        return Attenuation(
            self._same(tuple(part.injection)),
            part.relative_noise,
            self._same(tuple(map(len, part.ratio))),
            array("d", ratios),
        )

    def _same(self, value: T) -> T:
        """The value, or the equal one that another run has."""
        plain = value.model_dump() if isinstance(value, TaskPart | Arm) else value
        kept: T = self._kept.setdefault((type(value), json.dumps(plain, default=repr)), value)
        return kept
