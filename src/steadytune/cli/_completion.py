"""What a shell offers as values of options: names that are looked up when it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def one_of(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """A completion for `typer.Option`: names that go on from what is typed.

    In a list with commas, the last name is completed.

    Args:
        names: Gives all of them; not called before a shell asks.
    """

    def complete(incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in names() if name.startswith(begun)]

    return complete


def kinds() -> Iterable[str]:
    """The kinds of tasks."""
    from ..tasks import PROBLEMS

    return PROBLEMS


def methods() -> Iterable[str]:
    """Plain fine-tuning and all methods."""
    from ..method_names import METHOD_NAMES, PLAIN

    return PLAIN, *METHOD_NAMES


def metrics() -> Iterable[str]:
    """The metrics of all kinds of tasks, each once."""
    from ..tasks import PROBLEMS

    return dict.fromkeys(name for problem in PROBLEMS.values() for name in problem.metrics)


def tasks() -> Iterable[str]:
    """The named tasks."""
    from ..tasks import TASKS

    return TASKS
