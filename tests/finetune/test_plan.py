"""What is found before a run begins."""

from __future__ import annotations

import pytest

from steadytune.study.length import position_count


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "mpnet", "max_position_embeddings": 514}, 512),
        ({"model_type": "gpt2", "n_positions": 1024}, 1024),
        ({"model_type": "t5"}, None),
        ({"model_type": "deberta", "max_position_embeddings": -1}, None),
        ({"model_type": "bert", "max_position_embeddings": "many"}, None),
    ],
)
def test_positions_that_texts_can_take(config: dict[str, object], tokens: int | None) -> None:
    assert position_count(config) == tokens
