"""The named tasks as tables, and the readers of their rows."""

from __future__ import annotations

from .card import Companion, HubSplit, Origin, Rows, TaskCard
from .emotions import GO_EMOTIONS
from .entailment import RTE, SNLI
from .entities import WNUT17
from .glue import COLA, MRPC, STSB
from .question_answering import SQUAD, TYDIQA_EN
from .reading import read_task
from .sentiment import MOVIE_REVIEWS, SST2, VADER_MOVIES, VADER_RATINGS, VADER_TWEETS

FILE_CARDS = (
    *(RTE, SNLI, MRPC, COLA, STSB, SST2, MOVIE_REVIEWS, SQUAD, TYDIQA_EN, GO_EMOTIONS),
    WNUT17,
)
"""Tasks whose rows are read from a local copy or from the hub."""

__all__ = [
    "FILE_CARDS",
    "VADER_MOVIES",
    "VADER_RATINGS",
    "VADER_TWEETS",
    "Companion",
    "HubSplit",
    "Origin",
    "Rows",
    "TaskCard",
    "read_task",
]
