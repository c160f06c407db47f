"""Records as a study would write them, with numbers that a test can choose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from steadytune._page.table import Table
from steadytune.records.schema import Record
from steadytune.records.spec import spec_hash_of
from steadytune.reporting.analysis.analyse import analyse, method_order
from steadytune.reporting.analysis.section_numbers import SectionNumbers
from steadytune.reporting.reading.run import Run, Shelf

BARE: dict[str, Any] = {"history": [], "profile": None}
"""Changes that leave out what takes long to draw."""

CONSTANT = {"movie": 0.5, "tweet": 0.6}


def record(
    method: str = "plain",
    seed: int = 0,
    movie: float | None = 0.8,
    tweet: float | None = 0.7,
    *,
    status: str = "ok",
    reason: str | None = None,
    spec: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """One record; `spec` and `changes` replace parts of it."""
    results = {"movie": {"accuracy": movie, "loss": 0.5}, "tweet": {"accuracy": tweet}}
    made: dict[str, Any] = {
        "version": 1,
        "spec": {
            "task": "reviews",
            "method": method,
            "seed": seed,
            "model": "minilm",
            "train_size": 300,
            "subset_seed": 0,
            "data_hash": "d1",
            "epochs": 3.0,
            **(spec or {}),
        },
        "status": status,
        "reason": reason,
        "task": {
            "name": "reviews",
            "metric": "accuracy",
            "in_domain": "movie",
            "out_of_domain": ["tweet"],
            "constant": dict(CONSTANT),
            "sizes": {"train": 300, "movie": 200, "tweet": 200},
            "source": "sentences from nowhere, MIT licence",
        },
        "results": results if status == "ok" else {},
        "history": [{"step": s, "epoch": s / 19, "loss": 0.7 - s / 100} for s in (19, 38, 57)],
        "profile": profile() if status == "ok" else None,
        "seconds": {"train": 10.0, "evaluate": 2.0, "total": 13.0},
        "cost": {"steps": 57, "seconds_per_step": 0.2 if method == "plain" else 0.3},
        "environment": {"python": "3.11.7", "torch": "2.13.0", "commit": None, "dirty": False},
        "started": "2026-01-02T03:04:05+00:00",
        "finished": "2026-01-02T03:06:05+00:00",
        **changes,
    }
    return {"spec_hash": spec_hash_of(made["spec"]), **made}


def profile(after: float = 0.04) -> dict[str, Any]:
    """Noise that enters at the layers 0 and 2 of a model of three layers."""

    def entry(value: float) -> dict[str, Any]:
        ratio = [[0.05, value, value, value], [0.05, value]]
        return {"injection": [0, 2], "relative_noise": 0.05, "examples": 8, "ratio": ratio}

    return {"before": entry(0.06), "after": entry(after)}


def study(
    seeds: int = 5, methods: tuple[str, ...] = ("plain", "lnsr"), **changes: Any
) -> list[dict[str, Any]]:
    """Every method with every seed; each next method scores higher by about two points."""
    wiggle = [0.0, 0.01, -0.012, 0.02, -0.005, 0.008]
    return [
        record(
            method,
            seed,
            movie=0.8 + 0.02 * rank + wiggle[(seed * (rank + 1)) % 6],
            tweet=0.7 + 0.01 * rank + wiggle[(seed * (rank + 2) + 1) % 6],
            **changes,
        )
        for rank, method in enumerate(methods)
        for seed in range(seeds)
    ]


def write(folder: Path, records: list[dict[str, Any]]) -> Path:
    """Write the records as a study does, and return the folder of the study."""
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    for index, made in enumerate(records):
        (folder / "runs" / f"{index:05d}.json").write_text(json.dumps(made), encoding="utf-8")
    return folder


def run_of(made: dict[str, Any]) -> Run:
    """The run of a record."""
    return Shelf().run(Record.model_validate(made))


def section_of(records: list[dict[str, Any]]) -> SectionNumbers:
    """The numbers of records that belong to one section."""
    parsed = list(map(run_of, records))
    (section,) = analyse(
        parsed, method_order(parsed, "plain", []), "plain", np.random.default_rng(0)
    )
    return section


def cells(table: Table | None) -> dict[tuple[str, str], tuple[str, ...]]:
    """The cells by heading and label."""
    assert table is not None
    assert all(len(r.cells) == len(table.columns) for g in table.groups for r in g.rows)
    return {(g.heading, r.label): r.cells for g in table.groups for r in g.rows}
