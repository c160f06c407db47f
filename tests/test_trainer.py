"""Methods in the Hugging Face Trainer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import (
    BartConfig,
    BartForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from steadytune import (
    L2SP,
    LNSR,
    REPINA,
    SAM,
    ConfigError,
    FreeLB,
    LayerwiseDecay,
    Mixout,
    RegularizedTrainer,
    Regularizer,
    RegularizerMixin,
    Seeds,
    Step,
    attach,
)
from steadytune._random import isolated_rng
from steadytune.testing import (
    assert_same,
    gradients,
    noise_by_example,
    tiny_batch,
    tiny_classifier,
    weights,
)

from .training import arguments, rows

CPU = torch.device("cpu")


def examples(count: int = 12) -> list[dict[str, Tensor]]:
    return rows(tiny_batch(examples=count))


def trainer(
    folder: Path,
    regularizers: Sequence[Regularizer] = (),
    dropout: float = 0.1,
    kind: type = RegularizedTrainer,
    model: Any = None,
    callbacks: Any = None,
    **options: Any,
) -> Any:
    extra = {"regularizers": regularizers} if issubclass(kind, RegularizerMixin) else {}
    return kind(
        model=model or tiny_classifier(dropout=dropout),
        args=arguments(folder, **options),
        train_dataset=examples(),
        eval_dataset=examples(4),
        callbacks=callbacks,
        **extra,
    )


class KeepGradients(TrainerCallback):
    """Keeps what the first optimizer step is about to use."""

    def __init__(self) -> None:
        self.gradients: dict[str, Tensor] = {}

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.gradients = self.gradients or gradients(kwargs["model"])


class KeepLastGradients(TrainerCallback):
    """Keeps what the latest optimizer step is about to use."""

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.gradients = gradients(kwargs["model"])


def first_gradients(folder: Path, **options: Any) -> dict[str, Tensor]:
    keep = KeepGradients()
    trainer(folder, dropout=0.0, callbacks=[keep], max_steps=1, **options).train()
    return keep.gradients


@pytest.mark.parametrize("methods", [(), (LNSR(strength=5.0),)], ids=["plain", "lnsr"])
def test_gradients_do_not_depend_on_accumulation(tmp_path: Path, methods: Any) -> None:
    with noise_by_example():
        whole = first_gradients(
            tmp_path, regularizers=methods, per_device_train_batch_size=4, max_grad_norm=0.0
        )
        parts = first_gradients(
            tmp_path,
            regularizers=methods,
            per_device_train_batch_size=2,
            gradient_accumulation_steps=2,
            max_grad_norm=0.0,
        )
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "method", [LNSR(strength=5.0), FreeLB(), SAM()], ids=lambda m: type(m).__name__
)
def test_a_last_group_of_fewer_micro_batches_is_divided_by_their_number(
    tmp_path: Path, method: Any
) -> None:
    """Twelve rows in fives of two: the last group is one micro-batch."""
    kept = []
    for options in ({"gradient_accumulation_steps": 5}, {"per_device_train_batch_size": 2}):
        keep = KeepLastGradients()
        with noise_by_example():
            trainer(
                tmp_path,
                [method],
                dropout=0.0,
                callbacks=[keep],
                learning_rate=0.0,
                max_grad_norm=0.0,
                **{
                    "per_device_train_batch_size": 2,
                    "max_steps": -1,
                    "num_train_epochs": 1,
                    **options,
                },
            ).train()
        kept.append(keep.gradients)
    for name, value in kept[1].items():
        torch.testing.assert_close(kept[0][name], value, rtol=1e-4, atol=1e-6)


def test_the_stock_trainer_does_depend_on_it(tmp_path: Path) -> None:
    """Why the baseline is this trainer without methods; once this fails, drop the warning."""
    options: dict[str, Any] = {"kind": Trainer, "max_grad_norm": 0.0}
    whole = first_gradients(tmp_path, per_device_train_batch_size=4, **options)
    parts = first_gradients(
        tmp_path, per_device_train_batch_size=2, gradient_accumulation_steps=2, **options
    )
    ratio = parts["classifier.weight"].norm() / whole["classifier.weight"].norm()
    assert ratio.item() == pytest.approx(2.0, rel=1e-3)


def test_without_methods_it_is_the_stock_trainer(tmp_path: Path) -> None:
    ours = trainer(tmp_path, dropout=0.0)
    stock = trainer(tmp_path, dropout=0.0, kind=Trainer)
    ours.train(), stock.train()
    for name, value in weights(stock.model).items():
        torch.testing.assert_close(weights(ours.model)[name], value, rtol=1e-6, atol=1e-7)


def test_a_neutral_method_is_the_baseline_bit_for_bit(tmp_path: Path) -> None:
    plain, neutral = trainer(tmp_path), trainer(tmp_path, [LNSR(strength=0.0)])
    plain.train(), neutral.train()
    assert_same(weights(plain.model), weights(neutral.model))


def test_evaluating_does_not_change_training(tmp_path: Path) -> None:
    silent = trainer(tmp_path, [LNSR()])
    evaluated = trainer(tmp_path, [LNSR()], eval_strategy="steps", eval_steps=1)
    silent.train(), evaluated.train()
    assert_same(weights(silent.model), weights(evaluated.model))


def test_evaluation_loss_is_the_task_loss(tmp_path: Path) -> None:
    plain = trainer(tmp_path).evaluate()["eval_loss"]
    treated = trainer(tmp_path, [LNSR(strength=100.0)]).evaluate()["eval_loss"]
    assert plain == treated


def test_paired_seeds_share_dropout_masks(tmp_path: Path) -> None:
    """With a learning rate of zero every step's task loss is the same, whatever a method draws."""
    losses = []
    greedy = LNSR(strength=0.0, dropout="fresh", noise="covariance")
    for methods in ((), (LNSR(strength=0.0), greedy)):
        run = trainer(tmp_path, methods, learning_rate=0.0, logging_steps=1)
        run.train()
        losses.append([entry["loss"] for entry in run.state.log_history if "loss" in entry])
    assert len(losses[0]) == 3
    assert losses[0] == losses[1]


