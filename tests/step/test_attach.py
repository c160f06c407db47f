"""What `attach` refuses."""

from __future__ import annotations

from typing import Any

import pytest

from steadytune import (
    LNSR,
    ConfigError,
    attach,
)
from steadytune.testing import (
    tiny_classifier,
)


def test_two_attachments_on_one_model_are_refused() -> None:
    model = tiny_classifier()
    with (
        attach(model, [LNSR()]),
        pytest.raises(ConfigError, match="attached already"),
        attach(model, [LNSR()]),
    ):
        pass
    with attach(model, [LNSR()]):
        pass


@pytest.mark.parametrize("given", [LNSR(), LNSR, "lnsr", None, 3])
def test_methods_that_are_no_list_are_refused(given: Any) -> None:
    with (
        pytest.raises(
            ConfigError, match=r"is not a list; expected a list of methods, as in \[LNSR"
        ),
        attach(tiny_classifier(), given),
    ):
        pass


@pytest.mark.parametrize("given", ["lnsr", LNSR, None])
def test_what_is_no_method_in_the_list_is_named(given: Any) -> None:
    with (
        pytest.raises(
            ConfigError, match=r"in the list of methods is not a method; expected a list"
        ),
        attach(tiny_classifier(), [LNSR(), given]),
    ):
        pass
