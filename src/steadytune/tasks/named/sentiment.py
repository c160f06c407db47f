"""Sentiment of English texts: sentences about films, tweets, and reviews of other things.

The three tasks on films are made of the same sentences, so none is a companion of another.
"""

from __future__ import annotations

from .. import vader
from ..vader import LABEL_NAMES
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
    shares_texts_with=("movie_reviews", vader.VADER_MOVIES.name),
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
    shares_texts_with=("sst2", vader.VADER_MOVIES.name),
    notes=(
        "A local copy and the hub split the same 10,662 sentences differently: numbers from the "
        "two are not comparable.",
    ),
)

_FETCHED = (
    "The rows come from the source release of vaderSentiment, which pip fetches once; neither "
    "a data root nor the hub is asked."
)


def _vader_card(
    made: vader.VaderTask,
    texts: str,
    train: int,
    test: tuple[int, ...],
    notes: tuple[str, ...] = (),
    shares_texts_with: tuple[str, ...] = (),
) -> TaskCard:
    """The card of a task of the release, from its rows to train on and its rows by domain."""
    sizes = dict(zip(made.domains, test, strict=True))
    return TaskCard(
        name=made.name,
        summary=f"sentiment of {texts}, as people rated them; built in",
        kind=made.kind,
        columns=("text",),
        label_names=made.label_names,
        metric=made.metric,
        domain=made.trained_on,
        train=Rows(train, _VADER),
        test=Rows(sizes[made.trained_on], _VADER),
        companions=tuple(Companion(name, Rows(sizes[name], _VADER)) for name in made.companions),
        shares_texts_with=shares_texts_with,
        notes=(_FETCHED, *notes),
    )


VADER_MOVIES = _vader_card(
    vader.VADER_MOVIES,
    "movie-review sentences",
    8004,
    (2066, 2975, 2923, 3372),
    shares_texts_with=("sst2", "movie_reviews"),
)

VADER_TWEETS = _vader_card(
    vader.VADER_TWEETS,
    "tweets",
    2720,
    (647, 2976, 2923),
    notes=(
        "A development task: settings can be chosen on it for studies of cola, mrpc, stsb, sst2 "
        "and squad, which share no text with its tweets. 23 short sentences of its companions, "
        "such as 'wow!', are phrases of sst2 too.",
        "The same tweets are a companion of vader-movies: settings chosen on one are not blind to "
        "the other.",
        "The file does not mark the tweets that are variations of one, and they fall on both "
        "sides: 21 of the 647 tweets to evaluate on differ from a tweet trained on in case and "
        "punctuation alone.",
    ),
)

VADER_RATINGS = _vader_card(
    vader.VADER_RATINGS,
    "tweets from -4 to 4",
    3338,
    (797, 3697, 5118),
    notes=(
        "A development task like vader-tweets, for regression: the same tweets, and also those "
        "whose mean rating is near 0. Of copies of a tweet the first one's rating counts.",
    ),
)
