"""Questions whose answers stand in a paragraph, in English, with companions from other texts."""

from __future__ import annotations

from .card import Companion, HubSplit, Origin, Rows, TaskCard
from .selection import ColumnFold

_COLUMNS = ("question", "context")

_SQUAD_HUB = "rajpurkar/squad@7b6d24c440a36b6815f21b70d25016731768db1f"

# No commit of it is known.
_TYDIQA_HUB = "google-research-datasets/tydiqa"

_SQUAD = Origin("SQuAD v1.1 (Rajpurkar et al. 2016)", "CC BY-SA 4.0")
_TYDIQA = Origin("TyDi QA, gold passages, English (Clark et al. 2020)", "Apache-2.0")

_OTHER_TEXTS = (
    Companion(
        "mlqa_en",
        Rows(
            1148,
            Origin("MLQA, English (Lewis et al. 2020)", "CC BY-SA 3.0"),
            "qa/mlqa_en/validation",
        ),
        note="the hub has it as a program only, which is never run",
    ),
    Companion(
        "natural_questions_short",
        Rows(
            1355,
            Origin(
                "Natural Questions with short paragraphs (QED, Lamm et al. 2021)", "CC BY-SA 3.0"
            ),
            "qa/natural_questions_short/validation",
        ),
        exposed=True,
    ),
    Companion(
        "race",
        Rows(
            255,
            Origin("RACE (Lai et al. 2017), as in RobustQA", "non-commercial research"),
            "qa/race/validation",
        ),
        note="a small set",
    ),
    Companion(
        "duorc",
        Rows(
            253,
            Origin("DuoRC (Saha et al. 2018), as in RobustQA", "MIT; text of Wikipedia and IMDb"),
            "qa/duorc/validation",
        ),
        note="a small set",
    ),
)

SQUAD = TaskCard(
    name="squad",
    summary="answers to questions on paragraphs of Wikipedia",
    kind="qa",
    columns=_COLUMNS,
    metric="f1",
    train=Rows(
        8546,
        _SQUAD,
        "qa/squad/train",
        HubSplit(_SQUAD_HUB, None, "train", 87599),
        note="the first 1,650 contexts of the official dev set, not the official training rows",
    ),
    test=Rows(
        1961,
        _SQUAD,
        "qa/squad/validation",
        HubSplit(_SQUAD_HUB, None, "validation", 10570),
        note="the remaining contexts of the official dev set",
    ),
    companions=_OTHER_TEXTS,
    exposed=True,
    notes=(
        "Training and evaluation rows of a local copy are both cut from the official dev set, so "
        "its numbers are not comparable with published ones.",
    ),
)

_ENGLISH = "english-"

# The validation rows of the local copy have no answers: training rows are held out instead.
_ONE_IN = 8

TYDIQA_EN = TaskCard(
    name="tydiqa_en",
    summary="answers to questions that people asked, in a passage of Wikipedia",
    kind="qa",
    columns=_COLUMNS,
    metric="f1",
    train=Rows(
        3226,
        _TYDIQA,
        "qa/tydiqa_en/train",
        HubSplit(_TYDIQA_HUB, "secondary_task", "train", 3696, id_prefix=_ENGLISH),
        note=f"official training rows without one context in {_ONE_IN}",
        selection=ColumnFold("context", _ONE_IN, held_out=False),
    ),
    test=Rows(
        470,
        _TYDIQA,
        "qa/tydiqa_en/train",
        HubSplit(_TYDIQA_HUB, "secondary_task", "validation", 440, id_prefix=_ENGLISH),
        note=f"one context in {_ONE_IN} of the official training rows, by a hash of its text",
        selection=ColumnFold("context", _ONE_IN, held_out=True),
    ),
    companions=_OTHER_TEXTS,
    notes=(
        "Evaluation rows of a local copy are held out of the official training rows, since its "
        "validation rows have no answers: its numbers are not comparable with published ones.",
    ),
)
