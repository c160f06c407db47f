"""Reads data sets of the Hugging Face hub; nothing of them is ever run."""

from __future__ import annotations

import re
from typing import Any

from ..._exceptions import DataError
from ._table import Table, first_line
from .arrow import dataset_table

_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?(:[\w.-]+)?", re.ASCII)
_PATIENCE_IN_SECONDS = 5.0
_INSTEAD = "give a file, a folder, or OWNER/NAME or OWNER/NAME:CONFIG of the hub"


def is_hub_name(text: str) -> bool:
    """Whether a text can be a name on the hub: `name`, `owner/name` or `owner/name:config`."""
    return bool(_NAME.fullmatch(text))


def read_hub(text: str) -> dict[str, Table]:
    """All splits of a data set on the hub, or in the local cache where HF_HUB_OFFLINE is set.

    Args:
        text: `owner/name` or `owner/name:config`.

    Raises:
        DataError: There is no such data set, the hub does not answer within seconds, or the data
            set can be had only by running code of its own.
    """
    name, _, config = text.partition(":")
    splits = _load(name, config or None, _revision(name))
    return {split: dataset_table(rows, f"{text}, {split}") for split, rows in splits.items()}


def _revision(name: str) -> str | None:
    """The commit that the hub holds now. Asked for first, since this alone can be given up soon."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        return None
    try:
        return HfApi().dataset_info(name, timeout=_PATIENCE_IN_SECONDS).sha
    except HfHubHTTPError as error:
        raise DataError(
            f"the hub has no data set {name!r} that you may read ({first_line(error)}); {_INSTEAD}"
        ) from None
    except Exception as error:  # Errors of the connection are of the library below, which changes
        raise DataError(
            f"{name!r} is neither a file nor a folder, and the hub does not answer "
            f"({first_line(error)}); {_INSTEAD}, or set HF_HUB_OFFLINE=1 if it is in your cache"
        ) from None


def _load(name: str, config: str | None, revision: str | None) -> dict[str, Any]:
    from datasets import load_dataset

    try:
        return dict(load_dataset(name, config, revision=revision))
    except Exception as error:  # Whatever stands in the way, the user can give another source
        offline = "HF_HUB_OFFLINE is set, and it is not in the cache"
        reason = _reason(error) if revision else offline
        raise DataError(
            f"{name!r} is neither a file nor a folder, and cannot be loaded from the hub "
            f"({reason}); {_INSTEAD}"
        ) from None


def _reason(error: Exception) -> str:
    """The first line, and the second, where `datasets` lists the configurations to choose from."""
    lines = str(error).strip().splitlines()
    return ": ".join([first_line(error), *lines[1:2]])
