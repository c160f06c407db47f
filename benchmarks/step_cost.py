"""What a training step costs with a method, beside a plain step on the same batch.

    python benchmarks/step_cost.py [--methods lnsr:layer=0,lnsr:layer=3] [--json FILE]
    python benchmarks/step_cost.py --model bert-large --device cuda

A step is one forward and one backward pass of MiniLM on 16 real sentences, or of another model on
random tokens: `tiny`, `minilm-shape`, `bert-base` and `bert-large` have random weights. Plain and
treated steps alternate in one process; the ratio is the median over pairs. For methods that act on
the optimizer (marked +) its step, AdamW's, is part of both. The memory is what is held for the
backward pass, each storage counted once. The bound counts multiply-adds: a backward pass costs two
forward passes, or one where only the perturbation needs a gradient. On a GPU the memory is the most
that PyTorch has allocated in a step beyond what it held before.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn

from steadytune import Objective, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.method_text import parse_method, split_methods
from steadytune.pretrained import Pretrained
from steadytune.tasks import load_task

SHAPES = {  # layers, width, attention heads, examples and tokens of a batch
    "tiny": (3, 32, 4, 4, 9),
    "minilm-shape": (6, 384, 12, 16, 28),
    "bert-base": (12, 768, 12, 32, 64),
    "bert-large": (24, 1024, 16, 32, 128),
}
DEFAULT = (
    "lnsr:layer=0,lnsr:layer=3,lnsr:layer=5,lnsr:rows=0.25,l2sp,mixout,mixout:axis=input,"
    "smart:proximal_strength=0,smart,freelb,r3f,r4f,rdrop,bss,hype,inputnoise,neftune,noisytune,"
    "childtuning,reinit,layerwisedecay,sam,nso,lfu,repina,ema,ema:bias_power=0.2"
)


def bound(methods: tuple[Regularizer, ...], depth: int) -> float | None:
    """The passes that a single method says it makes; None where it does not."""
    if len(methods) != 1:
        return 1.0 if not methods else None
    return methods[0].passes(depth)


def random_model(layers: int, width: int, heads: int) -> Any:
    """A BERT of a shape with random weights, as a classifier."""
    from transformers import BertConfig, BertForSequenceClassification

    return BertForSequenceClassification(
        BertConfig(
            num_hidden_layers=layers,
            hidden_size=width,
            num_attention_heads=heads,
            intermediate_size=4 * width,
        )
    )


def random_batch(examples: int, tokens: int) -> dict[str, Tensor]:
    """Random tokens, none of them a pad, and two classes."""
    ids = torch.randint(1000, 20_000, (examples, tokens))
    labels = torch.arange(examples) % 2
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


def model_and_batch(name: str) -> tuple[Any, dict[str, Tensor]]:
    """What a step is taken with, on the CPU and in training mode."""
    if name == "minilm":
        return real_batch()
    if name in SHAPES:
        *shape, examples, tokens = SHAPES[name]
        return random_model(*shape).train(), random_batch(examples, tokens)
    model, _ = Pretrained.find(name).with_head("classification", ["no", "yes"], head_seed=0)
    return model.train(), random_batch(16, 28)


def real_batch(size: int = 16) -> tuple[nn.Module, dict[str, Tensor]]:
    """MiniLM as a classifier in training mode, and movie sentences with their labels."""
    task = load_task("vader-movies").sample(eval_size=200)
    model, tokenizer = Pretrained.find("minilm").with_head(
        "classification", task.label_names, head_seed=0
    )
    rows = task.test[task.domain][:size]
    encoded = tokenizer(rows[task.columns[0]], padding=True, return_tensors="pt")
    return model.train(), {**encoded, "labels": torch.tensor(rows["label"])}


@dataclass(frozen=True)
class Side:
    """One of the two sides of a comparison."""

    model: Any
    objective: Objective
    optimizer: torch.optim.Optimizer
    batch: dict[str, Tensor]

    def seconds(self, with_optimizer: bool) -> float:
        """One forward and backward pass, gradients cleared outside of the clock."""
        self.model.zero_grad()
        wait_for_gpu()
        start = time.perf_counter()
        self.objective(Step(self.model, self.batch)).backward()
        if with_optimizer:
            self.optimizer.step()
        wait_for_gpu()
        return time.perf_counter() - start


def wait_for_gpu() -> None:
    """Let what has been queued on a GPU end."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class HeldBytes:
    """Bytes of the storages saved for backward passes, each once; `peak` is the most at a time."""

    def __init__(self, model: nn.Module) -> None:
        self._own = {p.untyped_storage().data_ptr() for p in model.parameters()}
        self._holders: dict[int, int] = {}
        self._now = self.peak = 0

    def add(self, storage: torch.UntypedStorage) -> None:
        """One more node of the graph holds a storage; the model's own weights do not count."""
        address = storage.data_ptr()
        if address in self._own:
            return
        if address not in self._holders:
            self._now += storage.nbytes()
            self.peak = max(self.peak, self._now)
        self._holders[address] = self._holders.get(address, 0) + 1

    def drop(self, storage: torch.UntypedStorage) -> None:
        """One node fewer holds it."""
        address = storage.data_ptr()
        if address not in self._holders:
            return
        self._holders[address] -= 1
        if self._holders[address] == 0:
            del self._holders[address]
            self._now -= storage.nbytes()


