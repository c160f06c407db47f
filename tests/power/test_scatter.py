"""How scores scatter in a study, from its records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from steadytune._exceptions import DataError
from steadytune.power.scatter import study_scatter
from steadytune.reporting import Elsewhere
from tests.reporting.fabricated import record, study, write

PLAIN = [0.80, 0.78, 0.83, 0.81]
LNSR = [0.82, 0.83, 0.84, 0.80]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    runs = [record("plain", seed, movie=score) for seed, score in enumerate(PLAIN)]
    runs += [record("lnsr", seed, movie=score) for seed, score in enumerate(LNSR)]
    return write(tmp_path, runs)


def test_known_scores(folder: Path) -> None:
    (scatter,) = study_scatter(folder).found
    differences = np.subtract(LNSR, PLAIN)
    assert (scatter.method, scatter.baseline, scatter.domain) == ("lnsr", "plain", "movie")
    assert (scatter.pairs, scatter.metric, scatter.stand_ins) == (4, "accuracy", 0)
    assert scatter.subsets == 1
    assert scatter.std == pytest.approx(np.std(PLAIN, ddof=1))
    assert scatter.std_differences == pytest.approx(differences.std(ddof=1))
    assert scatter.interval.low < scatter.std_differences < scatter.interval.high
    assert scatter.correlation == pytest.approx(np.corrcoef(PLAIN, LNSR)[0, 1])


def test_runs_that_were_made_elsewhere(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    rows = [
        f"{m},{n},{s}"
        for m, found in (("plain", PLAIN), ("lnsr", LNSR))
        for n, s in enumerate(found)
    ]
    path.write_text("\n".join(["method,seed,score", *rows]))
    (there,) = study_scatter(Elsewhere(path)).found
    (here,) = study_scatter(folder).found
    assert (there.std, there.std_differences) == (here.std, here.std_differences)
    assert there.pairs == here.pairs == 4


def test_methods_and_domains_can_be_chosen(tmp_path: Path) -> None:
    folder = write(tmp_path, study(methods=("plain", "lnsr", "mixout")))
    assert [s.method for s in study_scatter(folder).found] == ["lnsr", "mixout"]
    (scatter,) = study_scatter(folder, method="mixout", domain="tweet").found
    assert (scatter.method, scatter.domain) == ("mixout", "tweet")
    found = study_scatter(folder, baseline="lnsr").found
    assert {s.method for s in found} == {"plain", "mixout"}


def test_runs_that_diverged_count_for_the_constant_predictor(tmp_path: Path) -> None:
    runs = study(5)
    runs[1] = record("plain", 1, status="diverged", reason="loss is nan")
    (scatter,) = study_scatter(write(tmp_path, runs)).found
    assert (scatter.pairs, scatter.stand_ins) == (5, 1)
    assert scatter.std > 0.1


def test_scores_on_one_line_are_not_taken_to_stay_there(tmp_path: Path) -> None:
    runs = [record("plain", seed, movie=0.7 + 0.01 * seed) for seed in range(3)]
    runs += [record("lnsr", seed, movie=0.7 + 0.02 * seed) for seed in range(3)]
    (scatter,) = study_scatter(write(tmp_path, runs)).found
    assert scatter.correlation == 0.99


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "runs" / "broken.json").write_text("{")
    (warning,) = study_scatter(folder).warnings
    assert "broken.json" in warning


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "lsnr"}, "did you mean 'lnsr'"),
        ({"method": "plain"}, "no method 'plain'"),
        ({"baseline": "smart"}, "it has lnsr, plain"),
        ({"domain": "moive"}, "did you mean 'movie'"),
    ],
)
def test_unknown_names_are_refused(folder: Path, options: dict[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        study_scatter(folder, **options)


def test_too_few_pairs_and_no_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 seeds in common with 'plain'"):
        study_scatter(write(tmp_path / "few", study(2)))
    with pytest.raises(DataError, match="is not a folder"):
        study_scatter(tmp_path / "none")
