"""The text form of methods: it reads, prints back, and explains what it cannot read."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune import LNSR, ConfigError, Penalty, Regularizer, Step, Wrapper
from steadytune.method_names import known_methods
from steadytune.method_options import is_wrapper, options_of
from steadytune.method_text import (
    format_method,
    method_identity,
    parse_method,
    split_methods,
)


@dataclass(frozen=True)
class Everything(Penalty):
    """A method with one option of every type."""

    strength: float = 1.0
    count: int = 3
    flag: bool = False
    word: str = "start"
    choice: Literal["none", "some"] = "some"
    maybe: float | None = None
    many: tuple[float, ...] = (1.0, 0.5)
    either: int | Literal["all"] = "all"

    def measure(self, host: Any) -> Any: ...


@dataclass(frozen=True)
class Around(Wrapper):
    """A method that wraps another."""

    method: Regularizer
    warmup: float = 0.0

    def factor(self, step: Step) -> float: ...


@dataclass(frozen=True)
class Chooser(Penalty):
    """A method with an option that has the name of what a wrapper wraps."""

    method: Literal["power", "exact"] = "power"
    strength: float = 1.0

    def measure(self, host: Any) -> Any: ...


EVERYTHING = f"{__name__}:Everything"
AROUND = f"{__name__}:Around"
CHOOSER = f"{__name__}:Chooser"


def read(text: str) -> Regularizer:
    (method,) = parse_method(text)
    return method


def test_plain_is_no_method() -> None:
    assert parse_method("plain") == parse_method(" Plain ") == ()
    assert format_method(()) == "plain"


def test_options_take_the_types_of_the_fields() -> None:
    assert read("lnsr:std=0.1,layer=2,strength=1") == LNSR(std=0.1, layer=2, strength=1.0)
    assert read("lnsr:targets=(1,2),relative=true") == LNSR(targets=(1, 2), relative=True)
    assert isinstance(getattr(read("lnsr:strength=2"), "strength"), float)  # noqa: B009


def test_names_are_read_in_any_case() -> None:
    assert read("LNSR") == LNSR()


def test_methods_compose_in_order() -> None:
    assert parse_method(f"lnsr + {EVERYTHING}:count=1") == (LNSR(), Everything(count=1))


def test_a_plus_before_a_digit_belongs_to_a_number() -> None:
    assert read("lnsr:std=1e-2,strength=1e+2") == LNSR(std=0.01, strength=100.0)
    assert "+" not in format_method([LNSR(strength=1e16)])


def test_wrappers_nest_with_options_of_their_own() -> None:
    text = f"{AROUND}({AROUND}(lnsr:std=0.1):warmup=0.2):warmup=0.1"
    method = Around(Around(LNSR(std=0.1), warmup=0.2), warmup=0.1)
    assert read(text) == method
    assert format_method([method]) == text


def test_an_option_called_method_is_an_option() -> None:
    assert read(f"{CHOOSER}:method=exact") == Chooser(method="exact")
    assert read(f"{AROUND}({CHOOSER}:method=exact)") == Around(Chooser(method="exact"))
    assert format_method([Chooser(method="exact")]) == f"{CHOOSER}:method=exact"


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ("flag=TRUE", "flag", True),
        ("word='a,b:c+(d'", "word", "a,b:c+(d"),
        ("word='none'", "word", "none"),
        ("choice=none", "choice", None),
        ("choice='none'", "choice", "none"),
        ("maybe=none", "maybe", None),
        ("maybe=2", "maybe", 2.0),
        ("maybe=inf", "maybe", float("inf")),
        ("many=()", "many", ()),
        ("many=(1,)", "many", (1.0,)),
        ("either=4", "either", 4),
        ("either=all", "either", "all"),
    ],
)
def test_values(options: str, field: str, value: object) -> None:
    if (field, value) == ("choice", None):
        with pytest.raises(ConfigError, match="choice"):
            read(f"{EVERYTHING}:{options}")
        return
    method = read(f"{EVERYTHING}:{options}")
    assert getattr(method, field) == value
    assert read(format_method([method])) == method


def test_only_what_differs_from_the_defaults_is_printed() -> None:
    assert format_method([LNSR()]) == "lnsr"
    assert format_method([LNSR(std=0.1)]) == "lnsr:std=0.1"


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as an option may have them."""
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(_values(get_args(hint)[0]), max_size=4).map(tuple)
    if get_args(hint):
        return st.one_of([_values(part) for part in get_args(hint)])
    return {
        float: st.floats(0, 1) | st.floats(allow_nan=False, allow_infinity=False),
        int: st.integers(0, 12) | st.integers(),
        bool: st.booleans(),
        str: st.text(alphabet="ab z019_.-+=,:()'\"\\\né", max_size=12),
        type(None): st.none(),
    }[hint]


