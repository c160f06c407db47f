"""Tiny random models and batches, and loops that train them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .._random import generator, isolated_rng
from .._step.attach import attach
from .._step.regularizer import Regularizer
from .._step.step import Step

DEVICE_VARIABLE = "STEADYTUNE_TEST_DEVICE"


def device_of_tests() -> torch.device:
    """Where tiny models and batches are: what STEADYTUNE_TEST_DEVICE names, by default the CPU."""
    return torch.device(os.environ.get(DEVICE_VARIABLE, "cpu"))


def tiny_classifier(
    *,
    dropout: float = 0.1,
    classes: int = 2,
    seed: int = 0,
    several: bool = False,
    tokens: bool = False,
) -> Any:
    """A random BERT classifier with three layers of width 32, in training mode.

    Args:
        dropout: Of hidden states and of attention.
        classes: Number of outputs.
        seed: Of the weights.
        several: Whether an example can be of several classes, or of none.
        tokens: Whether each token is of a class.
    """
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        BertForTokenClassification,
    )

    config = BertConfig(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=32,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        num_labels=classes,
        problem_type="multi_label_classification" if several else None,
    )
    with isolated_rng(torch.device("cpu"), seed):
        head = BertForTokenClassification if tokens else BertForSequenceClassification
        return head(config).train().to(device_of_tests())


def tiny_batch(*, examples: int = 4, tokens: int = 9, seed: int = 0) -> dict[str, Tensor]:
    """Random tokens with labels; every second example ends in pads."""
    draws = generator(torch.device("cpu"), "tiny_batch", seed)
    ids = torch.randint(5, 64, (examples, tokens), generator=draws)
    mask = torch.ones_like(ids)
    mask[1::2, tokens // 2 :] = 0
    labels = torch.randint(0, 2, (examples,), generator=draws)
    batch = {"input_ids": ids * mask, "attention_mask": mask, "labels": labels}
    return {name: value.to(device_of_tests()) for name, value in batch.items()}


@contextmanager
def noise_by_example() -> Iterator[None]:
    """Make what a step draws for an example depend on the example alone.

    Then a batch gives what its micro-batches give, and the two can be compared.
    """

    def drawn(sampler: Callable[..., Tensor]) -> Callable[[Step, Tensor, str], Tensor]:
        def draw(step: Step, tensor: Tensor, site: str) -> Tensor:
            tokens = step._tokens or step.inputs
            keys = [tuple(row.tolist()) for row in tokens["input_ids"]]
            rows = [
                sampler(tensor.shape[1:], generator=generator(tensor.device, site, *key))
                for key in keys
            ]
            return torch.stack(rows).to(torch.promote_types(tensor.dtype, torch.float32))

        return draw

    samplers = {"normal_like": torch.randn, "uniform_like": torch.rand}
    before = {name: getattr(Step, name) for name in samplers}
    for name, sampler in samplers.items():
        setattr(Step, name, drawn(sampler))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(Step, name, function)


def train_steps(
    model: nn.Module,
    chosen: Sequence[Regularizer],
    batches: Sequence[dict[str, Tensor]],
    *,
    seed: int = 0,
    call: nn.Module | None = None,
) -> list[float]:
    """Train with plain SGD, one step a batch, and give the losses.

    Args:
        model: Changed in place.
        chosen: The methods.
        batches: One a step.
        seed: The seed of dropout and of the methods.
        call: The model as the step calls it, if not `model` itself.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    with isolated_rng(device_of_tests(), seed), attach(model, chosen, seed=seed) as objective:
        objective.connect(optimizer)
        for batch in batches:
            loss = objective(Step(model if call is None else call, batch))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    return losses


def enable_checkpointing(model: Any, *, reentrant: bool = False) -> None:
    """Turn activation checkpointing on, whatever this version of transformers calls it."""
    new = getattr(model, "activation_checkpointing_enable", None)
    (new or model.gradient_checkpointing_enable)({"use_reentrant": reentrant})


def gradients(model: nn.Module) -> dict[str, Tensor]:
    """A copy of every parameter's gradient, by name."""
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def weights(model: nn.Module) -> dict[str, Tensor]:
    """A copy of every entry of the state dict, by name."""
    return {name: value.clone() for name, value in model.state_dict().items()}


def assert_same(left: dict[str, Tensor], right: dict[str, Tensor]) -> None:
    """Both hold the same names and, bit for bit, the same values."""
    assert left.keys() == right.keys()
    different = [name for name in left if not torch.equal(left[name], right[name])]
    assert not different, f"{len(different)} of {len(left)} differ, the first is {different[0]}"
