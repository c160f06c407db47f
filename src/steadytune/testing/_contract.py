"""What holds for every method."""

from __future__ import annotations

import pickle
import warnings
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from .. import methods
from .._random import Seeds, isolated_rng
from .._step.attach import attach
from .._step.regularizer import Regularizer
from .._step.step import Step
from ._models import (
    assert_same,
    device_of_tests,
    enable_checkpointing,
    gradients,
    noise_by_example,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)


class RegularizerContract:
    """What holds for every method. Inherit it and set the class attributes.

    Attributes:
        method: The method at a setting that matters.
        neutral: A setting at which it equals plain training, or None if there is none.
        per_example: Whether examples are treated independently, so that a batch equals the mean of
            its micro-batches. False for methods that use statistics of the batch.
        changes_weights: Whether attaching changes the model's weights.
        draws: Whether it draws random numbers of its own, which then have to follow the seed.
        compiles: Whether to train the compiled model too; one class a method is enough, unless
            another setting runs the model in another way.
    """

    method: ClassVar[Regularizer]
    neutral: ClassVar[Regularizer | None] = None
    per_example: ClassVar[bool] = True
    changes_weights: ClassVar[bool] = False
    draws: ClassVar[bool] = False
    compiles: ClassVar[bool] = True

    batches: ClassVar = [tiny_batch(seed=number) for number in range(3)]

    def test_names_identity_and_order_stay(self) -> None:
        model = tiny_classifier()
        before = [(name, id(value)) for name, value in model.named_parameters()]
        keys = list(model.state_dict())
        with attach(model, [self.method]):
            assert [(n, id(p)) for n, p in model.named_parameters()] == before
            assert list(model.state_dict()) == keys
        assert [(n, id(p)) for n, p in model.named_parameters()] == before
        assert list(model.state_dict()) == keys

    def test_nothing_is_left_behind(self) -> None:
        model = tiny_classifier()
        before = _traces(model)
        train_steps(model, [self.method], self.batches[:1])
        assert _traces(model) == before

    def test_nothing_is_left_behind_after_an_interrupt(self) -> None:
        model = tiny_classifier()
        before = _traces(model)
        for stop in (KeyboardInterrupt, RuntimeError):
            try:
                with attach(model, [self.method]):
                    raise stop
            except stop:
                pass
            assert _traces(model) == before

    def test_neutral_setting_is_plain_training_bit_for_bit(self) -> None:
        if self.neutral is None:
            pytest.skip("no setting of this method equals plain training")
        plain, treated = tiny_classifier(), tiny_classifier()
        assert train_steps(plain, [], self.batches) == train_steps(
            treated, [self.neutral], self.batches
        )
        assert_same(weights(plain), weights(treated))

    def test_several_labels_a_text(self) -> None:
        numbers = torch.arange(3, device=device_of_tests())
        self._trains_beside_plain(
            lambda labels, ids: labels[:, None].eq(numbers).float(), several=True
        )

    def test_a_class_for_each_token(self) -> None:
        self._trains_beside_plain(
            lambda labels, ids: (ids % 3).masked_fill(ids % 4 == 0, -100), tokens=True
        )

    def _trains_beside_plain(self, target: Any, **head: bool) -> None:
        batches = [
            {**batch, "labels": target(batch["labels"], batch["input_ids"])}
            for batch in self.batches
        ]
        losses = {
            method: train_steps(tiny_classifier(classes=3, **head), chosen, batches)
            for method, chosen in {
                "plain": [],
                "neutral": [] if self.neutral is None else [self.neutral],
                "treated": [self.method],
            }.items()
        }
        assert losses["neutral"] == losses["plain"]
        assert all(map(isfinite, losses["treated"]))

    def test_it_changes_training(self) -> None:
        plain, treated = tiny_classifier(), tiny_classifier()
        train_steps(plain, [], self.batches)
        train_steps(treated, [self.method], self.batches)
        moved = weights(treated)
        assert any(not torch.equal(value, moved[name]) for name, value in weights(plain).items())

    def test_same_seed_same_result(self) -> None:
        models = [tiny_classifier() for _ in range(3)]
        for model, seed in zip(models, (1, 2, 1), strict=True):
            train_steps(model, [self.method], self.batches, seed=seed)
        assert_same(weights(models[0]), weights(models[2]))
        assert not torch.equal(models[0].classifier.weight, models[1].classifier.weight)

    def test_its_own_draws_follow_the_seed(self) -> None:
        if not self.draws:
            pytest.skip("the method draws nothing")
        models = [tiny_classifier(dropout=0.0) for _ in range(2)]
        for seed, model in enumerate(models):
            train_steps(model, [self.method], self.batches, seed=seed)
        first, second = map(weights, models)
        assert any(not torch.equal(value, second[name]) for name, value in first.items())

    def test_share_weighs_what_it_adds(self) -> None:
        if not self.method.is_additive:
            pytest.skip("the method does not only add to the objective")
        model = tiny_classifier(dropout=0.0).double()
        with attach(model, [self.method]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter += 0.1 * parameter.cos()  # away from where it started
            shares = (0.0, 0.5, 1.0)
            none, half, whole = (
                objective(Step(model, self.batches[0], step=2, share=share)).item()
                for share in shares
            )
        assert whole != none, "the method added nothing to the objective"
        assert half - none == pytest.approx((whole - none) / 2, rel=1e-9)

    def test_global_stream_is_left_as_plain_training_leaves_it(self) -> None:
        states = []
        for chosen in ([], [self.method]):
            model = tiny_classifier(dropout=0.0)
            with isolated_rng(device_of_tests(), 5), attach(model, chosen) as objective:
                objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
                objective(Step(model, self.batches[0])).backward()
                states.append(torch.get_rng_state())
        assert torch.equal(*states)

    def test_accumulation_gives_the_gradient_of_the_whole_batch(self) -> None:
        if not self.per_example:
            pytest.skip("the method uses statistics of the batch")
        batch = tiny_batch(examples=4)
        halves = [{name: value[i : i + 2] for name, value in batch.items()} for i in (0, 2)]
        with noise_by_example():
            whole = self._accumulated([batch])
            parts = self._accumulated(halves)
        for name, value in whole.items():
            torch.testing.assert_close(parts[name], value, rtol=1e-8, atol=1e-12)

    def _accumulated(self, parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        """Gradients of the mean objective over micro-batches, as an accumulating loop gets them."""
        model = tiny_classifier(dropout=0.0).double()
        with attach(model, [self.method]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            for part in parts:
                objective(Step(model, part, accumulation=len(parts))).backward()
            return gradients(model)

    def test_resumed_training_equals_uninterrupted(self, tmp_path: Path) -> None:
        whole = self._trainer(tmp_path / "whole")
        whole.train()
        resumed = self._trainer(tmp_path / "resumed")
        resumed.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-2"))
        assert resumed.state.global_step == whole.state.global_step == 4
        assert_same(weights(whole.model), weights(resumed.model))

    def test_checkpoint_of_a_running_training_is_a_plain_model(self, tmp_path: Path) -> None:
        trainer = self._trainer(tmp_path, max_steps=2)
        trainer.train()
        loaded = type(trainer.model).from_pretrained(tmp_path / "checkpoint-2")
        if self.method.replaces_weights:
            assert list(weights(trainer.model)) == list(weights(loaded))
        else:
            assert_same(weights(trainer.model), weights(loaded))

    def _trainer(self, folder: Path, max_steps: int = 4) -> Any:
        from transformers import TrainingArguments

        from ..trainer import RegularizedTrainer

        arguments = TrainingArguments(
            output_dir=str(folder),
            max_steps=max_steps,
            save_steps=2,
            per_device_train_batch_size=4,
            learning_rate=1e-2,
            lr_scheduler_type="constant",
            use_cpu=device_of_tests().type == "cpu",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        data = [
            {name: value[row].cpu() for name, value in batch.items()}
            for batch in self.batches
            for row in range(4)
        ]
        return RegularizedTrainer(
            model=tiny_classifier(),
            args=arguments,
            train_dataset=data,
            regularizers=[self.method],
            seeds=Seeds.from_run(3),
        )

    def test_checkpointing_changes_nothing(self) -> None:
        results = []
        for checkpointed in (False, True):
            model = tiny_classifier()
            if checkpointed:
                enable_checkpointing(model)
            train_steps(model, [self.method], self.batches)
            results.append(weights(model))
        assert_same(*results)

    def test_evaluation_is_untouched_while_attached(self) -> None:
        if self.changes_weights:
            pytest.skip("the method changes the starting weights")
        model = tiny_classifier().eval()
        before = model(**self.batches[0]).loss
        with attach(model, [self.method]):
            assert torch.equal(model(**self.batches[0]).loss, before)

    def test_it_is_a_value(self) -> None:
        names = {name: getattr(methods, name) for name in methods.__all__}
        again = eval(repr(self.method), {**names, type(self.method).__name__: type(self.method)})
        assert again == self.method
        assert hash(again) == hash(self.method)
        assert pickle.loads(pickle.dumps(self.method)) == self.method

    def test_nothing_leaks_from_one_use_to_the_next(self) -> None:
        results = []
        for seed in (1, 2, 1):
            model = tiny_classifier(seed=seed)
            train_steps(model, [self.method], self.batches)
            results.append(weights(model))
        assert_same(results[0], results[2])

    def test_compiled_equals_eager(self) -> None:
        if not self.compiles:
            pytest.skip("another class of this method does")
        eager, compiled = tiny_classifier(), tiny_classifier()
        torch.compiler.reset()
        left = train_steps(eager, [self.method], self.batches)
        call: Any = torch.compile(compiled, backend="aot_eager")
        with warnings.catch_warnings():  # the compiler warns of its own doings
            warnings.simplefilter("ignore")
            right = train_steps(compiled, [self.method], self.batches, call=call)
        torch.testing.assert_close(torch.tensor(left), torch.tensor(right), rtol=1e-5, atol=1e-6)


def _traces(model: nn.Module) -> list[Any]:
    """Everything a method could leave on a module: hooks, attributes, mode, class."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [
        (
            name,
            type(module),
            module.training,
            sorted(vars(module)),
            [len(getattr(module, kind)) for kind in hooks],
            [len(p._backward_hooks or ()) for p in module.parameters(recurse=False)],
        )
        for name, module in model.named_modules()
    ]
