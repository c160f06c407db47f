"""Does one sentence follow from another? Two tasks, and their companions from other texts.

Entailment stays a class, neutral and contradiction are merged into `not_entailment`, as RTE has it.
"""

from __future__ import annotations

from .card import Companion, HubSplit, Origin, Rows, TaskCard
from .glue import GLUE, PAIR
from .selection import Both, ColumnFold, WithoutTexts
from .snli_texts_elsewhere import TEXTS_ELSEWHERE

_SNLI_HUB = "stanfordnlp/snli@cdb5c3d5eed6ead6e5a341c8e56e669bb666725b"

_CLASSES = ("entailment", "not_entailment")

# Three classes onto two: what is neutral and what contradicts is not entailed.
_THREE_WAY = (
    ("entailment", "entailment"),
    ("neutral", "not_entailment"),
    ("contradiction", "not_entailment"),
)

_MERGED = "neutral and contradiction are one class, not_entailment"

_PREMISE = ("premise", "hypothesis")

_RTE = Origin("RTE (GLUE; PASCAL RTE-1, 2, 3 and RTE-5)", "no explicit licence, research use")
_SNLI = Origin("SNLI (Bowman et al. 2015)", "CC BY-SA 4.0")
_SNLI_FILE = "nli/snli/validation"

_MNLI_MATCHED = Companion(
    "mnli_matched",
    Rows(
        9815,
        Origin("MultiNLI (Williams et al. 2018)", "OANC, CC BY 3.0 and CC BY-SA 3.0"),
        "nli/mnli_matched/validation",
        HubSplit(GLUE, "mnli", "validation_matched", 9815, _PREMISE, _THREE_WAY),
    ),
    exposed=True,
    note=_MERGED,
)

_SNLI_VALIDATION = Companion(
    "snli",
    Rows(
        9842,
        _SNLI,
        _SNLI_FILE,
        HubSplit(_SNLI_HUB, None, "validation", 9842, _PREMISE, _THREE_WAY),
    ),
    exposed=True,
    note=f"{_MERGED}; words are separated from punctuation",
)

_OTHER_TEXTS = (
    Companion(
        "hans_style",
        Rows(
            7500,
            Origin("template sentences in the style of HANS (jiant)", "MIT"),
            "nli/hans_style/validation",
        ),
        note="not the official HANS set",
    ),
    Companion(
        "glue_diagnostic",
        Rows(
            1104,
            Origin("diagnostic set of GLUE", "no explicit licence, research use"),
            "nli/glue_diagnostic/validation",
        ),
        note=_MERGED,
    ),
    Companion(
        "counterfactual_nli",
        Rows(
            1600,
            Origin(
                "edited SNLI (Kaushik et al. 2020)",
                "Apache-2.0 (repository), CC BY-SA 4.0 (SNLI's text)",
            ),
            "nli/counterfactual_nli/counterfactual",
        ),
        exposed=True,
        note=f"SNLI rows, edited so that their class changes; {_MERGED}",
    ),
)

RTE = TaskCard(
    name="rte",
    summary="does the second sentence follow from the first?",
    kind="classification",
    columns=PAIR,
    label_names=_CLASSES,
    metric="accuracy",
    train=Rows(2490, _RTE, "glue/rte/train", HubSplit(GLUE, "rte", "train", 2490)),
    test=Rows(277, _RTE, "glue/rte/validation", HubSplit(GLUE, "rte", "validation", 277)),
    companions=(_MNLI_MATCHED, _SNLI_VALIDATION, *_OTHER_TEXTS),
)

_ONE_IN = 6


def _snli(count: int, held_out: bool) -> Rows:
    selection = Both(
        ColumnFold("sentence1", _ONE_IN, held_out, by_letters=True),
        WithoutTexts(PAIR, TEXTS_ELSEWHERE),
    )
    share = (
        f"one premise in {_ONE_IN}, by a hash of its letters"
        if held_out
        else f"{_ONE_IN - 1} premises in {_ONE_IN}"
    )
    return Rows(
        count,
        _SNLI,
        _SNLI_FILE,
        HubSplit(_SNLI_HUB, None, "validation", count, _PREMISE, _THREE_WAY, selection=selection),
        note=f"SNLI's validation rows: {share}",
        selection=selection,
    )


SNLI = TaskCard(
    name="snli",
    summary="does the second sentence follow from the caption of a photograph?",
    kind="classification",
    columns=PAIR,
    label_names=_CLASSES,
    metric="accuracy",
    train=_snli(8082, held_out=False),
    test=_snli(1608, held_out=True),
    companions=(_MNLI_MATCHED, *_OTHER_TEXTS),
    exposed=True,
    notes=(
        "A development task: settings can be chosen on it for studies of cola, mrpc, stsb, sst2 "
        "and squad. 152 of the 9,842 validation rows are left out: they have a sentence that "
        "is also in cola or stsb; none is in the other three.",
        "No premise is on both sides, but two captions of one photograph may be, and stsb has "
        "captions from the same collection: the rows do not name photographs.",
        "The same rows are a companion of rte: settings chosen on one are not blind to the other.",
        "Neutral and contradiction are one class, not_entailment: two thirds of the rows.",
        "No row of counterfactual_nli is an edit of a row trained on: none of its premises, edited "
        "or not, is among the validation rows.",
    ),
)
