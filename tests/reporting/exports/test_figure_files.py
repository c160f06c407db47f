"""Figures as files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from steadytune._exceptions import ConfigError
from steadytune.reporting import build_report, write_figures
from tests.reporting.fabricated import BARE, record, study


def test_one_file_a_drawing_and_format(tmp_path: Path) -> None:
    records = [record(m, s, profile=None, history=[]) for m in ("plain", "a") for s in range(2)]
    report = build_report(records, title="t")
    files = write_figures(report, tmp_path / "new" / "figures", ("png", "svg"))
    names = [path.stem for path in files[::2]]
    assert names == [
        "1-dots-0-movie-in-domain",
        "1-dots-1-tweet-out-of-domain",
        "1-differences-0-movie-in-domain",
        "1-differences-1-tweet-out-of-domain",
        "1-cost-0-cost-against-gain",
        "1-best-0-expected-best-of-n-seeds",
    ]
    assert files[0].read_bytes().startswith(b"\x89PNG")
    svg = files[1].read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "var(--" not in svg and "movie, in domain" in svg
    assert sorted(files) == sorted((tmp_path / "new" / "figures").iterdir())


def test_names_of_files_come_from_no_record(tmp_path: Path) -> None:
    records = [record(m, 0, **BARE) for m in ("plain", "../../evil\\<b>")]
    for made in records:
        made["results"]["../../up"] = {"accuracy": 0.5}
    files = write_figures(build_report(records, title="t"), tmp_path, ("svg",))
    assert {path.parent for path in files} == {tmp_path}
    assert all(set(path.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") for path in files)


def test_equal_reports_give_equal_files(tmp_path: Path) -> None:
    report = build_report(study(1, **BARE), title="t")
    first, second = (write_figures(report, tmp_path / name, ("svg",)) for name in ("a", "b"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot make the folder"):
        write_figures(build_report(study(1, **BARE), title="t"), tmp_path / "file" / "x")
