"""Methods that do not suit the model are found before the first run."""

from __future__ import annotations

import pytest

from steadytune import ConfigError, ModelError, SteadytuneError
from steadytune.method_names import known_methods
from steadytune.method_options import is_wrapper
from steadytune.pretrained import Pretrained
from steadytune.runs.preflight import require_fit
from tests.tiny_seq2seq import write_tiny_t5

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


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Pretrained:
    return Pretrained.find(write_tiny_t5(tmp_path_factory.mktemp("t5")))


ONE_STACK = {"layerwisedecay", "reinit"}
"""Methods that act in one list of blocks."""

OF_NEW_HEADS = {"deni", "r4f"}
"""Methods that act in the head that a task adds, where it adds one."""


@pytest.mark.parametrize("name", known_methods())
def test_methods_act_in_both_stacks_or_say_why_not(t5: Pretrained, name: str) -> None:
    text = f"{name}(lnsr)" if is_wrapper(known_methods()[name]) else name
    if name in OF_NEW_HEADS:
        with pytest.raises(SteadytuneError, match=rf"^{name}: [^\n]*head[^\n]*$"):
            require_fit(t5, "seq2seq", (), [text], layers="both")
        return
    if name in ONE_STACK:
        with pytest.raises(SteadytuneError, match=r"^[^\n]*layers='encoder'[^\n]*$"):
            require_fit(t5, "seq2seq", (), [text], layers="both")
        require_fit(t5, "seq2seq", (), [text], layers="encoder")
        return
    require_fit(t5, "seq2seq", (), [text], layers="both")


def test_only_encoder_decoders_write_texts(model: Pretrained) -> None:
    with pytest.raises(ModelError, match="no encoder with a decoder that writes text"):
        require_fit(model, "seq2seq", (), ["plain"])
