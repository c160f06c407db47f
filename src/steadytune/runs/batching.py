"""The order of training rows: like lengths share a batch, and the order of batches is random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler

from .._random import generator

_POOLS = 4
_LARGEST_POOL = 50


class LengthGroupedSampler(Sampler[int]):
    """Orders rows so that slices of `batch_size` hold rows of like length.

    Each epoch draws a permutation, sorts it by length within pools of many batches, and shuffles
    the batches, so that no length comes first. A batch that is not full comes last. The order of
    an epoch depends on the seed and the epoch's number alone: a run that is resumed sees the same.

    Args:
        lengths: Length of each row in tokens.
        batch_size: Rows a step.
        seed: The seed of the order.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that is iterated over next, counted from 0."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        draws = generator(torch.device("cpu"), self._seed, "batches", self._epoch)
        rows = torch.randperm(len(self), generator=draws).tolist()
        batches = list(self._batches(rows))
        last = batches.pop() if batches and len(batches[-1]) < self._batch_size else []
        for number in torch.randperm(len(batches), generator=draws).tolist():
            yield from batches[number]
        yield from last

    def _batches(self, rows: list[int]) -> Iterator[list[int]]:
        pool = self._batch_size * self._batches_in_pool()
        for start in range(0, len(rows), pool):
            # Only the last pool can hold rows that fill no batch, which are its shortest ones.
            by_length = sorted(rows[start : start + pool], key=self._length, reverse=True)
            for first in range(0, len(by_length), self._batch_size):
                yield by_length[first : first + self._batch_size]

    def _batches_in_pool(self) -> int:
        return min(max(len(self) // (self._batch_size * _POOLS), 1), _LARGEST_POOL)

    def _length(self, row: int) -> int:
        return self._lengths[row]
