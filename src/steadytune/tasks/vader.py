"""The task `vader-movies`: sentiment of sentences, trained on movie reviews.

The rows are the sentence-level snippets that Hutto and Gilbert (ICWSM 2014) had rated by about
twenty people each, from -4 (extremely negative) to 4 (extremely positive). A mean rating of 0.5 or
more is positive, -0.5 or less negative; what lies between has no clear sentiment and is left out.

| domain | texts | rated | clear | used | positive |
|---|---|---|---|---|---|
| movie | sentences of reviews at rottentomatoes.com | 10605 | 10072 | 10070 | 49.6 % |
| product | sentences of customer reviews of 5 products | 3708 | 2985 | 2975 | 58.6 % |
| editorial | sentences of New York Times editorials and letters | 5190 | 2970 | 2923 | 40.1 % |
| tweet | tweets, 200 of them variations of a few, made by hand | 4200 | 3432 | 3372 | 68.7 % |

The movie sentences are split once, by a hash of the text, into 8004 for training and 2066 for
evaluation; the file does not say which sentences come from one review. Compared by their letters
and digits, 10065 of the 10070 stand in Pang and Lee's collection (ACL 2005), known as
`rotten_tomatoes`, and most in SST-2, which builds on it: a model trained on either has seen
evaluation rows, and neither is out of domain here.

Copies of a sentence (equal but for case and spacing) are one row: 109 extra copies are left out,
and so are 9 sentences whose copies disagree (none positive against negative, 9 clear against
unclear) and one product sentence that stands among the movie sentences too. Nothing is balanced:
the shares of positives above are real shifts between the domains, to be read beside
`constant_score`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ._task import Task
from .rated_text import RatedText, read_rated_texts
from .vader_archive import read_members
from .vader_download import release_bytes

if TYPE_CHECKING:
    from datasets import Dataset

TASK_NAME = "vader-movies"

TRAINED_ON = "movie"

FILES = {
    TRAINED_ON: "movieReviewSnippets_GroundTruth.txt",
    "product": "amazonReviewSnippets_GroundTruth.txt",
    "editorial": "nytEditorialSnippets_GroundTruth.txt",
    "tweet": "tweets_GroundTruth.txt",
}
"""Domain -> file; the domain trained on stands first."""

CLEAR_RATING = 0.5
"""Least distance of a mean rating from 0 at which a text counts as positive or negative."""

LABEL_NAMES = ("negative", "positive")

SOURCE = (
    "sentences rated by people, from C.J. Hutto and E. Gilbert, VADER (ICWSM 2014), "
    "in the source release of vaderSentiment 3.3.2 (MIT licence)"
)

# One movie sentence in so many is kept for evaluation.
_TEST_SHARE = 5


def load_vader_movies() -> Task:
    """The task from the cached release, which is downloaded if it is not there.

    Raises:
        DataError: The release cannot be had or read.
    """
    return task_from_release(release_bytes())


def task_from_release(release: bytes) -> Task:
    """The task from the bytes of a source release.

    Args:
        release: The `.tar.gz` file.

    Raises:
        DataError: The archive or a row in it cannot be read, or a split has no row.
    """
    contents = read_members(release, tuple(FILES.values()))
    rated = {domain: read_rated_texts(contents[file], file) for domain, file in FILES.items()}
    used = {domain: distinct_and_clear(rows) for domain, rows in rated.items()}
    movies = used.pop(TRAINED_ON)
    known = {sentence_key(row.text) for row in rated[TRAINED_ON]}
    elsewhere = {
        domain: [row for row in rows if sentence_key(row.text) not in known]
        for domain, rows in used.items()
    }
    test = {TRAINED_ON: [row for row in movies if is_for_test(row.text)], **elsewhere}
    return Task(
        name=TASK_NAME,
        columns=("text",),
        label_names=LABEL_NAMES,
        metric="accuracy",
        domain=TRAINED_ON,
        train=_dataset(row for row in movies if not is_for_test(row.text)),
        test={domain: _dataset(rows) for domain, rows in test.items()},
        source=SOURCE,
    )


def label_of(rating: float) -> int | None:
    """0 for a negative rating, 1 for a positive one, None for one without a clear sentiment."""
    return None if abs(rating) < CLEAR_RATING else int(rating > 0)


def sentence_key(text: str) -> str:
    """What two copies of a sentence share: the text without case and spacing."""
    return " ".join(text.casefold().split())


def distinct_and_clear(rows: Sequence[RatedText]) -> list[RatedText]:
    """The first of every sentence's copies, if they all have one and the same clear label."""
    copies: dict[str, list[RatedText]] = defaultdict(list)
    for row in rows:
        copies[sentence_key(row.text)].append(row)
    labels = {key: {label_of(row.rating) for row in same} for key, same in copies.items()}
    return [same[0] for key, same in copies.items() if labels[key] in ({0}, {1})]


def is_for_test(text: str) -> bool:
    """Whether a movie sentence is kept for evaluation: a hash of the sentence says so."""
    digest = hashlib.blake2b(sentence_key(text).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _TEST_SHARE == 0


def _dataset(rows: Iterable[RatedText]) -> Dataset:
    from datasets import ClassLabel, Dataset, Features, Value

    kept = list(rows)
    columns = {
        "idx": [row.line for row in kept],
        "text": [row.text for row in kept],
        "label": [label_of(row.rating) for row in kept],
    }
    label = ClassLabel(names=list(LABEL_NAMES))
    features = Features({"idx": Value("int64"), "text": Value("string"), "label": label})
    return Dataset.from_dict(columns, features=features)
