"""What is said of rows that are longer than allowed."""

from __future__ import annotations

from collections.abc import Mapping

from ..tasks import Encoded, Problem

_NOTICEABLE = 0.01


def cut_warning(
    cut: Mapping[str, float], problem: Problem, max_length: int, most: int | None
) -> str:
    """A line for rows where many are cut; empty where there are none.

    Windows over a long context lose nothing.

    Args:
        cut: Name -> share of its rows that are longer than allowed.
        problem: Their kind of task.
        max_length: Most tokens an input.
        most: The longest inputs that the model takes; None where it has no limit.
    """
    much = {name: share for name, share in cut.items() if share > _NOTICEABLE}
    if not much or problem.windows:
        return ""
    shares = ", ".join(f"{share:.1%} of {name}" for name, share in much.items())
    advice = "give a larger `max_length` to keep them whole"
    if most is not None and max_length >= most:
        advice = "the model takes no longer ones"
    return f"longer than {max_length} tokens, and cut: {shares}; {advice}"


def long_answers_warning(encoded: Mapping[str, Encoded], problem: Problem) -> str:
    """A line on rows whose answer no prediction can have; empty where they are few.

    Args:
        encoded: Name -> features.
        problem: Their kind of task.
    """
    shares = {name: split.long_answers / max(split.rows, 1) for name, split in encoded.items()}
    much = [f"{share:.1%} of {name}" for name, share in shares.items() if share > _NOTICEABLE]
    if not much:
        return ""
    most = max(split.longest_answer for split in encoded.values())
    return problem.too_long.format(most=most, shares=", ".join(much))


def unread_words_warning(encoded: Mapping[str, Encoded]) -> str:
    """A line on words that the model does not read, and that count as tagged `O`; or empty.

    Args:
        encoded: Name -> features.
    """
    shares = {name: split.words.share_unread for name, split in encoded.items() if split.words}
    much = [f"{share:.1%} of the words of {name}" for name, share in shares.items() if share]
    return (
        f"cut off or unknown to the tokenizer, and so tagged O: {', '.join(much)}" if much else ""
    )