class _Saved:
    """A saved tensor that tells when the graph lets it go."""

    def __init__(self, tensor: Tensor, held: HeldBytes) -> None:
        self.tensor, self._held = tensor, held
        held.add(tensor.untyped_storage())

    def __del__(self) -> None:
        self._held.drop(self.tensor.untyped_storage())


def held_bytes(side: Side) -> int:
    """The most that is held for the backward passes at any time of a step."""
    if next(side.model.parameters()).is_cuda:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        side.objective(Step(side.model, side.batch)).backward()
        side.model.zero_grad()
        return torch.cuda.max_memory_allocated() - before
    held = HeldBytes(side.model)
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: _Saved(tensor, held), lambda saved: saved.tensor
    ):
        side.objective(Step(side.model, side.batch)).backward()
    side.model.zero_grad()
    return held.peak


def measure(text: str, pairs: int, name: str, device: torch.device) -> dict[str, Any]:
    """One row of the table."""
    methods = parse_method(text)
    with isolated_rng(device, 0), ExitStack() as stack:
        sides = []
        for chosen in ((), methods):
            model, batch = model_and_batch(name)
            model = model.to(device)
            batch = {key: value.to(device) for key, value in batch.items()}
            objective = stack.enter_context(attach(model, chosen))
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=True)
            objective.connect(optimizer)
            sides.append(Side(model, objective, optimizer, batch))
        steps = sides[1].objective.needs_optimizer
        for side in sides:
            side.seconds(steps)
        ratios, plain = [], []
        for _ in track(range(pairs), description=text, transient=True):
            base, treated = (side.seconds(steps) for side in sides)
            ratios.append(treated / base)
            plain.append(base)
        memory = [held_bytes(side) for side in sides]
    return {
        "method": text,
        "layer": getattr(methods[0], "layer", None) if methods else None,
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "bound": bound(methods, sides[0].model.config.num_hidden_layers),
        "memory_ratio": memory[1] / memory[0],
        "with_optimizer": steps,
        "plain_seconds": statistics.median(plain),
        "pairs": pairs,
    }


def table(rows: list[dict[str, Any]], name: str, device: torch.device) -> Table:
    """The rows for the terminal."""
    found = Table(title=f"A training step of {name} on {device}, beside a plain one")
    for name in ("method", "time, x plain", "range", "bound", "over bound", "memory, x plain"):
        found.add_column(name, justify="left" if name == "method" else "right")
    for row in rows:
        limit = row["bound"]
        found.add_row(
            row["method"] + (" +" if row["with_optimizer"] else ""),
            f"{row['ratio']:.2f}",
            f"{row['ratio_low']:.2f}-{row['ratio_high']:.2f}",
            "n/a" if limit is None else f"{limit:.2f}",
            "n/a" if limit is None else f"{row['ratio'] / limit - 1:+.0%}",
            f"{row['memory_ratio']:.2f}",
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    public = importlib.util.find_spec("smart_pytorch") is not None
    default = DEFAULT + (",public_smart:PublicSmart" if public else "")
    parser.add_argument("--methods", default=default, help="methods, as on the command line")
    parser.add_argument("--pairs", type=int, default=9, help="timed pairs of steps")
    parser.add_argument("--model", default="minilm", help="minilm, a shape, or a folder")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = [
        measure(text, options.pairs, options.model, options.device)
        for text in split_methods(options.methods)
    ]
    Console().print(table(rows, options.model, options.device))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
