"""Seeds as people write them."""

from __future__ import annotations

from .._checks import check_seed
from .._exceptions import ConfigError

_LONGEST_COUNT = 10_000


def require_seeds(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The seeds, none of them larger than random generators take.

    Raises:
        ConfigError: Otherwise.
    """
    if len(numbers) > _LONGEST_COUNT:
        raise ConfigError(f"{len(numbers)} seeds are too many; expected at most {_LONGEST_COUNT}")
    check_seed(max(numbers, default=0))
    return numbers


def read_seeds(text: str) -> tuple[int, ...]:
    """`3` is the three seeds 1, 2 and 3; `3,7,11` are these three, and `3,` is seed 3 alone.

    Raises:
        ConfigError: If it is neither a count nor a list of whole numbers.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        numbers = tuple(int(part) for part in parts if part)
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 0:
        raise ConfigError(f"seeds {text!r} is neither a count such as 3 nor a list such as 3,7,11")
    if any(part[0] == "0" and part != "0" for part in parts if part):
        raise ConfigError(
            f"seeds {text!r}: a number begins with 0, which may mean base 8; leave 0 out"
        )
    if len(parts) > 1:
        return require_seeds(numbers)
    if not 1 <= numbers[0] <= _LONGEST_COUNT:
        raise ConfigError(f"{numbers[0]} seeds are not possible; expected 1 to {_LONGEST_COUNT}")
    return tuple(range(1, numbers[0] + 1))
