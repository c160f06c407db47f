"""Running a model with other weights, and keeping gradients apart."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from steadytune._model.exchange import exchanged, separate_gradients


def test_the_same_data_come_back() -> None:
    parameter = nn.Parameter(torch.tensor([1.0, 2.0]))
    place, version = parameter.data_ptr(), parameter._version
    with pytest.raises(KeyboardInterrupt), exchanged([parameter], [torch.tensor([5.0, 6.0])]):
        assert parameter.tolist() == [5.0, 6.0]
        raise KeyboardInterrupt
    assert parameter.tolist() == [1.0, 2.0]
    assert (parameter.data_ptr(), parameter._version) == (place, version)


def test_autocast_casts_the_weights_anew() -> None:
    layer = nn.Linear(2, 2, bias=False)
    ones = torch.ones(1, 2)
    with torch.autocast("cpu", torch.bfloat16):
        layer(ones)
        with exchanged([layer.weight], [torch.full((2, 2), 3.0)]):
            assert layer(ones).tolist() == [[6.0, 6.0]]
        assert layer(ones).tolist() != [[6.0, 6.0]]


def test_gradients_from_before_are_kept_apart() -> None:
    parameter = nn.Parameter(torch.tensor(2.0))
    parameter.square().backward()
    before = parameter.grad
    with separate_gradients([parameter]):
        assert parameter.grad is None
        (3 * parameter).backward()
        assert parameter.grad is not None
        assert parameter.grad.item() == 3
    assert parameter.grad is before
    assert parameter.grad is not None
    assert parameter.grad.item() == 4


def test_gradients_that_are_views_of_one_memory_come_back() -> None:
    bucket = torch.tensor([4.0, 5.0])
    parameter, other = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.tensor(3.0))
    parameter.grad, other.grad = bucket[0], bucket[1]
    with separate_gradients([parameter, other]):
        bucket.fill_(-1.0)  # as a pass through the same buckets leaves it
        parameter.grad, other.grad = bucket[0], bucket[1]
    assert (parameter.grad.item(), other.grad.item()) == (4.0, 5.0)
    assert parameter.grad.data_ptr() == bucket.data_ptr()