def test_penalties_are_logged(tmp_path: Path) -> None:
    run = trainer(tmp_path, [LNSR()], logging_steps=1)
    run.train()
    logged = [entry["lnsr_penalty"] for entry in run.state.log_history if "loss" in entry]
    assert len(logged) == 3 and all(value > 0 for value in logged)


def test_methods_are_detached_after_an_interrupt(tmp_path: Path) -> None:
    class Stop(TrainerCallback):
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            raise KeyboardInterrupt

    run = trainer(tmp_path, [LNSR()], callbacks=[Stop()])
    with pytest.raises(KeyboardInterrupt):
        run.train()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in run.model.modules())
    with attach(run.model, [LNSR()]) as objective:
        objective(Step(run.model, tiny_batch())).backward()


def test_it_can_train_twice(tmp_path: Path) -> None:
    run = trainer(tmp_path, [LNSR()])
    run.train(), run.train()
    assert run.state.global_step == 3


def test_model_init(tmp_path: Path) -> None:
    run = RegularizedTrainer(
        model_init=lambda: tiny_classifier(),
        args=arguments(tmp_path),
        train_dataset=examples(),
        regularizers=[LNSR()],
    )
    run.train()
    given = trainer(tmp_path, [LNSR()])
    given.train()
    assert_same(weights(run.model), weights(given.model))


def test_the_mixin_on_another_subclass(tmp_path: Path) -> None:
    class Counting(Trainer):
        counted = 0

        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            Counting.counted += 1
            return super().compute_loss(*args, **kwargs)

    class Mine(RegularizerMixin, Counting):
        pass

    mine, ours = trainer(tmp_path, [LNSR()], kind=Mine), trainer(tmp_path, [LNSR()])
    mine.train(), ours.train()
    assert Counting.counted == 3
    assert_same(weights(mine.model), weights(ours.model))


def _task_loss(model: Any, inputs: Any, return_outputs: bool) -> Any:
    labels = inputs.pop("labels")
    outputs = model(**inputs)
    loss = torch.nn.functional.cross_entropy(outputs.logits, labels)
    return (loss, outputs) if return_outputs else loss


