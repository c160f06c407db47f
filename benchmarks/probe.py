"""What is LNSR's penalty made of? Its gradient beside R-Drop's and the task's, in plain training.

    python benchmarks/probe.py --json benchmarks/results/probe.json
    python benchmarks/probe.py --draw benchmarks/results/probe.json docs/pictures/probe.svg

MiniLM is fine-tuned plainly on three tasks (16 examples a step, 1e-4, linear schedule). At the
start, in the middle and at the end training stops for 10 batches of 8 of its examples. On each
batch every penalty's gradient is taken twice, from passes whose masks and noise are drawn anew:

    shared       LNSR as it is by default: the noisy pass repeats the clean one's dropout masks
    fresh        LNSR whose noisy pass draws masks of its own, as two ordinary passes do
    fresh, 0     the same without any noise: two passes that differ in their masks alone
    rdrop        R-Drop's divergence between the predictions of two passes

Gradients are of the blocks' weights, which all of them reach. With g1, g2 and h1, h2 the two draws
of two penalties, the cosine of their *expected* gradients is estimated without the noise of single
draws:

    cosine = sum (g1.h2 + g2.h1) / 2 / sqrt(sum g1.g2 * sum h1.h2)       sums over batches

and a size beside the task's is sqrt(sum g1.g2 / sum t1.t2). `repeat` is how much of a single draw
is its expectation: sum g1.g2 / sum (|g1|^2 + |g2|^2) / 2. Intervals of 95 % resample the batches.

Declared before the first run. A pair of penalties, in one of the nine places (three tasks, three
moments),

    agrees      where the interval of its cosine lies above 0.9
    is related  where it lies above 0.5
    differs     where it lies below 0.5
    undecided   anywhere else, or where a sum under the root is not above 0

H2, "LNSR as ordinary code computes it is a layer-wise R-Drop", has two parts. *The noise adds
nothing*: `fresh` agrees with `fresh, 0` in all nine places, and their sizes differ by less than a
tenth. *It is R-Drop*: `fresh, 0` agrees with `rdrop` in all nine. Where either is only related in
all nine it is "in part"; where it differs in all nine it is refuted; anything else is mixed, and
says where.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from steadytune import LNSR, Step, attach
from steadytune._model.sites import find_layers
from steadytune._random import Seeds, derive_seed, isolated_rng
from steadytune._step.prediction import divergence, prediction_of
from steadytune._step.regularizer import Host, Penalty
from steadytune.pretrained import Pretrained
from steadytune.tasks import Encoding, load_task

TASKS = {"sst2": (200, 5), "stsb": (600, 3), "mrpc": (600, 3)}  # examples, epochs
MOMENTS = ("start", "middle", "end")
BATCHES, ROWS, DRAWS = 10, 8, 2
STUDIED = {
    "shared": LNSR(std=0.05),
    "fresh": LNSR(std=0.05, dropout="fresh"),
    "fresh, 0": LNSR(std=0.0, dropout="fresh"),
}
NAMES = ("task", *STUDIED, "rdrop")
PAIRS = tuple(combinations(NAMES, 2))
SAME, RELATED = 0.9, 0.5
RESAMPLES = 2000


@dataclass(frozen=True)
class Studied(Penalty):
    """Measures every penalty on one step, and adds none of them."""

    strength: float = 0.0
    found: dict[str, Tensor] = field(default_factory=dict, hash=False, compare=False)

    needs_layers = True

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """LNSR's forms on one clean pass and one set of fresh masks, and R-Drop on that pass."""
        with ExitStack() as stack:
            forms = {name: stack.enter_context(m.measure(host)) for name, m in STUDIED.items()}

            def penalty(step: Step) -> Tensor:
                self.found.update({name: form(step) for name, form in forms.items()})
                one = prediction_of(step, step.clean)
                other = prediction_of(step, step.forward(name="second pass"))
                self.found["rdrop"] = divergence(one, other).mean()
                return torch.zeros(())

            yield penalty


