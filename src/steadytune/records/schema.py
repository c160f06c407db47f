"""What a record must look like before anything is computed from it.

Records are files that anyone may have written. Nothing in them is trusted: the shape is validated,
text loses its control characters, and a number that is not finite becomes None, "undefined".
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ..model_files import MINILM, is_minilm
from .training_curve import TrainingCurve

LONGEST_TEXT = 300
_TOO_LARGE = 1e150


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """`text` on one line, without control characters, at most `longest` characters long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _finite(value: float | None) -> float | None:
    """None for NaN, infinity, and what would be infinite once it is squared."""
    return value if value is None or abs(value) < _TOO_LARGE else None


def _absent_as_empty(value: object) -> object:
    return {} if value is None else value


T = TypeVar("T")
Text = Annotated[str, AfterValidator(clean_text)]
Number = Annotated[float | None, AfterValidator(_finite)]
Table = Annotated[dict[Text, T], BeforeValidator(_absent_as_empty), Field(default_factory=dict)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Spec(BaseModel):
    """What defines a run; keys besides these are kept as they are."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")
    task: Text
    method: Text
    seed: int
    subset_seed: int = 0


class Arm(_Part):
    """The study's name for a method with settings of its own, and which settings those are."""

    name: Annotated[Text, Field(min_length=1)]
    varies: list[Text] = []


class Origin(_Part):
    """Where a record was read from: the folder of its study, and its file's name without `.json`.

    It stands in no file; whoever reads the file sets it.
    """

    folder: str
    stem: str


class TaskPart(_Part):
    """The task as the run saw it; `exposed` names domains that all-MiniLM saw in pretraining."""

    name: Text
    metric: Text
    in_domain: Text
    kind: Text = ""
    out_of_domain: list[Text] = []
    exposed: list[Text] = []
    constant: Table[Number]
    sizes: Table[int | None]
    source: Text | None = None


class ProfilePart(_Part):
    """Attenuation of noise: for each injection layer b the ratios over the layers b .. L."""

    injection: list[Annotated[int, Field(ge=0, le=10_000)]]
    ratio: list[list[Number]]
    relative_noise: Number = None
    examples: int | None = None

    @model_validator(mode="after")
    def _one_row_a_layer(self) -> ProfilePart:
        if len(self.injection) != len(self.ratio):
            raise ValueError("ratio should have one row per injection layer")
        return self


class Profile(_Part):
    """The attenuation before and after fine-tuning."""

    before: ProfilePart | None = None
    after: ProfilePart | None = None


class Record(_Part):
    """One run, in version 1 of the format; `task` is None if the run crashed before loading it."""

    version: Literal[1]
    spec: Spec
    spec_hash: Text = ""
    arm: Arm | None = None
    status: Literal["ok", "diverged", "failed", "cancelled"]
    reason: Text | None = None
    task: TaskPart | None = None
    results: Table[Annotated[dict[Text, Number], BeforeValidator(_absent_as_empty)]]
    history: TrainingCurve = ()
    profile: Profile | None = None
    seconds: Table[Number]
    cost: Table[Number]
    findings: Table[Number]
    environment: Table[Any]
    started: Text | None = None
    finished: Text | None = None
    origin: Origin | None = None

    @property
    def method(self) -> str:
        """What reports call the method: the name of the arm, or the method's text form."""
        return self.arm.name if self.arm else self.spec.method

    @property
    def study(self) -> str:
        """The folder that the record was read from; empty if it was not read from one."""
        return self.origin.folder if self.origin else ""

    @property
    def exposed(self) -> frozenset[str]:
        """The domains that the run's model saw in pretraining, as far as they are known."""
        model = str((self.spec.model_extra or {}).get("model") or MINILM)
        seen = self.task.exposed if self.task and is_minilm(model) else ()
        return frozenset(seen)

    @model_validator(mode="after")
    def _result_of_a_task(self) -> Record:
        if self.task is None and self.status in ("ok", "diverged"):
            raise ValueError(f"task is missing from a run that is {self.status}")
        return self


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong, on one line: where it is and what was expected."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    what = problem["msg"].removeprefix("Value error, ")
    return clean_text(f"{where}: {what}" if where else what)
