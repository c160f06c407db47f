"""A record: what one run was and what came of it, in the format of docs/record.md.

Records are files that anyone may have written, so nothing in them is trusted. One schema reads them
in two modes. Strict, for ledgers and packing: what is read is written again as it was, and
whatever a report would leave out is refused. Tolerant, for reports: text loses its control
characters, a number that is not finite becomes None, "undefined", and an unreadable log costs the
curve, not the run.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from .packed import checked_name
from .spec import choosing_metric, key_of, spec_hash_of, upgraded
from .training_curve import readable_log
from .which import FINISHED, Rank, Status, rank

VERSION = 1
LONGEST_TEXT = 300
_TOO_LARGE = 1e150

STRICT = "strict"
"""The context of a validation in the strict mode."""


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """`text` on one line, without control characters, at most `longest` characters long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _is_strict(info: ValidationInfo) -> bool:
    return info.context == STRICT


def _text(text: str, info: ValidationInfo) -> str:
    return text if _is_strict(info) else clean_text(text)


def _finite(value: float | None, info: ValidationInfo) -> float | None:
    """None for NaN, infinity, and what would be infinite once it is squared."""
    if value is None or (_is_strict(info) and isinstance(value, float)):
        return value
    if abs(value) < _TOO_LARGE:
        return value if _is_strict(info) else float(value)
    if _is_strict(info):
        raise ValueError("a whole number too large to compute with")
    return None


def _log(value: Any, info: ValidationInfo) -> Any:
    return value if _is_strict(info) else readable_log(value)


def _absent_as_empty(value: object) -> object:
    return {} if value is None else value


T = TypeVar("T")
Text = Annotated[str, AfterValidator(_text)]
Number = Annotated[int | float | None, AfterValidator(_finite)]
Table = Annotated[dict[Text, T], BeforeValidator(_absent_as_empty), Field(default_factory=dict)]


class Part(BaseModel):
    """Keys that are not named here are kept as they are."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")


class Spec(Part):
    """What defines a run: the fields of `RunSpec`, the values that reports need by name."""

    task: Text
    method: Text
    seed: int
    subset_seed: int = 0
    chosen_by: Text = ""

    _written: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def fields(self) -> dict[str, Any]:
        """All fields with their values as they were written, whatever the mode of reading.

        Those that came after the record was written have the value that stood for them then.
        """
        return {**upgraded(self._written), "chosen_by": self.chosen_by}

    @property
    def written(self) -> dict[str, Any]:
        """The fields that the file holds."""
        return dict(self._written)

    @model_validator(mode="wrap")
    @classmethod
    def _upgraded(cls, given: Any, handler: ModelWrapValidatorHandler[Spec]) -> Spec:
        if not isinstance(given, dict):
            return handler(given)
        spec = handler(upgraded(given))
        spec._written = given
        return spec


class Arm(Part):
    """The study's name for a method with settings of its own, and which settings those are."""

    name: Annotated[Text, Field(min_length=1)]
    varies: list[Text] = []


class Origin(Part):
    """Where a record was read from: the folder of its study, and its file's name without `.json`.

    It stands in no file; whoever reads the file sets it.
    """

    folder: str
    stem: str


class TaskPart(Part):
    """The task as the run saw it; `exposed` names domains that all-MiniLM saw in pretraining."""

    name: Text
    kind: Text = ""
    metric: Text
    in_domain: Text
    out_of_domain: list[Text] = []
    exposed: list[Text] = []
    constant: Table[Number]
    sizes: Table[int | None]
    source: Text | None = None
    cut: Annotated[dict[str, Any], BeforeValidator(_absent_as_empty)] = {}
    label_names: list[Text] = []


class ProfilePart(Part):
    """Attenuation of noise: for each injection layer b the ratios over the layers b .. L."""

    injection: list[Annotated[int, Field(ge=0, le=10_000)]]
    relative_noise: Number = None
    noise: Any = None
    examples: int | None = None
    displacement: Any = None
    ratio: list[list[Number]]

    @model_validator(mode="after")
    def _one_row_a_layer(self) -> ProfilePart:
        if len(self.injection) != len(self.ratio):
            raise ValueError("ratio should have one row per injection layer")
        return self


class Profile(Part):
    """The attenuation before and after fine-tuning."""

    before: ProfilePart | None = None
    after: ProfilePart | None = None


class Record(Part):
    """One run, in version 1 of the format; `task` is None if the run crashed before loading it."""

    version: Literal[1]
    spec: Spec
    spec_hash: Text = ""
    status: Status
    reason: Text | None = None
    task: TaskPart | None = None
    results: Table[Annotated[dict[Text, Number], BeforeValidator(_absent_as_empty)]]
    history: Annotated[list[dict[str, Any]], BeforeValidator(_log)] = []
    profile: Profile | None = None
    seconds: Table[Number]
    cost: Table[Number]
    findings: Table[Number]
    environment: Table[Any]
    started: Text | None = None
    finished: Text | None = None
    arm: Arm | None = None
    origin: Origin | None = None

    @property
    def method(self) -> str:
        """What reports call the method: the name of the arm, or the method's text form."""
        return self.arm.name if self.arm else self.spec.method

    @property
    def has_result(self) -> bool:
        """Whether a repetition of the run would end as this record does."""
        return self.status in FINISHED

    @property
    def rank(self) -> Rank:
        """How much it says of its run, beside other records of that run."""
        return rank(self.status, self.finished)

    @cached_property
    def key(self) -> str:
        """What it shares with other records of its run, and with the planned run itself."""
        return key_of(self.spec.fields)

    def changed(self, **values: Any) -> Record:
        """The record with other JSON values, checked strictly; None takes one away."""
        content = {**self.content(), **values}
        told = {
            key: content[key] for key in content if key not in values or values[key] is not None
        }
        return Record.model_validate(told, context=STRICT)

    def content(self) -> dict[str, Any]:
        """What its file holds."""
        dumped = self.model_dump(exclude={"origin"}, exclude_unset=True)
        return {**dumped, "spec": self.spec.written}

    @model_validator(mode="wrap")
    @classmethod
    def _with_what_chose(cls, given: Any, handler: ModelWrapValidatorHandler[Record]) -> Record:
        """An older spec does not say which metric chose; the task's did."""
        record = handler(given)
        if record.task is None or "chosen_by" in record.spec.written:
            return record
        told = choosing_metric(record.spec.written, record.task.kind, record.task.metric)
        spec = record.spec.model_copy(update={"chosen_by": told})
        return record.model_copy(update={"spec": spec}) if told else record

    @model_validator(mode="after")
    def _result_of_a_task(self) -> Record:
        if self.task is None and self.status in FINISHED:
            raise ValueError(f"task is missing from a run that is {self.status}")
        return self

    @model_validator(mode="after")
    def _named_as_it_is(self, info: ValidationInfo) -> Record:
        """In the strict mode the name says which run it is, and leads nowhere else."""
        if _is_strict(info):
            checked_name(self.spec.method, self.spec.seed, self.spec_hash)
            require_own_hash(self)
        return self


def require_own_hash(record: Record) -> None:
    """Refuse a record that was edited: its spec is another run's.

    Raises:
        ValueError: If `spec_hash` is that of another spec.
    """
    if (expected := spec_hash_of(record.spec.written)) != record.spec_hash:
        raise ValueError(
            f"spec_hash is {record.spec_hash}, and its spec has {expected}: it was changed by hand"
        )


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong, on one line: where it is and what was expected."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    what = problem["msg"].removeprefix("Value error, ")
    return clean_text(f"{where}: {what}" if where else what)