class _InFront(RegularizedTrainer):
    """A loss of the user's that does not call the trainer's."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        return _task_loss(model, inputs, return_outputs)


class _CallsOn(RegularizedTrainer):
    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        return super().compute_loss(*args, **kwargs)


class _Behind(RegularizerMixin, Trainer):
    pass


class _Own(Trainer):
    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        return _task_loss(model, inputs, return_outputs)


class _BehindOwn(RegularizerMixin, _Own):
    pass


@pytest.mark.parametrize("kind", [_InFront, _CallsOn, _Behind, _BehindOwn])
@pytest.mark.parametrize("method", [LNSR(strength=5.0, std=0.1), FreeLB(steps=2, step_size=0.5)])
def test_a_loss_of_the_users_is_the_tasks_in_front_and_behind(
    kind: Any, method: Any, tmp_path: Path
) -> None:
    """The methods act on it, and evaluation is without them."""
    expected = trainer(tmp_path / "own", [method])
    found = trainer(tmp_path / "users", [method], kind=kind)
    for run in (expected, found):
        run.train()
    assert_same(weights(expected.model), weights(found.model))
    logged = [
        [entry.get("lnsr_penalty") for entry in r.state.log_history] for r in (expected, found)
    ]
    assert logged[0] == logged[1]
    rows = examples(8)
    assert found.evaluate(rows)["eval_loss"] == pytest.approx(expected.evaluate(rows)["eval_loss"])
    assert found.predict(rows).predictions.shape == (8, 2)
    assert "compute_loss" not in vars(found)


def test_methods_that_are_no_list_are_refused_at_once(tmp_path: Path) -> None:
    for wrong in (LNSR(), "lnsr", ["lnsr"]):
        with pytest.raises(ConfigError, match="expected a list of methods"):
            trainer(tmp_path, wrong)  # type: ignore[arg-type]


def test_label_smoothing_reaches_the_task_loss(tmp_path: Path) -> None:
    plain = trainer(tmp_path, [LNSR()], label_smoothing_factor=0.2, logging_steps=1)
    plain.train()
    assert all("lnsr_penalty" in e for e in plain.state.log_history if "loss" in e)


def test_seeds_can_be_varied_apart(tmp_path: Path) -> None:
    def losses(seeds: Seeds, methods: Sequence[Regularizer]) -> list[float]:
        run = RegularizedTrainer(
            model=tiny_classifier(),
            args=arguments(tmp_path, logging_steps=1),
            train_dataset=examples(),
            regularizers=methods,
            seeds=seeds,
        )
        run.train()
        return [entry["loss"] for entry in run.state.log_history if "loss" in entry]

    base = Seeds(1, 2, 3, 4)
    assert losses(base, [LNSR()]) == losses(base, [LNSR()])
    assert losses(base, []) == losses(Seeds(1, 2, 3, 5), [])
    assert losses(base, [LNSR()]) != losses(Seeds(1, 2, 3, 5), [LNSR()])
    assert losses(base, []) != losses(Seeds(1, 2, 9, 4), [])


class TestCausalModels:
    """Their loss is divided by the tokens of the accumulated batch, the penalty by its parts."""

    def _model(self) -> GPT2LMHeadModel:
        config = GPT2Config(
            n_embd=16, n_layer=2, n_head=2, vocab_size=64, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
        )
        with isolated_rng(CPU, 0):
            return GPT2LMHeadModel(config)

    def _gradients(self, folder: Path, methods: Any, size: int, accumulation: int) -> Any:
        ids = torch.randint(5, 64, (4, 8), generator=torch.Generator().manual_seed(0))
        labels = ids.clone()
        labels[0, :6] = -100
        keep = KeepGradients()
        run = RegularizedTrainer(
            model=self._model(),
            args=arguments(
                folder,
                max_steps=1,
                per_device_train_batch_size=size,
                gradient_accumulation_steps=accumulation,
                max_grad_norm=0.0,
            ),
            train_dataset=[
                {
                    "input_ids": ids[i],
                    "attention_mask": torch.ones(8, dtype=int),
                    "labels": labels[i],
                }
                for i in range(4)
            ],
            callbacks=[keep],
            regularizers=methods,
        )
        with noise_by_example():
            run.train()
        return keep.gradients

    @pytest.mark.parametrize("methods", [(), (LNSR(strength=50.0),)], ids=["plain", "lnsr"])
    def test_accumulation(self, tmp_path: Path, methods: Any) -> None:
        whole = self._gradients(tmp_path, methods, 4, 1)
        parts = self._gradients(tmp_path, methods, 1, 4)
        for name, value in whole.items():
            torch.testing.assert_close(parts[name], value, rtol=1e-4, atol=1e-6)

    def test_a_model_that_ignores_the_count_of_tokens(self, tmp_path: Path) -> None:
        """BART's decoder takes its own mean: its gradient must not grow with accumulation."""
        config = BartConfig(
            vocab_size=64, d_model=16, decoder_layers=1, decoder_attention_heads=2,
            decoder_ffn_dim=16, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
            max_position_embeddings=16, pad_token_id=0, bos_token_id=1, eos_token_id=2,
            decoder_start_token_id=2, forced_eos_token_id=None,
        )  # fmt: skip
        ids = torch.randint(5, 64, (4, 8), generator=torch.Generator().manual_seed(0))
        found = []
        for size, accumulation in ((4, 1), (1, 4)):
            with isolated_rng(CPU, 0):
                model = BartForCausalLM(config)
            keep = KeepGradients()
            RegularizedTrainer(
                model=model,
                args=arguments(
                    tmp_path,
                    max_steps=1,
                    per_device_train_batch_size=size,
                    gradient_accumulation_steps=accumulation,
                    max_grad_norm=0.0,
                ),
                train_dataset=[{"input_ids": row, "labels": row} for row in ids],
                callbacks=[keep],
            ).train()
            found.append(keep.gradients)
        for name, value in found[0].items():
            torch.testing.assert_close(found[1][name], value, rtol=1e-4, atol=1e-6)


