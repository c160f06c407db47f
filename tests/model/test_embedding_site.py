"""The hook that perturbs the word embeddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import FreeLB, ModelError, NEFTune, Step, attach
from steadytune._model.embedding_site import EmbeddingSite
from steadytune.testing import tiny_batch, tiny_classifier
from tests.families import batch, classifier


def gpt2_batch() -> dict[str, Tensor]:
    """With token types, which GPT-2 looks up in the table of the words."""
    found = batch("gpt2")
    return {**found, "token_type_ids": torch.ones_like(found["input_ids"])}


def first_block_input(model: Any, inputs: dict[str, Tensor]) -> Tensor:
    seen: list[Tensor] = []
    hook = model.transformer.h[0].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    with torch.no_grad():
        model(**inputs)
    hook.remove()
    return seen[0]


def test_token_types_in_the_table_of_the_words_do_not_double_the_shift() -> None:
    model, inputs = classifier("gpt2").eval(), gpt2_batch()
    shift = torch.randn(*inputs["input_ids"].shape, 32, generator=torch.Generator().manual_seed(0))
    with EmbeddingSite(model).installed() as site:
        before = first_block_input(model, inputs)
        for _ in range(2):  # every block counts anew
            with site.shifted(shift):
                moved = first_block_input(model, inputs)
            torch.testing.assert_close(moved - before, shift)
        with site.shifted(shift):  # and so does every run in a block
            for _ in range(2):
                moved = first_block_input(model, inputs)
                torch.testing.assert_close(moved - before, shift)
        assert torch.equal(first_block_input(model, inputs), before)


def test_every_pass_of_an_ascent_is_shifted_once() -> None:
    """The objective inside runs two passes at each point."""
    model, inputs = classifier("gpt2", embd_pdrop=0.0), gpt2_batch()
    plain = first_block_input(model, inputs)
    seen: list[Tensor] = []
    model.transformer.h[0].register_forward_pre_hook(lambda _, args: seen.append(args[0].detach()))

    def loss_of_two_runs(model: nn.Module, given: dict[str, Any]) -> tuple[Tensor, Any]:
        first, second = model(**given), model(**given)
        return (first.loss + second.loss) / 2, first

    with attach(model, [FreeLB(steps=2, step_size=0.5)]) as objective:
        objective(Step(model, inputs, compute_loss=loss_of_two_runs)).backward()
    sizes = [(state - plain).flatten(1).norm(dim=1) for state in seen]
    assert len(sizes) == 4
    for size, expected in zip(sizes, (0.0, 0.0, 0.5, 0.5), strict=True):
        torch.testing.assert_close(size, torch.full_like(size, expected), atol=1e-5, rtol=1e-4)


class _Towers(nn.Module):
    """Each text goes through a tower of its own, or both through one."""

    def __init__(self, *towers: nn.Module) -> None:
        super().__init__()
        self.towers = nn.ModuleList(towers)

    def get_input_embeddings(self) -> Any:
        tower: Any = self.towers[0]
        return tower.get_input_embeddings()

    def forward(self, input_ids: Tensor, others: Tensor | None = None) -> dict[str, Tensor]:
        texts = [input_ids] if others is None else [input_ids, others]
        states = [
            self.towers[place % len(self.towers)](ids).last_hidden_state.mean(1)
            for place, ids in enumerate(texts)
        ]
        return {"loss": (states[0] - states[-1]).pow(2).mean() + states[0].pow(2).mean()}


class _OwnEncoder(nn.Module):
    """Without a model of transformers inside."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(21, 8)

    def get_input_embeddings(self) -> nn.Module:
        return self.words

    def forward(self, input_ids: Tensor, others: Tensor | None = None) -> dict[str, Tensor]:
        texts = [input_ids] if others is None else [input_ids, others]
        states = [self.words(ids).mean(1) for ids in texts]
        return {"loss": (states[0] - states[-1]).pow(2).mean() + states[0].pow(2).mean()}


@pytest.mark.parametrize("method", [FreeLB(steps=2), NEFTune()], ids=["freelb", "neftune"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: _Towers(classifier("bert").base_model),
        lambda: _Towers(classifier("bert").base_model, classifier("bert").base_model),
        _OwnEncoder,
    ],
    ids=["one tower", "two towers", "own"],
)
def test_two_texts_in_one_run_are_refused(make: Callable[[], nn.Module], method: Any) -> None:
    """Else the second would stay as it is, without a word."""
    model, ids = make().train(), torch.tensor([[5, 6, 7], [8, 9, 7]])
    with attach(model, [method]) as objective:
        objective(Step(model, {"input_ids": ids})).backward()
        with pytest.raises(ModelError, match="the tokens of two texts in one run"):
            objective(Step(model, {"input_ids": ids, "others": ids})).backward()


@pytest.mark.parametrize("half", [False, True])
def test_it_sees_autocast_that_is_on_inside_the_model_alone(half: bool) -> None:
    model: Any = tiny_classifier()
    forward = model.forward

    def inside(**inputs: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            return forward(**inputs)

    model.forward = inside
    with EmbeddingSite(model).installed() as site:
        model(**tiny_batch())
        assert site.half_precision is half


def test_no_hook_stays() -> None:
    model = tiny_classifier()
    with EmbeddingSite(model).installed():
        pass
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
