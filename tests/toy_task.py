"""A task of a few words that a tiny model can learn."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

from steadytune.tasks import Task

GOOD, BAD = ("good", "fine"), ("bad", "poor")
DOMAINS = {"movie": ("film", "plot", "cast"), "product": ("phone", "book")}


def load_toy(name: str = "toy") -> Task:
    """Sentences such as `the plot was bad`, positive or negative by the adjective.

    Those to train on differ from one another and from those that are scored.
    """
    from datasets import Dataset

    def scored(domain: str, count: int) -> Any:
        draw = random.Random(f"{domain}{count}")
        labels = [number % 2 for number in range(count)]
        texts = [
            f"a {draw.choice(DOMAINS[domain])} is {draw.choice((BAD, GOOD)[label])}"
            + " very" * draw.randrange(4)
            for label in labels
        ]
        return Dataset.from_dict({"sentence": texts, "label": labels, "idx": list(range(count))})

    def trained_on() -> Any:
        labels = [number % 2 for number in range(40)]
        texts = [
            f"the {noun} was {(BAD, GOOD)[label][adjective]}" + " very" * times
            for times, adjective, noun, label in product(
                range(4), range(2), DOMAINS["movie"], range(2)
            )
        ]
        return Dataset.from_dict({"sentence": texts[:40], "label": labels, "idx": list(range(40))})

    return Task(
        name=name,
        columns=("sentence",),
        label_names=("negative", "positive"),
        metric="accuracy",
        domain="movie",
        train=trained_on(),
        test={"movie": scored("movie", 70), "product": scored("product", 20)},
        source="made up for tests",
    )
