"""The stand-in names the release that the environment names."""

from pathlib import Path

import pytest

from steadytune.tasks import _stand_in_backend as backend


def test_metadata_names_the_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backend.NAME_VARIABLE, "some-project")
    monkeypatch.setenv(backend.VERSION_VARIABLE, "1.2")
    folder = backend.prepare_metadata_for_build_wheel(str(tmp_path))
    assert folder == "some_project-1.2.dist-info"
    lines = (tmp_path / folder / "METADATA").read_text().splitlines()
    assert lines == ["Metadata-Version: 2.1", "Name: some-project", "Version: 1.2"]


def test_it_answers_where_pip_asks_for_setuptools() -> None:
    assert backend.__legacy__.prepare_metadata_for_build_wheel