class Run:
    """A plain training of MiniLM on one task."""

    def __init__(self, name: str, seed: int, shrink: int) -> None:
        train_size, self.epochs = TASKS[name]
        self.name, self.seed = name, seed
        task = load_task(name).sample(train_size // shrink, 71, 1, None)
        pretrained = Pretrained.find("minilm")
        self.model, self.tokenizer = pretrained.with_head(
            task.kind, task.label_names, Seeds.from_run(seed).head
        )
        encoded = task.problem.encode(
            task.splits["train"], task.columns, self.tokenizer, Encoding(64, 128)
        )
        self.rows = encoded.dataset.to_list()
        self.weights = [p for block in find_layers(self.model).modules for p in block.parameters()]

    def batch(self, numbers: list[int]) -> dict[str, Tensor]:
        """Padded rows, as the model takes them."""
        rows = [dict(self.rows[number]) for number in numbers]
        labels = torch.tensor([row.pop("labels") for row in rows])
        return {**self.tokenizer.pad(rows, return_tensors="pt"), "labels": labels}

    def train(self, look: Callable[[str], None]) -> None:
        """AdamW with a linear schedule; `look` is called at the three moments."""
        order = np.random.default_rng(derive_seed("order", self.seed))
        batches = [
            numbers.tolist()
            for _ in range(self.epochs)
            for numbers in np.array_split(
                order.permutation(len(self.rows)), max(1, len(self.rows) // 16)
            )
        ]
        total, warm = len(batches), max(1, len(batches) // 10)
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda t: min((t + 1) / warm, (total - t) / (total - warm))
        )
        look(MOMENTS[0])
        for number, numbers in enumerate(batches, 1):
            self.model.train()
            optimizer.zero_grad()
            self.model(**self.batch(numbers)).loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if number == total // 2:
                look(MOMENTS[1])
        look(MOMENTS[2])

    def products(self, batches: int) -> list[dict[str, list[list[float]]]]:
        """For each batch the inner products of all gradients, [draw][draw] of every pair."""
        chosen = np.random.default_rng(derive_seed("look", self.seed))
        order = chosen.permutation(len(self.rows))[: batches * ROWS].tolist()
        looks = [order[at : at + ROWS] for at in range(0, len(order), ROWS)]
        self.model.train()
        self.model.zero_grad(set_to_none=True)
        studied = Studied()
        found = []
        with attach(self.model, [studied], seed=self.seed) as objective:
            for number, numbers in enumerate(looks):
                batch = self.batch(numbers)
                draws = []
                for draw in range(DRAWS):
                    key = number * DRAWS + draw
                    with isolated_rng(torch.device("cpu"), derive_seed("draw", self.seed, key)):
                        loss = objective(Step(self.model, batch, step=key, total_steps=1))
                    draws.append(self._gradients({"task": loss, **studied.found}))
                    studied.found.clear()
                found.append(_products(draws))
        return found

    def _gradients(self, losses: dict[str, Tensor]) -> list[list[Tensor]]:
        """For each loss the gradients of the weights; each of them is reached."""
        return [
            list(torch.autograd.grad(losses[name], self.weights, retain_graph=True))
            for name in NAMES
        ]


def _products(draws: list[list[list[Tensor]]]) -> dict[str, list[list[float]]]:
    """All inner products, from the gradients by draw, loss and weight."""
    rows = [gradients for draw in draws for gradients in draw]
    gram = torch.zeros(len(rows), len(rows), dtype=torch.float64)
    for parts in zip(*rows, strict=True):  # a weight at a time
        matrix = torch.stack([part.flatten() for part in parts])
        gram += matrix @ matrix.T
    table = gram.view(DRAWS, len(NAMES), DRAWS, len(NAMES))
    numbers = {name: number for number, name in enumerate(NAMES)}
    pairs = [*((name, name) for name in NAMES), *PAIRS]
    return {
        f"{one} / {other}": table[:, numbers[one], :, numbers[other]].tolist()
        for one, other in pairs
    }


def cosine(products: dict[str, np.ndarray], one: str, other: str) -> np.ndarray:
    """The cosine of two expected gradients; products are (..., batches, draw, draw)."""
    between = products[f"{one} / {other}"]
    across = (between[..., 0, 1] + between[..., 1, 0]).sum(-1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        found = across / np.sqrt(_square(products, one) * _square(products, other))
    return np.asarray(found)


def size(products: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The length of an expected gradient beside the task's."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(_square(products, name) / _square(products, "task")))


def repeat(products: dict[str, np.ndarray], name: str) -> np.ndarray:
    """How much of a single draw's squared gradient is its expectation's."""
    own = products[f"{name} / {name}"]
    return np.asarray(_square(products, name) / ((own[..., 0, 0] + own[..., 1, 1]).sum(-1) / 2))


def _square(products: dict[str, np.ndarray], name: str) -> np.ndarray:
    return np.asarray(products[f"{name} / {name}"][..., 0, 1].sum(-1))


def summarise(record: dict[str, Any]) -> dict[str, Any]:
    """Cosines, sizes and repeats of one place, each with its interval."""
    products = {
        key: np.array([b[key] for b in record["products"]]) for key in record["products"][0]
    }
    count = len(record["products"])
    picks = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    resampled = {key: value[picks] for key, value in products.items()}

    def told(of: Callable[..., np.ndarray], *names: str) -> list[float | None]:
        values = of(resampled, *names)
        lost = np.isnan(values).mean()
        low, high = np.nanquantile(values, [0.025, 0.975]) if lost < 0.025 else (np.nan, np.nan)
        return [_plain(float(x)) for x in (of(products, *names), low, high)]

    return {
        "task": record["task"],
        "moment": record["moment"],
        "cosines": {f"{one} / {other}": told(cosine, one, other) for one, other in PAIRS},
        "sizes": {name: told(size, name) for name in NAMES[1:]},
        "repeats": {name: told(repeat, name) for name in NAMES},
    }


def _plain(value: float) -> float | None:
    return float(f"{value:.4g}") if math.isfinite(value) else None


def word(interval: list[float | None]) -> str:
    """What a cosine's interval says of a pair."""
    _, low, high = interval
    if low is None or high is None:
        return "undecided"
    if low > SAME:
        return "agrees"
    return "is related" if low > RELATED else "differs" if high < RELATED else "undecided"


def verdict(places: list[dict[str, Any]], one: str, other: str) -> str:
    """What all places together say of a pair."""
    words = [word(place["cosines"][f"{one} / {other}"]) for place in places]
    if set(words) == {"agrees"}:
        return "agrees everywhere"
    if set(words) <= {"agrees", "is related"}:
        return "in part: related everywhere"
    if set(words) == {"differs"}:
        return "refuted: differs everywhere"
    told = [f"{p['task']} {p['moment']}: {w}" for p, w in zip(places, words, strict=True)]
    return "mixed: " + ", ".join(told)


def lines(places: list[dict[str, Any]]) -> Iterator[str]:
    """The tables in Markdown, and the verdicts."""
    pairs = [*(("task", name) for name in NAMES[1:]), *combinations(NAMES[1:], 2)]
    for title, key, columns in (
        ("cosine", "cosines", [f"{one} / {other}" for one, other in pairs]),
        ("size beside the task's", "sizes", list(NAMES[1:])),
        ("repeat", "repeats", list(NAMES)),
    ):
        yield f"| {title} | " + " | ".join(columns) + " |"
        yield "| --- |" + " ---: |" * len(columns)
        for place in places:
            cells = " | ".join(_cell(place[key][column]) for column in columns)
            yield f"| {place['task']}, {place['moment']} | {cells} |"
        yield ""
    for one, other in combinations(NAMES[1:], 2):
        yield f"{one} and {other}: {verdict(places, one, other)}"


def _cell(found: list[float | None]) -> str:
    value, low, high = ("n/a" if x is None else f"{x:.2g}" for x in found)
    return f"{value} ({low} to {high})"


def draw(places: list[dict[str, Any]], path: Path) -> None:
    """Cosines on the left, sizes on the right, a row a place."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "steadytune"
    from matplotlib.figure import Figure

    shown = {
        "fresh / fresh, 0": ("#009E73", "fresh masks: with and without noise"),
        "fresh, 0 / rdrop": ("#D55E00", "fresh masks without noise, R-Drop"),
        "shared / fresh": ("#0072B2", "shared masks, fresh masks"),
    }
    sized = {"shared": "#0072B2", "fresh": "#009E73", "fresh, 0": "#56B4E9", "rdrop": "#D55E00"}
    figure = Figure(figsize=(9.5, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(places))[::-1]
    for at, (pair, (colour, label)) in enumerate(shown.items()):
        _dots(left, [p["cosines"][pair] for p in places], rows + 0.2 * (1 - at), colour, label)
    for at, (name, colour) in enumerate(sized.items()):
        _dots(right, [p["sizes"][name] for p in places], rows + 0.15 * (1.5 - at), colour, name)
    left.set_yticks(rows, [f"{p['task']}, {p['moment']}" for p in places])
    left.axvline(SAME, color="#999999", lw=0.8, ls=":")
    left.axvline(RELATED, color="#999999", lw=0.8, ls=":")
    left.set_xlabel("cosine of expected gradients (dotted: 0.5 and 0.9)")
    right.set_xscale("log")
    right.axvline(1, color="#999999", lw=0.8)
    right.set_xlabel("size beside the task's gradient, at strength 1")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, ncols=2, frameon=False
        )
    figure.savefig(path, metadata={"Date": None})


def _dots(
    axes: Any, found: list[list[float | None]], rows: np.ndarray, colour: str, label: str
) -> None:
    values = np.array(found, dtype=float)
    axes.hlines(rows, values[:, 1], values[:, 2], color=colour, lw=1.5)
    axes.plot(values[:, 0], rows, "o", ms=4, color=colour, label=label)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="where the inner products go, place by place")
    parser.add_argument("--draw", type=Path, nargs=2, metavar=("JSON", "SVG"))
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--seed", type=int, default=701)
    parser.add_argument("--batches", type=int, default=BATCHES)
    parser.add_argument("--shrink", type=int, default=1, help="train on so many times fewer rows")
    options = parser.parse_args()
    if options.draw:
        records = json.loads(options.draw[0].read_text())
        places = [summarise(record) for record in records]
        draw(places, options.draw[1])
    else:
        torch.set_num_threads(1)
        records = []
        for name in options.tasks.split(","):
            run = Run(name, options.seed, options.shrink)

            def look(moment: str, run: Run = run) -> None:
                found = run.products(options.batches)
                records.append({"task": run.name, "moment": moment, "products": found})
                if options.json:
                    options.json.write_text(json.dumps(_short(records)) + "\n")

            run.train(look)
        places = [summarise(record) for record in records]
    print("\n".join(lines(places)))


def _short(value: Any) -> Any:
    """The same with numbers of six digits, so that the file stays small."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _short(entry) for key, entry in value.items()}
    return [_short(entry) for entry in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
