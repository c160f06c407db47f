"""What is found before a run begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune import LNSR, SAM, ConfigError
from steadytune.finetune import TrainOptions
from steadytune.finetune.plan import TrainPlan
from steadytune.model_files import position_count
from steadytune.records.spec import RunSpec
from steadytune.tasks import DataSource
from tests.toy_task import load_toy


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "mpnet", "max_position_embeddings": 514}, 512),
        ({"model_type": "gpt2", "n_positions": 1024}, 1024),
        ({"model_type": "t5"}, None),
        ({"encoder": {"n_positions": 512}, "decoder": {"n_positions": 64}}, 64),
        ({"encoder": {"n_positions": 512}, "decoder": {}}, 512),
        ({"encoder": {}, "decoder": {}}, None),
        ({"model_type": "deberta", "max_position_embeddings": -1}, None),
        ({"model_type": "bert", "max_position_embeddings": "many"}, None),
    ],
)
def test_positions_that_texts_can_take(config: dict[str, object], tokens: int | None) -> None:
    assert position_count(config) == tokens


def options(**given: Any) -> TrainOptions:
    return TrainOptions(source=DataSource(train="rows.csv"), out="model", **given)


def test_methods_seeds_and_paths_are_kept_in_one_form() -> None:
    given = options(method=LNSR(strength=0.5), seeds=np.arange(1, 4), model=Path("m"))
    assert given == options(method="lnsr:strength=0.5", seeds=(1, 2, 3), model="m")
    assert options(method=[LNSR(), SAM()]).method == "lnsr+sam"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seeds": 3}, "seeds=3 is not a list; expected one such as"),
        ({"seeds": (1.5,)}, "seed=1.5 is not possible"),
        ({"seeds": ("1",)}, "seed='1' is not possible"),
        ({"workers": 0.5}, "workers=0.5 is not possible"),
        ({"method": 3}, "3 is not a method; expected its text"),
        ({"method": ["lnsr"]}, "is not a method; expected its text"),
    ],
)
def test_options_that_cannot_be_are_one_line(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        options(**given)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_metric_that_chooses_among_seeds_makes_another_model() -> None:
    spec = RunSpec(task="toy", method="plain", seed=1)
    model: Any = None

    def planned(metric: str | None, seeds: int = 2, keep: str = "best") -> TrainPlan:
        source = DataSource(train="rows.csv", metric=metric)
        given = TrainOptions(
            source=source, out="model", seeds=tuple(range(1, seeds + 1)), keep=keep
        )
        specs = tuple(replace(spec, seed=seed) for seed in given.seeds)
        return TrainPlan(given, model, specs, load_toy(), (), 1, {})

    def hashed(*given: Any, **kept: Any) -> str:
        return planned(*given, **kept).hash

    assert len({hashed(metric) for metric in (None, "f1", "accuracy")}) == 3
    assert hashed("f1", seeds=1) == hashed(None, seeds=1)
    assert hashed("f1", keep="ensemble") == hashed(None, keep="ensemble")
    before = planned("f1")
    chosen = replace(before, specs=tuple(replace(s, chosen_by="f1") for s in before.specs))
    assert chosen.hash != before.hash
    assert chosen.older_hash == before.older_hash == hashed(None)
