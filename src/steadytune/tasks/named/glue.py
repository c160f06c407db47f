"""Small tasks of GLUE on likeness of sentences and on acceptability, with their companions.

Every one is evaluated on GLUE's validation rows, which the field calls its development set: the
labels of most of GLUE's test rows are hidden, so these are the rows that papers report on.
"""

from __future__ import annotations

from .card import Companion, HubSplit, Origin, Rows, TaskCard
from .selection import Positions

GLUE = "nyu-mll/glue@bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"
_PAWS_HUB = "google-research-datasets/paws@161ece9501cf0a11f3e48bd356eaa82de46d6a09"

PAIR = ("sentence1", "sentence2")

_MRPC = Origin(
    "MRPC (GLUE; Dolan and Brockett 2005)",
    "Microsoft Research Shared Source Licence, non-commercial",
)

MRPC = TaskCard(
    name="mrpc",
    summary="do two sentences of news say the same?",
    kind="classification",
    columns=PAIR,
    label_names=("not_equivalent", "equivalent"),
    metric="f1",
    train=Rows(3668, _MRPC, "glue/mrpc/train", HubSplit(GLUE, "mrpc", "train", 3668)),
    test=Rows(408, _MRPC, "glue/mrpc/validation", HubSplit(GLUE, "mrpc", "validation", 408)),
    companions=(
        Companion(
            "qqp",
            Rows(
                4000,
                Origin("Quora question pairs (GLUE)", "Quora's terms, non-commercial"),
                "paraphrase/qqp/validation",
                HubSplit(GLUE, "qqp", "validation", 40430, ("question1", "question2")),
                note="a random slice of 4,000 rows",
            ),
            exposed=True,
            note="duplicate counts as equivalent",
        ),
        Companion(
            "paws_wiki",
            Rows(
                8000,
                Origin("PAWS-Wiki (Zhang et al. 2019)", "free for any purpose, thanks to Google"),
                "paraphrase/paws_wiki/validation",
                HubSplit(_PAWS_HUB, "labeled_final", "validation", 8000),
            ),
            note="a paraphrase counts as equivalent",
        ),
    ),
    shares_texts_with=("stsb",),
    notes=(
        "F1 of the class equivalent is primary; every record has accuracy too.",
        "GLUE's labelled 1,725 test rows are not used: papers report on the validation rows.",
    ),
)

_COLA = Origin(
    "CoLA (GLUE; Warstadt et al. 2019)", "no explicit licence (excerpts of publications)"
)

# GLUE's validation rows are first those from publications of the training rows, then the others.
_SEEN, _UNSEEN = Positions(0, 527), Positions(527, None)

COLA = TaskCard(
    name="cola",
    summary="is the sentence grammatical?",
    kind="classification",
    columns=("sentence",),
    label_names=("unacceptable", "acceptable"),
    metric="matthews",
    train=Rows(8551, _COLA, "glue/cola/train", HubSplit(GLUE, "cola", "train", 8551)),
    test=Rows(
        527,
        _COLA,
        "glue/cola/validation",
        HubSplit(GLUE, "cola", "validation", 527, selection=_SEEN),
        selection=_SEEN,
    ),
    companions=(
        Companion(
            "unseen_sources",
            Rows(
                516,
                _COLA,
                "glue/cola/validation",
                HubSplit(GLUE, "cola", "validation", 516, selection=_UNSEEN),
                selection=_UNSEEN,
            ),
            note="sentences from publications that the training rows do not quote",
        ),
    ),
    notes=(
        "GLUE's 1,043 validation rows are cut in two: 527 from the training rows' publications, "
        "and 516 from others. Papers report one number over both.",
        "4 of the 527 and 12 of the 516 sentences are also among the training rows.",
    ),
)

_STSB = Origin(
    "STS-B (GLUE; Cer et al. 2017)", "CC BY-SA 4.0 (scores), texts mixed, mostly research use"
)
_STS = Origin("SemEval STS 2012 and 2015", "mixed, mostly research use")


def _sts(name: str, count: int) -> Companion:
    return Companion(name, Rows(count, _STS, f"similarity/{name}/validation"))


STSB = TaskCard(
    name="stsb",
    summary="how alike in meaning are two sentences, from 0 to 5?",
    kind="regression",
    columns=PAIR,
    metric="pearson",
    train=Rows(5749, _STSB, "glue/stsb/train", HubSplit(GLUE, "stsb", "train", 5749)),
    test=Rows(1500, _STSB, "glue/stsb/validation", HubSplit(GLUE, "stsb", "validation", 1500)),
    companions=(
        _sts("sts2012_onwn", 750),
        _sts("sts2012_smtnews", 399),
        _sts("sts2012_smteuroparl", 459),
        _sts("sts2015_answers_students", 750),
        _sts("sts2015_belief", 375),
    ),
    shares_texts_with=("mrpc",),
    notes=(
        "Pearson's correlation is primary; every record has Spearman's too.",
        "The test rows are not used: GLUE hides their labels, and papers report on the validation "
        "rows.",
        "498 pairs of MRPC's test rows are among the training rows, and 6 pairs of the "
        "validation rows.",
    ),
)
