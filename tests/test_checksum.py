"""A checksum tells changed content from what was written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from steadytune._checksum import checked, with_checksum

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(content=st.dictionaries(st.text("abcd", min_size=1), VALUES, max_size=4))
def test_what_is_written_is_read(content: dict[str, Any]) -> None:
    written = json.dumps(with_checksum(content), indent=1).encode()
    assert checked(from_json(written)) == content == checked(json.loads(written))


@pytest.mark.parametrize("change", [{"a": 1.5000001}, {"b": None}, {"checksum": None}])
def test_what_has_changed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="has changed since it was written"):
        checked({**with_checksum({"a": 1.5}), **change})


def test_what_has_no_checksum_is_taken() -> None:
    assert checked({"a": 1}) == {"a": 1}
