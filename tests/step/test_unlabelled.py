"""Penalties on examples without labels: what they are the mean of, and what stays as it was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from torch import Tensor

from steadytune import (
    BSS,
    L2SP,
    LNSR,
    R3F,
    R4F,
    SAM,
    SMART,
    ConfigError,
    Every,
    FreeLB,
    HyPe,
    InputNoise,
    Mixout,
    NEFTune,
    RDrop,
    RegularizedTrainer,
    Regularizer,
    Scheduled,
    Step,
    attach,
)
from steadytune._random import isolated_rng
from steadytune._step.unlabelled import UnlabelledBatches
from steadytune.testing import (
    assert_same,
    gradients,
    noise_by_example,
    tiny_batch,
    tiny_classifier,
    weights,
)

from ..training import arguments, rows

CPU = torch.device("cpu")
LABELLED, MORE = tiny_batch(examples=2), tiny_batch(examples=4, tokens=7, seed=9)
UNLABELLED = {name: value for name, value in MORE.items() if name != "labels"}

UNLABELLED_ROW = {"input_ids": [2, 5, 3], "attention_mask": [1, 1, 1]}

TAKERS: dict[str, Regularizer] = {
    "LNSR": LNSR(std=0.1),
    "LNSR of rows": LNSR(std=0.1, rows=0.5, layer=1),
    "R3F": R3F(std=0.1),
    "R4F": R4F(std=0.1),
    "SMART": SMART(radius=0.05, step_size=0.05, std=0.01),
    "RDrop": RDrop(strength=2.0),
    "Every": Every(LNSR(std=0.1), n=1),
    "Scheduled": Scheduled(R3F(std=0.1), warmup=0.0),
}


def run(
    methods: list[Regularizer], dropout: float = 0.1, model: Any = None, **options: Any
) -> tuple[Tensor, dict[str, Tensor], dict[str, float]]:
    """Objective, gradients and log of one step."""
    model = model or tiny_classifier(dropout=dropout).double()
    with isolated_rng(CPU, 4), attach(model, methods) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.0))
        loss = objective(Step(model, LABELLED, step=0, total_steps=4, **options))
        loss.backward()
        return loss.detach(), gradients(model), objective.pop_logs()


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (LNSR(std=0.1), "lnsr_penalty"),
        (R3F(std=0.1), "r3f_penalty"),
        (SMART(radius=0.05, step_size=0.05, std=0.01, proximal_strength=0), "smart_smoothness"),
    ],
    ids=["lnsr", "r3f", "smart"],
)
def test_the_penalty_is_the_mean_over_the_examples_of_both(method: Regularizer, name: str) -> None:
    """Every example's noise is its own, whichever batch it is in."""
    plain, task_gradient, _ = run([], dropout=0.0)
    values, slopes = [], []
    for batch in (LABELLED, MORE):
        model = tiny_classifier(dropout=0.0).double()
        with noise_by_example(), attach(model, [method]) as objective:
            loss = objective(Step(model, batch, step=0))
            (loss - model(**batch).loss).backward()
            values.append(objective.pop_logs()[name])
            slopes.append(gradients(model))
    with noise_by_example():
        pooled, found, logs = run([method], dropout=0.0, unlabelled=UNLABELLED)
    expected = (2 * values[0] + 4 * values[1]) / 6
    assert logs[name] == pytest.approx(expected, rel=1e-9)
    assert (pooled - plain).item() == pytest.approx(expected, rel=1e-7)
    for key, gradient in task_gradient.items():
        mean = (2 * slopes[0].get(key, 0) + 4 * slopes[1].get(key, 0)) / 6
        torch.testing.assert_close(found[key], gradient + mean, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("name", TAKERS)
def test_every_taker_measures_on_the_unlabelled_examples(name: str) -> None:
    alone, _, _ = run([TAKERS[name]])
    beside, found, _ = run([TAKERS[name]], unlabelled=UNLABELLED)
    assert beside != alone
    assert all(gradient.isfinite().all() for gradient in found.values())


@pytest.mark.parametrize(
    "method",
    [LNSR(strength=0.0), R3F(strength=0.0), RDrop(strength=0.0)],
    ids=["lnsr", "r3f", "rdrop"],
)
def test_the_labelled_examples_are_trained_on_as_without_the_others(method: Regularizer) -> None:
    """Masks and draws of the labelled batch do not move; nothing is learned from the others."""
    alone, alone_gradients, _ = run([method])
    beside, beside_gradients, _ = run([method], unlabelled=UNLABELLED)
    assert torch.equal(alone, beside)
    for name, gradient in alone_gradients.items():
        torch.testing.assert_close(beside_gradients[name], gradient, rtol=0, atol=0)


@pytest.mark.parametrize(
    "outer",
    [
        FreeLB(steps=2, step_size=0.2, start=0.1),
        NEFTune(),
        HyPe(scale=0.1, dropout="on"),
        InputNoise(std=0.1),
        Mixout(),
        SAM(),
        RDrop(),
    ],
    ids=lambda method: type(method).__name__,
)
@pytest.mark.parametrize("name", ["LNSR", "R3F", "SMART"])
def test_methods_around_a_taker(outer: Regularizer, name: str) -> None:
    alone, _, _ = run([TAKERS[name], outer])
    beside, found, _ = run([TAKERS[name], outer], unlabelled=UNLABELLED)
    assert beside.isfinite() and beside != alone
    assert all(gradient.isfinite().all() for gradient in found.values())


@pytest.mark.parametrize("outer", [NEFTune(alpha=50.0), HyPe(scale=1.0, dropout="on")], ids=str)
def test_what_perturbs_the_labelled_examples_leaves_the_others_alone(outer: Regularizer) -> None:
    """The penalty on the unlabelled ones is the same with and without noise around it."""

    def unlabelled_part(methods: list[Regularizer]) -> float:
        with noise_by_example():
            part = [run(methods, dropout=0.0, **options)[2]["lnsr_penalty"] for options in CASES]
        return (6 * part[1] - 2 * part[0]) / 4

    assert unlabelled_part([LNSR(std=0.1), outer]) == pytest.approx(
        unlabelled_part([LNSR(std=0.1)]), rel=1e-9
    )


CASES: list[dict[str, Any]] = [{}, {"unlabelled": UNLABELLED}]


def test_the_outputs_are_those_of_the_labelled_examples() -> None:
    model = tiny_classifier()
    with attach(model, [LNSR()]) as objective:
        objective(Step(model, LABELLED, unlabelled=UNLABELLED))
        assert objective.outputs["logits"].shape[0] == 2  # type: ignore[index]


@pytest.mark.parametrize("methods", [[], [L2SP()], [BSS()], [SMART(strength=0.0)]])
def test_unlabelled_examples_of_no_use_are_refused(methods: list[Regularizer]) -> None:
    with pytest.raises(ConfigError, match="no method in use measures on them"):
        run(methods, unlabelled=UNLABELLED)


def test_a_step_of_nothing_but_unlabelled_examples_is_refused_with_the_way_out() -> None:
    model = tiny_classifier()
    with (
        attach(model, [LNSR()]) as objective,
        pytest.raises(ConfigError, match=r"Step\(model, batch, unlabelled=...\)"),
    ):
        objective(Step(model, UNLABELLED))


def test_a_batch_without_names_is_refused() -> None:
    with pytest.raises(ConfigError, match="unlabelled is a list"):
        Step(tiny_classifier(), LABELLED, unlabelled=[1])  # type: ignore[arg-type]


def test_every_round_has_every_example_once() -> None:
    data = [{"input_ids": row, "label": 1} for row in range(10)]
    batches = UnlabelledBatches(data, {"input_ids"}, lambda rows: {"rows": rows}, 4, seed=3)
    drawn = [row for number in range(5) for row in batches.rows(number)]
    assert Counter(drawn) == dict.fromkeys(range(10), 2)
    assert drawn[:10] != drawn[10:] != sorted(drawn[10:])
    assert batches[1] == {"rows": [{"input_ids": row} for row in drawn[4:8]]}
    again = UnlabelledBatches(data, {"input_ids"}, lambda rows: {"rows": rows}, 4, seed=3)
    assert again.rows(4) == drawn[16:]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ([], "no unlabelled examples"),
        ([{"text": "a"}], "have text, and the model takes"),
        (
            Dataset.from_list([UNLABELLED_ROW]).to_iterable_dataset(),
            "by its number; expected",
        ),
        (iter([UNLABELLED_ROW]), "are a list_iterator, which"),
        ({"train": [UNLABELLED_ROW]}, "are a dict without mappings"),
        (["a text"], "are a list without mappings"),
    ],
    ids=["none", "other columns", "stream", "iterator", "splits", "texts"],
)
def test_examples_that_are_none_are_refused(data: Any, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        UnlabelledBatches(data, {"input_ids"}, lambda rows: {"rows": rows}, 2, seed=0)


def trainer(folder: Path, methods: Any, steps: int = 4, **options: Any) -> Any:
    settings = arguments(
        folder,
        max_steps=steps,
        save_strategy="steps",
        save_steps=2,
        gradient_accumulation_steps=2,
        lr_scheduler_type="constant",
    )
    return RegularizedTrainer(
        model=tiny_classifier(),
        args=settings,
        train_dataset=rows(tiny_batch(examples=16)),
        methods=methods,
        unlabelled_dataset=rows(tiny_batch(examples=12, seed=5)),
        unlabelled_batch_size=3,
        **options,
    )


def test_a_trainer_draws_unlabelled_batches_and_can_be_resumed(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole", [LNSR(std=0.3, strength=5.0)])
    seen: list[int] = []
    original = UnlabelledBatches.rows

    def rows(batches: UnlabelledBatches, number: int) -> list[int]:
        seen.append(number)
        return original(batches, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UnlabelledBatches, "rows", rows)
        whole.train()
    assert seen == list(range(8))
    resumed = trainer(tmp_path / "resumed", [LNSR(std=0.3, strength=5.0)])
    resumed.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-2"))
    assert_same(weights(whole.model), weights(resumed.model))


def test_a_trainer_refuses_a_size_of_no_batch() -> None:
    with pytest.raises(ConfigError, match="whole number >= 1"):
        RegularizedTrainer(unlabelled_dataset=[{"input_ids": [1]}], unlabelled_batch_size=0)
    with pytest.raises(ConfigError, match="without unlabelled_dataset"):
        RegularizedTrainer(unlabelled_batch_size=3)


def test_a_trainer_refuses_what_no_method_uses(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no method in use measures on them"):
        trainer(tmp_path, [])
