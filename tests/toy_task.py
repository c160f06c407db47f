"""A task of a few words that a tiny model can learn."""

from __future__ import annotations

import random
from typing import Any

from steadytune.tasks import Task

GOOD, BAD = ("good", "fine"), ("bad", "poor")
DOMAINS = {"movie": ("film", "plot", "cast"), "product": ("phone", "book")}


def load_toy(name: str = "toy") -> Task:
    """Sentences such as `the plot was not bad`, positive or negative by the adjective."""
    from datasets import Dataset

    def rows(domain: str, count: int) -> Any:
        draw = random.Random(f"{domain}{count}")
        labels = [number % 2 for number in range(count)]
        texts = [
            f"the {draw.choice(DOMAINS[domain])} was {draw.choice((BAD, GOOD)[label])}"
            + " very" * draw.randrange(4)
            for label in labels
        ]
        return Dataset.from_dict({"sentence": texts, "label": labels, "idx": list(range(count))})

    return Task(
        name=name,
        columns=("sentence",),
        label_names=("negative", "positive"),
        metric="accuracy",
        domain="movie",
        train=rows("movie", 40),
        test={"movie": rows("movie", 70), "product": rows("product", 20)},
        source="made up for tests",
    )
