"""What is said of rows that are longer than allowed."""

from __future__ import annotations

from collections.abc import Mapping

from ..tasks import Problem

_NOTICEABLE = 0.01


def cut_warning(cut: Mapping[str, float], problem: Problem, max_length: int) -> str:
    """A line for rows of which many are cut; empty where there are none.

    Windows over a long context lose nothing.

    Args:
        cut: Name -> share of its rows that are longer than allowed.
        problem: Their kind of task.
        max_length: Most tokens an input.
    """
    much = {name: share for name, share in cut.items() if share > _NOTICEABLE}
    if not much or problem.windows:
        return ""
    shares = ", ".join(f"{share:.1%} of {name}" for name, share in much.items())
    return (
        f"longer than {max_length} tokens, and cut: {shares}; give a larger --max-length to keep "
        "them whole"
    )
