"""`python -m steadytune` is the same as `steadytune`."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main()
