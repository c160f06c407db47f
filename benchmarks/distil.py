"""Distillation, the rival of studies/h4_unlabelled.yaml: a plain model teaches a second one.

    python benchmarks/distil.py --json benchmarks/results/distil.jsonl --seeds 10
    python benchmarks/distil.py --read benchmarks/results/distil.jsonl

For each seed of the study its plain run is trained again: the teacher, whose score must be the
recorded one. The student starts where the teacher started, and learns from the 100 labels and from
what the teacher says of the study's 2,000 texts: cross-entropy with the teacher's probabilities
(Hinton, Vinyals, Dean 2015, arXiv 1503.02531), 2 epochs of all 2,100 (264 steps), else the study's
recipe. The study's first lines say how to make `studies/sst2_texts.txt`.

Declared before its first run, after the study had ended (LNSR on texts +0.2 points, R-Drop -6.9):

- Primary: the mean over seeds of the paired difference student minus plain, accuracy on the study's
  test examples in domain, in points, Student's t interval of 95 %; margin and words of the study.
- Secondary: student minus "lnsr on texts" of the same seed, a hint at most.
- Seeds in order; it ends with the last, or when its time is over, and states its n.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from steadytune._random import Seeds
from steadytune.records.ledger import Ledger
from steadytune.records.spec import RunSpec
from steadytune.runs.encoded import encode_splits, encoding_of_run
from steadytune.runs.evaluation import model_outputs
from steadytune.runs.training import train
from steadytune.runs.unlabelled import texts_of
from steadytune.stats import mean_interval
from steadytune.study import read_study
from steadytune.tasks import TRAIN

ROOT = Path(__file__).parents[1]
EPOCHS = 2.0


def recorded() -> dict[tuple[str, int], float]:
    """Arm and seed -> accuracy in points, of the committed study."""
    found = {}
    for record in Ledger(ROOT / "docs" / "evidence" / "h4").read().records:
        name = record.arm.name if record.arm else record.spec.method
        found[name, record.spec.seed] = 100 * float(record.results["sst2"]["accuracy"] or 0)
    return found


def soft_loss(outputs: Any, labels: Tensor, num_items_in_batch: Any = None) -> Tensor:
    """Cross-entropy with probabilities, as the trainer calls a loss."""
    return cross_entropy(outputs["logits"].float(), labels)


class Pair:
    """Teacher and student of the study's plain runs."""

    def __init__(self) -> None:
        study = read_study(ROOT / "studies" / "h4_unlabelled.yaml")
        self.seeds, self.model = study.seeds, study.find_model()
        (entry,) = study.tasks
        recipe = study.recipe.changed(entry.changes)
        self.task = entry.source.load().sample(
            recipe.train_size, study.subset_seeds[0], recipe.eval_size, None
        )
        self.texts = texts_of(str(ROOT / "studies" / "sst2_texts.txt"), self.task.columns)

    def spec(self, seed: int) -> RunSpec:
        """The plain run of a seed, as recorded."""
        records = Ledger(ROOT / "docs" / "evidence" / "h4").read().records
        (spec,) = (
            RunSpec(**record.spec.fields)
            for record in records
            if record.spec.seed == seed and record.spec.method == "plain"
        )
        return spec

    def trained(self, spec: RunSpec, rows: Any, loss: Any = None) -> tuple[Any, Any, float]:
        """Model, tokenizer, and accuracy on the test examples in points."""
        head = Seeds.from_run(spec.seed).head
        model, tokenizer = self.model.with_head(self.task.kind, self.task.label_names, head)
        done = train(spec, model, tokenizer, rows, [], lambda steps: None, compute_loss=loss)
        assert done.diverged is None
        split = self.task.domain
        logits = self._logits(model, tokenizer, self.features(spec, split).dataset)
        right = logits.argmax(axis=1) == np.array(self.task.splits[split]["label"])
        return model, tokenizer, 100 * float(right.mean())

    def features(self, spec: RunSpec, split: str) -> Any:
        return encode_splits(self.task, self.model, encoding_of_run(spec, self.task), (split,))[
            split
        ]

    def _logits(self, model: Any, tokenizer: Any, rows: Any) -> np.ndarray[Any, Any]:
        outputs = model_outputs(model, tokenizer, rows, self.task.problem, lambda: None)
        return np.array(outputs["logits"], dtype=np.float64)

    def scores(self, seed: int) -> dict[str, float]:
        spec = self.spec(seed)
        labelled = self.features(spec, TRAIN).dataset
        teacher, tokenizer, of_teacher = self.trained(spec, labelled)
        encoding = encoding_of_run(spec, self.task)
        texts = self.task.problem.encode(self.texts, self.task.columns, tokenizer, encoding).dataset
        said = torch.from_numpy(self._logits(teacher, tokenizer, texts)).softmax(dim=1).numpy()
        sure = np.eye(len(self.task.label_names))[np.array(labelled["labels"])]
        from datasets import concatenate_datasets

        lessons = concatenate_datasets([labelled.select_columns(texts.column_names), texts])
        lessons = lessons.add_column("labels", np.concatenate([sure, said]).tolist())
        *_, of_student = self.trained(replace(spec, epochs=EPOCHS), lessons, soft_loss)
        return {"seed": seed, "teacher": of_teacher, "student": of_student}


def read(path: Path) -> None:
    """Print the declared numbers."""
    rows, known = list(map(json.loads, path.read_text().splitlines())), recorded()
    student = np.array([row["student"] for row in rows])
    print(f"student: {student.mean():.1f} (std {student.std(ddof=1):.2f}), {len(rows)} seeds")
    for arm in ("plain", "lnsr on texts"):
        gain = student - [known[arm, row["seed"]] for row in rows]
        interval = mean_interval(gain)
        assert interval is not None
        above = f"{np.sum(gain > 0)} of {len(gain)} pairs above 0"
        limits = f"{interval.low:+.1f} to {interval.high:+.1f}"
        print(f"student minus {arm}: {gain.mean():+.1f} ({limits}); {above}")


def main() -> None:
    """Run what is missing, or read what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    if options.read:
        return read(options.read)
    torch.set_num_threads(1)
    pair, known = Pair(), recorded()
    done = options.json.read_text().splitlines() if options.json.exists() else []
    for seed in pair.seeds[len(done) : options.seeds]:
        found = pair.scores(seed)
        if abs(found["teacher"] - known["plain", seed]) > 1e-9:
            print(f"seed {seed}: plain scores {found['teacher']}, recorded {known['plain', seed]}")
        with options.json.open("a") as file:
            file.write(json.dumps(found) + "\n")
        print(found, flush=True)


if __name__ == "__main__":
    main()
