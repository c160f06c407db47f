"""Sentiment of English texts: three tasks on sentences about films, and reviews of other things.

The three tasks are made of the same sentences, so none is a companion of another.
"""

from __future__ import annotations

from ..vader import FILES, LABEL_NAMES, TASK_NAME, TRAINED_ON
from .card import Companion, HubSplit, Origin, Rows, TaskCard
from .glue import GLUE

_UCI = Origin("Sentiment Labelled Sentences (Kotzias et al. 2015)", "CC BY 4.0")
_AMAZON = Origin("reviews at Amazon (Blitzer et al. 2007)", "no explicit licence, research use")
_SST2 = Origin("SST-2 (GLUE; Socher et al. 2013)", "no explicit licence, research use")
_MOVIES = Origin("movie reviews (Pang and Lee 2005)", "no explicit licence, research use")
_VADER = Origin("ratings by people (Hutto and Gilbert 2014), vaderSentiment 3.3.2", "MIT")


def _reviews(kind: str) -> Companion:
    rows = Rows(300, _AMAZON, f"sentiment/amazon_{kind}/validation")
    return Companion(f"amazon_{kind}", rows, note="long texts")


_OTHER_THINGS = (
    Companion("amazon_sentences", Rows(1000, _UCI, "sentiment/amazon_sentences/validation")),
    Companion("yelp_sentences", Rows(1000, _UCI, "sentiment/yelp_sentences/validation")),
    _reviews("books"),
    _reviews("dvd"),
    _reviews("electronics"),
)

SST2 = TaskCard(
    name="sst2",
    summary="sentiment of phrases and sentences of movie reviews",
    kind="classification",
    columns=("sentence",),
    label_names=LABEL_NAMES,
    metric="accuracy",
    train=Rows(67349, _SST2, "glue/sst2/train", HubSplit(GLUE, "sst2", "train", 67349)),
    test=Rows(872, _SST2, "glue/sst2/validation", HubSplit(GLUE, "sst2", "validation", 872)),
    companions=_OTHER_THINGS,
    shares_texts_with=("movie_reviews", TASK_NAME),
    notes=(
        "The labelled 1,821 test rows are not used: GLUE hides their labels, and papers report on "
        "the validation rows.",
    ),
)

_ROTTEN = "cornell-movie-review-data/rotten_tomatoes@aa13bc287fa6fcab6daf52f0dfb9994269ffea28"

_OWN_SPLIT = "not the hub's split"

MOVIE_REVIEWS = TaskCard(
    name="movie_reviews",
    summary="sentiment of sentences of movie reviews",
    kind="classification",
    columns=("sentence",),
    label_names=LABEL_NAMES,
    metric="accuracy",
    train=Rows(
        8000,
        _MOVIES,
        "sentiment/movie_reviews/train",
        HubSplit(_ROTTEN, None, "train", 8530, ("text",)),
        note=_OWN_SPLIT,
    ),
    test=Rows(
        2662,
        _MOVIES,
        "sentiment/movie_reviews/validation",
        HubSplit(_ROTTEN, None, "test", 1066, ("text",)),
        note=_OWN_SPLIT,
    ),
    companions=(
        *_OTHER_THINGS,
        Companion(
            "counterfactual_imdb",
            Rows(
                488,
                Origin(
                    "edited IMDb reviews (Kaushik et al. 2020)",
                    "Apache-2.0 (repository), IMDb's text unclear",
                ),
                "sentiment/counterfactual_imdb/counterfactual",
            ),
            note="reviews of films, edited so that their class changes; long texts",
        ),
    ),
    shares_texts_with=("sst2", TASK_NAME),
    notes=(
        "A local copy and the hub split the same 10,662 sentences differently: numbers from the "
        "two are not comparable.",
    ),
)

_USED = {TRAINED_ON: 2066, "product": 2975, "editorial": 2923, "tweet": 3372}

VADER_MOVIES = TaskCard(
    name=TASK_NAME,
    summary="sentiment of movie-review sentences, as people rated them; built in",
    kind="classification",
    columns=("text",),
    label_names=LABEL_NAMES,
    metric="accuracy",
    domain=TRAINED_ON,
    train=Rows(8004, _VADER),
    test=Rows(_USED[TRAINED_ON], _VADER),
    companions=tuple(
        Companion(name, Rows(_USED[name], _VADER)) for name in FILES if name != TRAINED_ON
    ),
    shares_texts_with=("sst2", "movie_reviews"),
    notes=(
        "The rows come from the source release of vaderSentiment, which pip fetches once; neither "
        "a data root nor the hub is asked.",
    ),
)
