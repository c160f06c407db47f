"""Further fields of the trainer: parsed by their field's type, refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from steadytune import ConfigError
from steadytune.records.spec import RunSpec
from steadytune.runs.arguments import epoch_count, step_count, training_arguments
from steadytune.runs.trainer_fields import checked_trainer_fields, read_trainer_fields

SPEC = RunSpec(task="toy", method="plain", seed=1, batch_size=8, epochs=2)


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("adam_epsilon=2e-5", 2e-5),
        ("max_grad_norm=1", 1.0),
        ("gradient_accumulation_steps=4", 4),
        ("dataloader_drop_last=true", True),
        ("lr_scheduler_type=cosine", "cosine"),
        ("lr_scheduler_kwargs={num_cycles: 2e-1}", {"num_cycles": 0.2}),
        ("report_to=[tensorboard, mlflow]", ["tensorboard", "mlflow"]),
        ("report_to=tensorboard", "tensorboard"),
        ("run_name=2024", "2024"),
        ("optim_args=a=1,b=2", "a=1,b=2"),
        ("tf32=null", None),
    ],
)
def test_values_are_of_their_fields_type(pair: str, value: object) -> None:
    (found,) = read_trainer_fields([pair]).values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        (["adam_epsilon"], "expected FIELD=VALUE"),
        (["=3"], "expected FIELD=VALUE"),
        (["adam_betta1=0.8"], "did you mean adam_beta1"),
        (["zzz=1"], "is not one of TrainingArguments"),
        (["learning_rate=1e-4"], "is set by `learning_rate`"),
        (["output_dir=x"], "is set by `out`"),
        (["seed=3"], "is set by `seed`"),
        (["eval_on_start=true"], "is set by `patience`"),
        (["fsdp=full_shard"], "not supported"),
        (["max_grad_norm=large"], "max_grad_norm='large' is not possible; expected float"),
        (["gradient_accumulation_steps=1.5"], "expected int"),
        (["gradient_accumulation_steps=0"], "expected 1 or more"),
        (["label_smoothing_factor=1.5"], "expected 0 to below 1"),
        (["dataloader_drop_last=perhaps"], "expected bool"),
        (["tf32=1", "tf32=0"], "given twice"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(pairs: list[str], reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_trainer_fields(pairs)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_that_are_no_text_are_checked_too() -> None:
    assert checked_trainer_fields({"adam_beta2": 0.98}) == {"adam_beta2": 0.98}
    (found,) = checked_trainer_fields({"max_grad_norm": 1}).values()
    assert (
        isinstance(found, float)
        and found == read_trainer_fields(["max_grad_norm=1"])["max_grad_norm"]
    )
    with pytest.raises(ConfigError, match="is set by `seed`"):
        checked_trainer_fields({"seed": 3})
    with pytest.raises(ConfigError, match="expected float"):
        checked_trainer_fields({"adam_beta2": "much"})


def arguments(tmp_path: Path, **settings: object) -> object:
    spec = RunSpec(task="toy", method="plain", seed=1, settings=settings)
    return training_arguments(spec, tmp_path, 10, "accuracy", resumable=False)


def test_settings_reach_the_trainer(tmp_path: Path) -> None:
    found = arguments(tmp_path, adam_beta2=0.98, lr_scheduler_type="cosine")
    assert found.adam_beta2 == 0.98  # type: ignore[attr-defined]
    assert found.lr_scheduler_type == "cosine"  # type: ignore[attr-defined]
    assert found.report_to == []  # type: ignore[attr-defined]


def test_a_run_has_a_name_of_its_own_for_trackers(tmp_path: Path) -> None:
    assert str(arguments(tmp_path).run_name).startswith("plain-seed1-")  # type: ignore[attr-defined]
    assert arguments(tmp_path, run_name="mine").run_name == "mine"  # type: ignore[attr-defined]


def test_what_only_the_trainer_knows_to_be_wrong_is_one_line_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lr_scheduler_type=cosin") as caught:
        arguments(tmp_path, lr_scheduler_type="cosin")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reason"), [("tensorbord", "is unknown"), ("clearml", "install it first")]
)
def test_a_dashboard_that_cannot_be_reported_to_is_found_out_first(
    tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        arguments(tmp_path, report_to=name)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="there is an accelerator")
def test_half_precision_without_a_gpu(tmp_path: Path) -> None:
    half = RunSpec(task="toy", method="plain", seed=1, precision="fp16")
    with pytest.raises(ConfigError, match="needs a GPU"):
        training_arguments(half, tmp_path, 10, "accuracy", resumable=False)
    brain = RunSpec(task="toy", method="plain", seed=1, precision="bf16")
    assert training_arguments(brain, tmp_path, 10, "accuracy", resumable=False).bf16


def test_patience_saves_at_epochs(tmp_path: Path) -> None:
    spec = RunSpec(
        task="toy", method="plain", seed=1, dev_size=4, patience=1, settings={"save_strategy": "no"}
    )
    with pytest.raises(ConfigError, match="cannot be combined with patience"):
        training_arguments(spec, tmp_path, 10, "accuracy", resumable=False)


@pytest.mark.parametrize(
    ("settings", "steps", "epochs"),
    [
        ({}, 6, 2),
        ({"gradient_accumulation_steps": 2}, 4, 2),
        ({"dataloader_drop_last": True}, 4, 2),
        ({"max_steps": 7}, 7, 3),
    ],
)
def test_steps_are_counted_as_the_trainer_counts_them(
    settings: dict[str, object], steps: int, epochs: int
) -> None:
    spec = RunSpec(task="toy", method="plain", seed=1, batch_size=8, epochs=2, settings=settings)
    assert (step_count(spec, 20), epoch_count(spec, 20)) == (steps, epochs)