CLASSES = [Everything, Around, Chooser, *known_methods().values()]


@st.composite
def _methods(draw: st.DrawFn, depth: int = 2) -> Regularizer:
    """Any method with any options that it accepts, one option at a time."""
    cls = draw(st.sampled_from([c for c in CLASSES if depth or not is_wrapper(c)]))
    method = cls(draw(_methods(depth - 1))) if is_wrapper(cls) else cls()
    hints = get_type_hints(cls)
    for name in draw(st.lists(st.sampled_from(list(options_of(cls))), unique=True)):
        with suppress(ConfigError):
            method = dataclasses.replace(method, **{name: draw(_values(hints[name]))})  # type: ignore[type-var]
    return method


@given(st.lists(_methods(), max_size=3).map(tuple))
def test_reading_what_was_printed_gives_the_same_methods(methods: tuple[Regularizer, ...]) -> None:
    text = format_method(methods)
    assert parse_method(text) == methods
    assert format_method(parse_method(text)) == text


@given(st.lists(_methods().map(lambda method: format_method([method])), min_size=1, max_size=4))
def test_a_list_of_methods_is_cut_where_it_was_joined(texts: list[str]) -> None:
    assert split_methods(",".join(texts)) == texts


@given(st.text(alphabet="lnsrplain:=,+()'\"01.e- _", max_size=30))
def test_no_text_fails_in_another_way_than_with_one_line(text: str) -> None:
    try:
        parse_method(text)
    except ConfigError as error:
        assert "\n" not in str(error)


def test_a_comma_before_an_option_continues_the_options() -> None:
    text = "plain, lnsr:std=0.05, strength=0.01,lnsr:targets=(1,2),layer=0+lnsr"
    assert split_methods(text) == [
        "plain",
        "lnsr:std=0.05,strength=0.01",
        "lnsr:targets=(1,2),layer=0+lnsr",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lnrs", ["unknown method 'lnrs'", "did you mean lnsr"]),
        ("xyzzy", ["unknown method", "known methods: plain, ", " lnsr, "]),
        ("lnsr:sdt=1", ["LNSR has no option 'sdt'", "did you mean std"]),
        ("lnsr:zzz=1", ["no option 'zzz'", "options: strength, std"]),
        ("lnsr:std=big", ["'std' expects a number", "'big'"]),
        ("lnsr:layer=1.5", ["'layer' expects a whole number", "'1.5'"]),
        ("lnsr:relative=1", ["expects true or false"]),
        ("lnsr:noise=gausian", ["one of gaussian", "did you mean gaussian?"]),
        ("lnsr:std=-1", ["lnsr:std=-1", "std=-1.0"]),
        ("lnsr:targets=3", ["brackets such as (1,2)"]),
        ("lnsr:std", ["'std' of lnsr has no value", "lnsr:std=VALUE"]),
        ("lnsr:std=", ["cannot read 'std='", "option=value"]),
        ("lnsr:std=1,std=2", ["'std' appears twice"]),
        ("lnsr:", ["option=value"]),
        ("lnsr:std=1:layer=2", ["too many colons"]),
        (f"{CHOOSER}(lnsr)", ["Chooser does not wrap a method"]),
        ("lnsr(lnsr)", ["LNSR does not wrap a method", "write lnsr"]),
        (AROUND, ["Around needs a method in brackets"]),
        (f"{AROUND}(lnsr+lnsr)", ["wraps 2 methods", "each one by itself"]),
        (f"{AROUND}(lnsr", ["brackets do not match"]),
        ("plain+lnsr", ["plain means no method"]),
        ("", ["cannot read the method ''"]),
        ("lnsr+", ["cannot read the method ''"]),
        ("no.such.module:Class", ["cannot import", "no"]),
        ("steadytune.methods:Nothing", ["cannot import", "Nothing"]),
        ("pathlib:Path", ["pathlib:Path is not a method", "steadytune.Regularizer"]),
    ],
)
def test_faults_are_named_with_the_remedy(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_method(text)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("text", ["", "plain,,lnsr", "plain,"])
def test_an_empty_place_in_a_list_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="empty method"):
        split_methods(text)


def test_the_identity_names_every_option_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    methods = parse_method("l2sp+every(lnsr:std=0.5):n=2")
    before = method_identity(methods)
    assert "std=0.5" in before and "layer=0" in before
    assert before.endswith(" Every v1 L2SP v1 LNSR v1")
    monkeypatch.setattr(LNSR, "version", 2)
    assert method_identity(methods) == before.replace("LNSR v1", "LNSR v2")
    assert method_identity(()) == "()"
