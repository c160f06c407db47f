"""Names of methods: each class has one under which it is found again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from steadytune import LNSR, ConfigError, Penalty, Regularizer
from steadytune.method_names import class_of, find_method, known_methods, name_of


@dataclass(frozen=True)
class LNsr(Penalty):
    """A user's own method whose name in lower case is taken."""

    strength: float = 1.0

    def measure(self, host: Any) -> Any: ...


class Bare(Regularizer):
    """Extends the right class without being a dataclass."""

    def attach(self, host: Any) -> Any: ...


def test_case_and_hyphens_do_not_matter() -> None:
    assert find_method("l-n-s-r") is find_method("LNSR") is LNSR


@pytest.mark.parametrize("cls", [*known_methods().values(), LNsr], ids=lambda cls: cls.__name__)
def test_a_class_is_found_by_its_name(cls: type[Regularizer]) -> None:
    module, _, name = name_of(cls).rpartition(":")
    assert class_of(module or None, name) is cls


def test_only_a_name_that_is_taken_needs_its_module() -> None:
    assert name_of(LNSR) == "lnsr"
    assert name_of(LNsr) == f"{__name__}:LNsr"


@pytest.mark.parametrize("name", ["Bare", "pytest"])
def test_what_is_no_method_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="make it a frozen dataclass that extends"):
        class_of(__name__, name)


def test_a_module_that_ends_the_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ends_the_program.py").write_text("import sys; sys.exit(0)")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="it ends the program"):
        class_of("ends_the_program", "Mine")