def test_methods_on_the_optimizer_train_twice(tmp_path: Path) -> None:
    run = trainer(tmp_path, [LayerwiseDecay(), L2SP(form="decoupled")])
    run.train()
    groups = len(run.optimizer.param_groups)
    run.train()
    assert len(run.optimizer.param_groups) == groups == 2


def test_resuming_on_a_model_trained_before_is_refused(tmp_path: Path) -> None:
    run = trainer(tmp_path, [L2SP()], save_strategy="steps", save_steps=1)
    run.train()
    with pytest.raises(ConfigError, match="resume with a new trainer on the starting model"):
        run.train(resume_from_checkpoint=str(tmp_path / "checkpoint-1"))


@pytest.mark.parametrize("method", [L2SP(), Mixout(), REPINA()], ids=lambda m: type(m).__name__)
def test_resuming_on_the_model_of_the_checkpoint_is_refused(
    method: Regularizer, tmp_path: Path
) -> None:
    """It would measure from the checkpoint's weights, without a word."""
    trainer(tmp_path, [method], save_strategy="steps", save_steps=1).train()
    checkpoint = tmp_path / "checkpoint-1"
    trained = type(tiny_classifier()).from_pretrained(checkpoint)
    with pytest.raises(ConfigError, match=f"{type(method).__name__} measures .* before the train"):
        trainer(tmp_path, [method], model=trained).train(resume_from_checkpoint=str(checkpoint))
    other_head = tiny_classifier()
    with torch.no_grad():
        other_head.classifier.weight += 1.0
    trainer(tmp_path, [method], model=other_head).train(resume_from_checkpoint=str(checkpoint))


def test_a_given_scheduler_does_not_suit_split_groups(tmp_path: Path) -> None:
    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer)
    run = RegularizedTrainer(
        model=model,
        args=arguments(tmp_path),
        train_dataset=examples(),
        optimizers=(optimizer, scheduler),
        regularizers=[LayerwiseDecay()],
    )
    with pytest.raises(ConfigError, match="leave the scheduler to the trainer"):
        run.train()


def test_a_loss_function_of_the_users_gets_the_count(tmp_path: Path) -> None:
    counts = []

    def loss(outputs: Any, labels: Tensor, num_items_in_batch: Any) -> Tensor:
        counts.append(int(num_items_in_batch))
        total = torch.nn.functional.cross_entropy(outputs["logits"], labels, reduction="sum")
        return total / num_items_in_batch

    def run(size: int, accumulation: int) -> dict[str, Tensor]:
        keep = KeepGradients()
        RegularizedTrainer(
            model=tiny_classifier(dropout=0.0),
            args=arguments(
                tmp_path,
                max_steps=1,
                per_device_train_batch_size=size,
                gradient_accumulation_steps=accumulation,
                max_grad_norm=0.0,
            ),
            train_dataset=examples(),
            callbacks=[keep],
            compute_loss_func=loss,
        ).train()
        return keep.gradients

    whole, parts = run(4, 1), run(2, 2)
    assert set(counts) == {4}
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, rtol=1e-4, atol=1e-6)


def test_outputs_are_let_go_after_a_step(tmp_path: Path) -> None:
    held = []

    class Look(TrainerCallback):
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            held.append(run._objective.outputs)

    run = trainer(tmp_path, [LNSR()], callbacks=[Look()])
    run.train()
    assert held == [None, None, None]


def test_neftune_of_the_stock_trainer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neftune_noise_alpha"):
        trainer(tmp_path, [LNSR()], neftune_noise_alpha=5.0)


def test_several_gpus_of_one_process_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainingArguments, "n_gpu", 2)
    with pytest.raises(ConfigError, match=r"2 GPUs are visible to one process.*torchrun"):
        trainer(tmp_path, [])


def test_a_model_without_blocks_is_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="layer=7 is out of range"):
        trainer(tmp_path, [LNSR(layer=7)]).train()
