"""Several emotions a comment."""

from __future__ import annotations

from .card import HubSplit, Origin, Rows, TaskCard

_ORIGIN = Origin("GoEmotions (Demszky et al. 2020)", "Apache-2.0")
_HUB = "google-research-datasets/go_emotions@add492243ff905527e67aeb8b80c082af02207c3"

_EMOTIONS = (
    *("admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion"),
    *("curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment"),
    *("excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism"),
    *("pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral"),
)


def _rows(split: str, count: int, on_hub: int) -> Rows:
    return Rows(
        count,
        _ORIGIN,
        f"multilabel/go_emotions/{split}",
        HubSplit(_HUB, "simplified", split, on_hub, ("text",)),
        note=f"a random sample of {count:,} rows",
    )


GO_EMOTIONS = TaskCard(
    name="go_emotions",
    summary="which emotions does a Reddit comment express?",
    kind="multilabel",
    columns=("sentence",),
    label_names=_EMOTIONS,
    metric="f1_micro",
    train=_rows("train", 6000, 43410),
    test=_rows("test", 2000, 5427),
    notes=(
        "Every comment has one label or more; `neutral` is one of the 28.",
        "The publication reports macro F1: every record has `f1_macro` too.",
        "minilm was trained on Reddit comments of 2015 to 2018, and these may be among them.",
    ),
)
