"""What a killed call left behind, the next one of the same kind removes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from steadytune import mpnet
from steadytune._one_writer import one_writer
from steadytune._whole_file import write_json
from steadytune.finetune.predicted import write_rows
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.read_record import validated
from steadytune.records.schema import STRICT
from steadytune.runs.checkpoints import replace_folder
from steadytune.runs.executors.ray_tasks import _shared
from steadytune.study.bundled import _join
from steadytune.tasks import vader_download
from steadytune.tasks._pip_download import SourceRelease
from tests.reporting.fabricated import study
from tests.test_cli import call

HEX = "0123456789abcdef" * 2
CALLS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {}
"""What writes to a folder that nobody locks, and what it writes there."""


def takes(*names: str) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    def noted(act: Callable[[Path], object]) -> Callable[[Path], object]:
        CALLS[act.__name__] = act, names
        return act

    return noted


@takes("page.html", "runs.csv")
def report(place: Path) -> None:
    for made in study(3):
        Ledger(place.parent / "study").add(Outcome(validated(made, STRICT)))
    page, rows = str(place / "page.html"), str(place / "runs.csv")
    result = call("report", str(place.parent / "study"), "--page", page, "--csv", rows)
    assert result.exit_code == 0, result.output


@takes("scores.json")
def evaluate_as_json(place: Path) -> None:
    write_json(place / "scores.json", {})


@takes("rows.csv")
def predict(place: Path) -> None:
    write_rows({"text": ["a"]}, place / "rows.csv")


@takes("bundle")
def bundle(place: Path) -> None:
    replace_folder(place / "bundle", lambda made: (made / "a").touch())


@takes("weights")
def compare_of_a_bundle(place: Path) -> None:
    (place / "weights.001").write_bytes(b"a")
    _join(place, "weights", ["weights.001"])


@takes("tiny")
def download_of_a_model(place: Path) -> None:
    model = mpnet.ModelInPieces("tiny", (), "", "1 KB")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mpnet, "_fetch", lambda model, temporary, folder: folder.mkdir())
        mpnet.mpnet_folder(model, place)


@takes(vader_download.VADER_RELEASE.file_name)
def download_of_texts(place: Path) -> None:
    def fetch(release: SourceRelease, folder: Path) -> Path:
        (folder / "release").touch()
        return folder / "release"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vader_download, "pip_download", fetch)
        patch.setattr(vader_download, "_is_intact", lambda content, release: True)
        vader_download.release_bytes(folder=place)


@pytest.mark.parametrize("name", list(CALLS))
def test_the_next_call_sweeps(name: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    act, names = CALLS[name]
    for written in names:
        (place / f".{written}.{HEX[::-1]}.tmp" / "inside").mkdir(parents=True)
        (place / f".{written}.{HEX}.tmp").touch()
    other = place / f".thesis.{HEX}.tmp"
    other.touch()
    act(place)
    found = {path.name for path in place.iterdir()}
    assert found >= set(names) and {n for n in found if n.startswith(".")} == {other.name}


@pytest.mark.parametrize(
    "where", ["", "runs", "tuning/runs", "checkpoints/members/runs", "checkpoints/seed-1/steps"]
)
def test_a_lock_sweeps_as_far_down_as_commands_write(where: str, tmp_path: Path) -> None:
    (tmp_path / where).mkdir(parents=True, exist_ok=True)
    (tmp_path / where / f".file.{HEX}.tmp").touch()
    with one_writer(tmp_path):
        pass
    assert list((tmp_path / where).iterdir()) == []


def test_the_mark_of_a_ray_driver_is_swept_like_a_file(tmp_path: Path) -> None:
    with _shared(tmp_path) as shared:
        assert shared is not None and (shared.folder / shared.marker).is_file()
        left = tmp_path / shared.marker
    left.touch()  # as a killed driver leaves it
    with one_writer(tmp_path):
        assert not left.exists()
