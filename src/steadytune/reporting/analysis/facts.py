"""What the runs of a section have in common, and what they ran on, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...records.declaration import declarations
from ...records.schema import clean_text
from ...records.spec import RunSpec
from ..reading.run import Run
from .section_numbers import SectionNumbers

_LABELS = {name: declared.label for name, declared in declarations(RunSpec).items()}
_MOST_VALUES = 4


@dataclass(frozen=True)
class Fact:
    """A label and its value, both as text."""

    label: str
    value: str


def section_facts(section: SectionNumbers) -> tuple[Fact, ...]:
    """Task, data and recipe, without those that are not set."""
    known = {k: v for k, v in section.spec.items() if v not in (None, "", [], ())}
    ordered = [key for key in ("task", "model", *_LABELS) if key in known]
    ordered += [key for key in known if key not in _LABELS]
    facts = [Fact(field_label(key), value_text(known[key])) for key in dict.fromkeys(ordered)]
    return (*facts, *_data_facts(section))


def _data_facts(section: SectionNumbers) -> list[Fact]:
    task = section.task
    sizes = ", ".join(f"{split} {n}" for split, n in task.sizes.items() if n is not None)
    pairs = (("Examples", sizes), ("Data", task.source or ""))
    return [Fact(label, value) for label, value in pairs if value]


def section_headings(sections: Sequence[SectionNumbers]) -> list[str]:
    """A heading for each section: its task and model, and what tells it from the others."""
    # A field in which the arms of one section differ tells nothing of the section.
    varied = {key for s in sections for key in s.varied}
    keys = {key for s in sections for key in s.spec} - {"task", "model", "model_hash"} - varied
    differing = [k for k in _LABELS if k in keys and _differs(sections, k)]
    differing += sorted(k for k in keys - set(_LABELS) if _differs(sections, k))
    headings = [_heading(section, differing) for section in sections]
    headings = _told_apart(headings, [section.metric.name for section in sections])
    return _told_apart(headings, [f"rows {_rows_text(section)}" for section in sections])


def _told_apart(headings: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The headings, those of sections that differ in their texts with these."""
    seen: dict[str, set[str]] = {}
    for heading, text in zip(headings, texts, strict=True):
        seen.setdefault(heading, set()).add(text)
    return [
        f"{heading}, {text}" if len(seen[heading]) > 1 else heading
        for heading, text in zip(headings, texts, strict=True)
    ]


def short_names(headings: Sequence[str], sections: Sequence[SectionNumbers]) -> list[str]:
    """Sections by the name of their task; by their headings where a task has several."""
    tasks = [section.task.name for section in sections]
    return tasks if len(set(tasks)) == len(tasks) else list(headings)


def _rows_text(section: SectionNumbers) -> str:
    """The hash of the rows, of several training subsets that of the first one."""
    first = min(section.records, key=lambda record: record.spec.subset_seed)
    return clean_text(first.spec.data_hash) or "unknown"


def _differs(sections: Sequence[SectionNumbers], key: str) -> bool:
    return len({value_text(s.spec.get(key)) for s in sections}) > 1


def _heading(section: SectionNumbers, keys: Sequence[str]) -> str:
    parts = [value_text(section.spec.get(key)) for key in ("task", "model") if key in section.spec]
    parts += [f"{field_label(key).lower()} {value_text(section.spec.get(key))}" for key in keys]
    return ", ".join(parts)


def environment_facts(records: Sequence[Run]) -> tuple[Fact, ...]:
    """Versions and machine; where runs differ, all their values up to four."""
    seen: dict[str, dict[str, None]] = {}
    for record in records:
        for key, value in record.environment.items():
            if value is not None:
                seen.setdefault(key, {})[value_text(value)] = None
    return tuple(Fact(field_label(key), _listed(tuple(values))) for key, values in seen.items())


def _listed(values: Sequence[str]) -> str:
    more = len(values) - _MOST_VALUES
    text = "; ".join(values[:_MOST_VALUES])
    return f"{text}; and {more} more" if more > 0 else text


def period(records: Sequence[Run]) -> str:
    """From when to when the runs took place, to the minute, as far as they say so."""
    started = sorted(t for r in records if (t := _time(r.started)))
    finished = sorted(t for r in records if (t := _time(r.finished)))
    if not (started and finished):
        return ""
    first, last = started[0], finished[-1]
    ending = "%H:%M" if first.date() == last.date() else "%Y-%m-%d %H:%M"
    return f"{first:%Y-%m-%d %H:%M} to {last.strftime(ending)} UTC"


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def value_text(value: Any) -> str:
    """A value of a spec or an environment on one line."""
    if value is None:
        return "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return clean_text(", ".join(_item_text(item) for item in value))
    if isinstance(value, Mapping):
        return clean_text(", ".join(f"{k}: {value_text(v)}" for k, v in value.items()))
    return clean_text(str(value))


def _item_text(item: Any) -> str:
    """Lists of two, which is how pairs are written in JSON, read `name: value`."""
    if isinstance(item, list | tuple) and len(item) == 2:
        return f"{item[0]}: {value_text(item[1])}"
    return value_text(item)


def field_label(key: str) -> str:
    """What a field of a spec or an environment is called."""
    return _LABELS.get(key, clean_text(key).replace("_", " ").capitalize())
