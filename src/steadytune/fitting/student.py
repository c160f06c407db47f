"""One plain model that learns what the final model says: distillation.

The targets of training examples are halfway between their labels and what models that were not
trained on them say, since the final model has memorised them. Texts without labels have the final
model's word alone. Hinton, Vinyals, Dean: Distilling the knowledge in a neural network, 2015, arXiv
1503.02531.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from .._device import usable_device
from .._exceptions import NoResultError
from .._random import Seeds
from .._threads import using_threads
from ..finetune.saved import SavedModel, set_choices
from ..finetune.scoring import predict_rows
from ..method_text import parse_method
from ..pretrained import save_model
from ..records.spec import RunSpec
from ..runs.encoded import encode_splits
from ..runs.training import train
from ..runs.unlabelled import texts_of
from ..tasks import TRAIN
from .candidates import Candidate, student_epochs
from .kinds import Kind
from .lessons import Lessons, train_targets
from .work import Work


def train_student(
    work: Work,
    chosen: Candidate,
    teacher: SavedModel,
    known: Lessons | None,
    choices: Mapping[str, float],
    result: Path,
) -> RunSpec:
    """Train one model on what the teacher says, and write it; give what the training was.

    Args:
        work: Where trainings happened.
        chosen: How the teacher's fine-tuned models were trained.
        teacher: The final model.
        known: What is known of training examples out of fold; None without a search.
        choices: Fields of the teacher's configuration that the model takes.
        result: The folder to write.

    Raises:
        NoResultError: If the training diverges.
    """
    setup, task, kind = work.setup, work.task, work.setup.kind
    features = encode_splits(task, setup.model, setup.encoding, (TRAIN,))[TRAIN].dataset
    targets = train_targets(kind, setup.truth, len(task.label_names), known)
    if setup.options.unlabelled is not None:
        rows = texts_of(setup.options.unlabelled, task.columns)
        more = task.problem.encode(rows, task.columns, teacher.tokenizer, setup.encoding)
        said = kind.as_targets(kind.outputs(predict_rows(teacher, more, rows), None))
        features, targets = _joined(features, more.dataset), np.concatenate([targets, said])
    passes = student_epochs(chosen.epochs, len(setup.truth), len(targets) - len(setup.truth))
    spec = work.student_spec(replace(chosen, epochs=passes, head_first=False))
    seeds = Seeds.from_run(spec.seed)
    model, tokenizer = setup.model.with_head(task.kind, task.label_names, seeds.head)
    lessons = features.remove_columns("labels") if "labels" in features.column_names else features
    lessons = lessons.add_column("labels", targets.tolist())
    with using_threads(spec.threads):
        done = train(
            spec,
            model.to(usable_device()),
            tokenizer,
            lessons,
            parse_method(spec.method),
            on_steps=lambda steps: None,
            compute_loss=target_loss(kind),
        )
    if done.diverged:
        raise NoResultError(
            f"the one model diverged ({done.diverged}); give the command without `one_model`, and "
            "with another `out`"
        )
    set_choices(model, choices)
    save_model(model, result)
    tokenizer.save_pretrained(result)
    return spec


def target_loss(kind: Kind) -> Callable[..., Tensor]:
    """A loss with the targets as labels, as the trainer calls it: with outputs, labels, a count."""

    def loss(outputs: Any, labels: Tensor, num_items_in_batch: Any = None) -> Tensor:
        return kind.lesson_loss(outputs["logits"].float(), labels)

    return loss


def _joined(features: Any, more: Any) -> Any:
    from datasets import concatenate_datasets

    return concatenate_datasets([features.select_columns(more.column_names), more])
