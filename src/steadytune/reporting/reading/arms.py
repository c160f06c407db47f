"""Which runs belong together: the sections of a study, and its arms within a section.

An arm is a method with a recipe of its own, as tuning or a matched budget gives it. The fields that
any arm of a study varies do not tell its sections apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...records.schema import Arm, clean_text
from ...records.spec import by_content
from .run import Run

_NOT_SETTING = frozenset(
    {"method", "method_options", "seed", "subset_seed", "data_hash", "chosen_by"}
)

# Equal in these, two runs read the same rows as long as those stay as they are.
_ROWS = frozenset({"task", "subset_seed", "train_size", "dev_size", "eval_size", "scored"})

_OPTIONS = "method_options"
_OPTION = re.compile(r"\w+=[^,()]+|\w+ v\d+")

_Variant = tuple[tuple[str, str], ...]


def grouped(records: Sequence[Run]) -> list[list[Run]]:
    """The records by section, ordered by task and then by the rest of the recipe.

    Runs of one section differ in nothing but method, seed, training subset and the fields that an
    arm of their study varies, and are scored by one metric. Runs made before their rows changed are
    a section of their own.
    """
    varied = _varied_by_study(records)
    editions = _editions(records)
    groups: dict[tuple[str, str, int], list[Run]] = {}
    for record in records:
        fields = by_content(record.spec.fields)
        left_out = _NOT_SETTING | varied[record.study]
        shared = {name: value for name, value in fields.items() if name not in left_out}
        spec = json.dumps(shared, sort_keys=True, default=str)
        # Counted from the newest: rows drawn anew after a change have one edition only.
        edition = -editions[_rows(record)].index(record.spec.data_hash)
        groups.setdefault((record.spec.task, spec, edition), []).append(record)
    return [part for key in sorted(groups) for part in _by_metric(groups[key])]


def _by_metric(records: Sequence[Run]) -> list[list[Run]]:
    """One group a primary metric; runs that did not come to load their task are in the first."""
    names = sorted({r.task.metric for r in records if r.task}) or [""]
    metrics = [names[0] if r.task is None else r.task.metric for r in records]
    return [
        [record for record, metric in zip(records, metrics, strict=True) if metric == name]
        for name in names
    ]


def _editions(records: Sequence[Run]) -> dict[str, list[str]]:
    """The hashes of what should be the same rows, the newest first.

    There are several where a file was changed, or domains were added to be scored on.
    """
    found: dict[str, dict[str, None]] = {}
    for record in sorted(records, key=lambda r: r.finished or "", reverse=True):
        found.setdefault(_rows(record), {})[record.spec.data_hash] = None
    return {rows: list(hashes) for rows, hashes in found.items()}


def _rows(record: Run) -> str:
    rows = {name: value for name, value in record.spec.fields.items() if name in _ROWS}
    return json.dumps(rows, sort_keys=True, default=str)


def common_spec(records: Sequence[Run]) -> tuple[dict[str, object], tuple[str, ...]]:
    """What the specs of one section have in common, and the fields in which its arms differ."""
    settings = [by_content(fields) for fields in _distinct(records)]
    first = {name: value for name, value in settings[0].items() if name not in _NOT_SETTING}
    differing = [name for name in first if any(s.get(name) != first[name] for s in settings)]
    own = records[0].spec.fields
    return {name: own[name] for name in first if name not in differing}, tuple(differing)


def _distinct(records: Sequence[Run]) -> list[Mapping[str, object]]:
    """The specs without their seeds, each once, that of the first run first."""
    return list({id(record.spec.others): record.spec.others for record in records}.values())


def _varied(records: Sequence[Run]) -> frozenset[str]:
    return frozenset(name for r in records if r.arm for name in r.arm.varies)


def _varied_by_study(records: Sequence[Run]) -> dict[str, frozenset[str]]:
    studies: dict[str, list[Run]] = {}
    for record in records:
        studies.setdefault(record.study, []).append(record)
    return {study: _varied(found) for study, found in studies.items()}


def distinct_arms(records: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """Give runs of one name but of different recipes different names.

    That happens when a study was tuned again, when an arm was given another method, when a method's
    defaults or code changed between runs, or when runs without an arm stand in the folder of one
    that tunes. Those with the most runs keep the name.

    Returns:
        The records in their order, and a line for each name that was changed.
    """
    varied = {
        study: names | {"method", _OPTIONS} for study, names in _varied_by_study(records).items()
    }
    names: dict[int, str] = {}
    for group in grouped(records):
        names |= _renamed(group, varied)
    renamed = [_with_name(r, names[id(r)]) if id(r) in names else r for r in records]
    changed = sorted(set(names.values()))
    return renamed, [f"runs of one name differ in their options: {name!r}" for name in changed]


def _renamed(group: Sequence[Run], varied: Mapping[str, frozenset[str]]) -> dict[int, str]:
    arms: dict[str, dict[_Variant, list[Run]]] = {}
    for record in group:
        variant = _variant(record, varied[record.study])
        arms.setdefault(record.method, {}).setdefault(variant, []).append(record)
    return {
        id(record): name
        for arm, variants in arms.items()
        for name, records in _variant_names(arm, variants)
        for record in records
    }


def _variant(record: Run, varied: frozenset[str]) -> _Variant:
    spec = by_content(record.spec.fields)
    return tuple((name, json.dumps(spec.get(name), default=str)) for name in sorted(varied))


def _variant_names(
    arm: str, variants: Mapping[_Variant, list[Run]]
) -> Iterator[tuple[str, list[Run]]]:
    """New names of all but the largest, with the values that set each apart from that one."""
    (largest, _), *others = sorted(variants.items(), key=lambda v: len(v[1]), reverse=True)
    for variant, records in others:
        values, before = ({k: json.loads(v) for k, v in each} for each in (variant, largest))
        # Arms of two studies may vary different fields: those that neither's runs have are None.
        names = sorted({*values, *before} - {_OPTIONS})
        differing = [f"{k}={values.get(k)}" for k in names if values.get(k) != before.get(k)]
        if values["method"] == before["method"]:
            options = (str(each[_OPTIONS] or "unknown") for each in (values, before))
            differing += _differing_options(*options)
        if differing:
            yield clean_text(f"{arm} ({', '.join(differing)})"), records


def _differing_options(options: str, before: str) -> list[str]:
    """The options, and versions of the code, in which a method differs from another one."""
    known = _OPTION.findall(before)
    found = [option for option in _OPTION.findall(options) if option not in known]
    return found or ([f"options {options}"] if options != before else [])


def _with_name(record: Run, name: str) -> Run:
    varies = record.arm.varies if record.arm else []
    return replace(record, arm=Arm(name=name, varies=varies))
