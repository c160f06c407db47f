"""What the words of a report mean."""

from __future__ import annotations

TERMS: tuple[tuple[str, str], ...] = (
    (
        "Seed",
        "The number that fixes all chance in a run: the initial weights of the new classifier "
        "head, the order of the examples, dropout, and what a method draws. The same seed gives "
        "different methods the same chance.",
    ),
    (
        "In domain, out of domain",
        "Test examples of the kind that was trained on, and of kinds that were not. Kinds that the "
        "model met before, in pretraining, are marked: they test no transfer.",
    ),
    (
        "Majority-class baseline",
        "Gives the same answer to every example, the best single one: of classes the most "
        "frequent, of numbers one number. A model should beat it; a run that does not, in domain, "
        "did not learn.",
    ),
    ("Point", "One hundredth of the scale: from 78 % to 79 % is one point."),
    (
        "95 % interval",
        "Made by a rule that catches the true value in about 95 of 100 studies like this one. With "
        "few seeds and lopsided scores it catches it less often.",
    ),
    ("Std", "Standard deviation: how far single runs typically lie from their mean."),
    (
        "Primary, exploratory",
        "Primary comparisons were declared before the runs: in domain, each method against the "
        "baseline. All others are looked at without that promise, and some will look clear by "
        "chance.",
    ),
)
