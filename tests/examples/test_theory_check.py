"""The theory example runs, and its numbers are what the theory says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def example(name: str) -> ModuleType:
    """An example as a module."""
    path = Path(__file__).parents[2] / "examples" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


theory_check = example("theory_check")


def test_the_expansion_holds_to_fourth_order() -> None:
    found = theory_check.expansions((0.02, 0.1))
    for row in found:
        assert abs(row.simulated - row.fourth_order) < 4 * row.error
    large = found[1]
    assert abs(large.simulated - large.second_order) > 4 * large.error


def test_minilm_agrees_with_the_probes() -> None:
    rows = theory_check.minilm_comparisons(layers=(3,), sizes=(0.01,), draws=4, probes=6)
    for row in rows:
        assert row.ratio == pytest.approx(1, abs=4 * row.error)
        assert row.error < 0.15


def test_injection_depends_on_the_label_and_lnsr_does_not() -> None:
    rows = theory_check.injection_terms()
    for row in rows:
        assert row.simulated == pytest.approx(
            row.jacobian + row.label_dependent, abs=4 * row.error + 0.01
        )
    assert min(row.simulated for row in rows) < 0 < max(row.simulated for row in rows)
    assert len({row.lnsr for row in rows}) == 1 and rows[0].lnsr > 0
    assert all(row.jacobian > 0 for row in rows)


def test_lnsr_keeps_the_map_flatter() -> None:
    plain, lnsr = theory_check.training_stages(steps=40, every=40)[1::2]
    assert (plain.method, lnsr.method) == ("plain", "lnsr")
    assert lnsr.typical < 0.9 * plain.typical and lnsr.lipschitz < plain.lipschitz


def test_it_prints_its_tables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theory_check, "minilm_comparisons", list)
    monkeypatch.setattr(theory_check, "training_stages", list)
    theory_check.main()
    printed = capsys.readouterr().out
    assert [line[0] for line in printed.splitlines() if not line.startswith(" ")] == list("1234")
