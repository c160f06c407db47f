"""Methods that do not suit the model are found before the first run."""

from __future__ import annotations

import pytest

from steadytune import ConfigError
from steadytune.method_names import known_methods
from steadytune.method_options import is_wrapper
from steadytune.pretrained import Pretrained
from steadytune.runs.preflight import require_fit

LABELS = ("no", "yes")


def test_methods_that_suit_the_model_pass(model: Pretrained) -> None:
    require_fit(model, "classification", LABELS, ["plain", "lnsr", "lnsr:layer=2,targets=(3,)"])


@pytest.mark.parametrize("name", known_methods())
def test_every_method_with_its_defaults_passes(model: Pretrained, name: str) -> None:
    wraps = is_wrapper(known_methods()[name])
    require_fit(model, "classification", LABELS, [f"{name}(lnsr)" if wraps else name])


def test_what_methods_say_at_the_end_of_a_training_is_not_said(model: Pretrained) -> None:
    require_fit(model, "classification", LABELS, ["lnsr:dose=0.1"])  # every warning is an error


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("lnsr:layer=3", "layer=3 is out of range; this model has 3 layers"),
        ("lnsr:targets=(1,9)", "is out of range"),
    ],
)
def test_others_are_named_with_the_reason(model: Pretrained, method: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        require_fit(model, "classification", LABELS, ["plain", method])
    assert str(caught.value).startswith(f"{method}: ")
    assert reason in str(caught.value)
