"""One model on real rows, from training to prediction."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.finetune.toy_files import steadytune, succeed


@pytest.mark.slow
@pytest.mark.data
def test_a_few_rows_of_rte_with_minilm(tmp_path: Path, data_root: Path) -> None:
    data = ("--task", "rte", "--data-root", data_root, "--eval-size", "12", "--ood", "all")
    out = tmp_path / "model"
    printed = succeed(
        *("train", *data, "--method", "lnsr", "--train-size", "16", "--epochs", "1"),
        *("--max-length", "64", "--out", out),
    )
    assert "out of domain, seen by minilm in its own training: mnli_matched" in printed
    record = json.loads((out / "record.json").read_text())
    assert record["results"]["hans_style"]["accuracy"] is not None
    succeed("evaluate", out, *data, "--json", tmp_path / "scores.json")
    found = json.loads((tmp_path / "scores.json").read_text())["domains"]
    for domain in record["task"]["out_of_domain"]:
        assert found[domain]["scores"] == pytest.approx(record["results"][domain], abs=1e-4)
    result = steadytune("evaluate", out, "--task", "sst2", "--data-root", data_root)
    assert result.exit_code == 2 and "2 text columns" in result.stderr
