"""Which tokens are real."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import ConfigError
from steadytune._step.masks import decoder_mask, token_mask

LIKE = torch.zeros(2, 4, 8)
MASK = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])


def test_without_one_every_token_is_real() -> None:
    assert torch.equal(token_mask({}, LIKE), torch.ones(2, 4))


def test_choices_are_rows() -> None:
    given = MASK.reshape(1, 2, 4)
    assert torch.equal(token_mask({"attention_mask": given}, LIKE), MASK)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"decoder_attention_mask": MASK, "labels": torch.zeros(2, 4)}, MASK),
        ({"labels": torch.tensor([[5, 6, 2, -100], [5, 2, -100, -100]])}, MASK),
        ({"attention_mask": MASK}, torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])),
        ({"attention_mask": MASK, "labels": torch.tensor([0, 1])}, [[1, 1, 1, 1], [1, 1, 1, 0]]),
    ],
)
def test_a_decoders(inputs: dict[str, Tensor], expected: Any) -> None:
    assert decoder_mask(inputs, LIKE).tolist() == torch.as_tensor(expected).tolist()


def test_a_decoders_own_tokens_need_their_mask() -> None:
    with pytest.raises(ConfigError, match="needs a decoder_attention_mask"):
        decoder_mask({"decoder_input_ids": MASK}, LIKE)
    with pytest.raises(ConfigError, match="attention_mask has the shape"):
        decoder_mask({"attention_mask": MASK[:, :2]}, LIKE)
