"""The tasks `vader-movies`, `vader-tweets` and `vader-ratings`: sentiment as people rated it.

The rows are the sentence-level snippets that Hutto and Gilbert (ICWSM 2014) had rated by about
twenty people each, from -4 (extremely negative) to 4 (extremely positive). A mean rating of 0.5 or
more is positive, -0.5 or less negative; what lies between has no clear sentiment and is left out,
but for `vader-ratings`, where the mean rating itself is to be predicted.

| domain | texts | rated | clear | used | positive |
|---|---|---|---|---|---|
| movie | sentences of reviews at rottentomatoes.com | 10605 | 10072 | 10070 | 49.6 % |
| product | sentences of customer reviews of 5 products | 3708 | 2985 | 2975 | 58.6 % |
| editorial | sentences of New York Times editorials and letters | 5190 | 2970 | 2923 | 40.1 % |
| tweet | tweets, 200 of them variations of a few, made by hand | 4200 | 3432 | 3372 | 68.7 % |

The movie sentences are split once, by a hash of the text, into 8004 for training and 2066 for
evaluation, and the tweets in the same way into 2720 and 647. The files say neither which sentences
come from one review nor which tweets are variations of one, and variations fall on both sides.

Compared by their letters and digits, 10065 of the 10070 movie sentences stand in Pang and Lee's
collection (ACL 2005), known as `rotten_tomatoes`, and most in SST-2, which builds on it: a model
trained on either has seen evaluation rows of `vader-movies`, and neither is out of domain there.
Five of the tweets used, such as "wow", are phrases of SST-2, and `vader-tweets` leaves them out.

Copies of a sentence (equal but for case and spacing) are one row. In `vader-ratings` that is the
first one. Elsewhere 109 extra copies are left out, and so are 9 sentences whose copies disagree
(none positive against negative, 9 clear against unclear) and, in `vader-movies`, one product
sentence that stands among the movie sentences too. Nothing is balanced: the shares of positives
above are real shifts between the domains, to be read beside `constant_score`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ._task import Task
from .rated_text import RatedText, read_rated_texts
from .vader_archive import read_members
from .vader_download import release_bytes

if TYPE_CHECKING:
    from datasets import Dataset

FILES = {
    "movie": "movieReviewSnippets_GroundTruth.txt",
    "product": "amazonReviewSnippets_GroundTruth.txt",
    "editorial": "nytEditorialSnippets_GroundTruth.txt",
    "tweet": "tweets_GroundTruth.txt",
}
"""Domain -> file."""

CLEAR_RATING = 0.5
"""Least distance of a mean rating from 0 at which a text counts as positive or negative."""

LABEL_NAMES = ("negative", "positive")

SOURCE = (
    "sentences rated by people, from C.J. Hutto and E. Gilbert, VADER (ICWSM 2014), "
    "in the source release of vaderSentiment 3.3.2 (MIT licence)"
)

# One text in so many of the domain trained on is kept for evaluation.
_TEST_SHARE = 5


@dataclass(frozen=True)
class VaderTask:
    """What makes a task of the release's domains.

    Args:
        name: Name of the task.
        trained_on: The domain that is split into rows to train on and rows to evaluate on.
        companions: Other domains to evaluate on.
        left_out: Texts of the domain trained on that are not used, as `sentence_key` gives them.
        kind: `classification` of texts with a clear sentiment, or `regression` on the mean rating
            of all of them.
    """

    name: str
    trained_on: str
    companions: tuple[str, ...]
    left_out: frozenset[str] = frozenset()
    kind: Literal["classification", "regression"] = "classification"

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes; none where ratings are predicted."""
        return LABEL_NAMES if self.kind == "classification" else ()

    @property
    def metric(self) -> str:
        """The primary metric."""
        return "accuracy" if self.kind == "classification" else "pearson"

    @property
    def domains(self) -> tuple[str, ...]:
        """Every domain; the one trained on stands first."""
        return (self.trained_on, *self.companions)


VADER_MOVIES = VaderTask("vader-movies", "movie", ("product", "editorial", "tweet"))

# The tweets left out are phrases of SST-2 as well.
_PHRASES = frozenset({"freedom!", "fun!!", "outstanding!", "sweet.", "wow"})

VADER_TWEETS = VaderTask("vader-tweets", "tweet", ("product", "editorial"), _PHRASES)

VADER_RATINGS = VaderTask(
    "vader-ratings", "tweet", ("product", "editorial"), _PHRASES, kind="regression"
)


def load_vader_task(made: VaderTask) -> Task:
    """A task from the cached release, which is downloaded if it is not there.

    Args:
        made: What the task is made of.

    Raises:
        DataError: The release cannot be found or read.
    """
    return task_from_release(release_bytes(), made)


def task_from_release(release: bytes, made: VaderTask) -> Task:
    """A task from the bytes of a source release.

    Args:
        release: The `.tar.gz` file.
        made: What the task is made of.

    Raises:
        DataError: The archive or a row in it cannot be read, or a split has no row.
    """
    files = {domain: FILES[domain] for domain in made.domains}
    contents = read_members(release, tuple(files.values()))
    rated = {domain: read_rated_texts(contents[file], file) for domain, file in files.items()}
    known = {sentence_key(row.text) for row in rated[made.trained_on]}
    used = distinct_and_clear if made.kind == "classification" else distinct
    own = _without(used(rated[made.trained_on]), made.left_out)
    elsewhere = {name: _without(used(rated[name]), known) for name in made.companions}
    test = {made.trained_on: [row for row in own if is_for_test(row.text)], **elsewhere}
    return Task(
        name=made.name,
        kind=made.kind,
        columns=("text",),
        label_names=made.label_names,
        metric=made.metric,
        domain=made.trained_on,
        train=_dataset((row for row in own if not is_for_test(row.text)), made),
        test={domain: _dataset(rows, made) for domain, rows in test.items()},
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


def distinct(rows: Sequence[RatedText]) -> list[RatedText]:
    """The first of every sentence's copies."""
    first: dict[str, RatedText] = {}
    for row in rows:
        first.setdefault(sentence_key(row.text), row)
    return list(first.values())


def is_for_test(text: str) -> bool:
    """Whether a text is kept for evaluation: a hash of it says so."""
    digest = hashlib.blake2b(sentence_key(text).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _TEST_SHARE == 0


def _without(rows: Iterable[RatedText], keys: Collection[str]) -> list[RatedText]:
    return [row for row in rows if sentence_key(row.text) not in keys]


def _dataset(rows: Iterable[RatedText], made: VaderTask) -> Dataset:
    from datasets import ClassLabel, Dataset, Features, Value

    kept, rated = list(rows), made.kind == "regression"
    columns = {
        "idx": [row.line for row in kept],
        "text": [row.text for row in kept],
        "label": [row.rating if rated else label_of(row.rating) for row in kept],
    }
    label = Value("float64") if rated else ClassLabel(names=list(LABEL_NAMES))
    features = Features({"idx": Value("int64"), "text": Value("string"), "label": label})
    return Dataset.from_dict(columns, features=features)
