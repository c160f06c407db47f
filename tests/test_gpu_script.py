"""`benchmarks/gpu.sh`: all of its parts on the CPU at tiny size, and without an index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from steadytune.study.bundle import write_bundle
from tests.tiny_bert import write_tiny_bert

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "gpu.sh"

STUDY = """
name: small
model: tiny
tasks: [{train: reviews.csv}]
methods: [plain, lnsr]
seeds: 1
epochs: 1
eval_size: 8
max_length: 16
precision: fp32
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(SCRIPT), *arguments], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )


@pytest.mark.exhaustive
@pytest.mark.alone
def test_every_part_runs_on_the_cpu_at_tiny_size(tmp_path: Path) -> None:
    write_tiny_bert(tmp_path / "tiny")
    (tmp_path / "small.yaml").write_text(STUDY)
    rows = [f"film {number} was {word},{word}" for number in range(20) for word in ("good", "bad")]
    (tmp_path / "reviews.csv").write_text("\n".join(["text,label", *rows]))
    write_bundle([tmp_path / "small.yaml"], tmp_path / "bundle")
    out = tmp_path / "out"
    done = run("--tiny", "500", str(out), str(tmp_path / "bundle" / "small.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = (out / "summary.txt").read_text()
    assert done.stdout.endswith(summary)
    parts = {line.split()[0]: line.split()[1] for line in summary.splitlines()[:5]}
    assert parts == dict.fromkeys(
        ("tests", "lnsr-by-hand", "cost-tiny", "modes", "study-small"), "done"
    )
    modes = {row["mode"]: row for row in json.loads((out / "modes.json").read_text())}
    assert "error" in modes["tf32"]
    assert modes["fp32"]["loss"] == pytest.approx(modes["fp32, compiled"]["loss"], rel=1e-4)
    assert (out / "study-small" / "runs.jsonl.xz").exists()


@pytest.mark.alone
def test_without_a_folder_it_says_how_it_is_called() -> None:
    done = run("5")
    assert done.returncode == 2
    assert "gpu.sh SECONDS OUT" in done.stderr
