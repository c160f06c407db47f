"""Every method in every trainer of docs/trainers.md, by the recipes that stand there.

`python -m tests.integrations.trainers` prints the table of that page.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from steadytune import BSS, RegularizedTrainer, Regularizer, SteadytuneError
from steadytune._random import isolated_rng
from steadytune.testing import tiny_batch, tiny_classifier, train_steps, weights

from ..method_settings import SETTINGS as USUAL
from ..training import arguments, rows

PAGE = Path(__file__).parents[2] / "docs" / "trainers.md"
BATCHES = [tiny_batch(seed=number) for number in range(2)]
SETTINGS = {**USUAL, "BSS": BSS(strength=0.1, feature="mean")}  # all first tokens may be alike
Methods = Sequence[Regularizer]
Weights = dict[str, Tensor]


def recipes(*headings: str) -> Any:
    """The names that the Python blocks of some sections define, in the order of the page."""
    names: dict[str, Any] = {"__name__": "recipes"}
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE):
        heading, _, text = section.partition("\n")
        if heading in headings:
            for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
                exec(compile(block, "trainers.md", "exec"), names)
    return names


def by_trainer(methods: Methods, folder: Path) -> Weights:
    """Hugging Face's Trainer."""
    model = tiny_classifier()
    data = [row for batch in BATCHES for row in rows(batch)]
    trainer = RegularizedTrainer(
        model=model, args=arguments(folder, max_steps=2), train_dataset=data, methods=methods
    )
    trainer.train()
    return weights(model)


def by_loop(methods: Methods, folder: Path) -> Weights:
    """A loop of one's own."""
    model = tiny_classifier()
    train_steps(model, methods, BATCHES)
    return weights(model)


def by_accelerate(methods: Methods, folder: Path) -> Weights:
    """A loop with Accelerate."""
    from accelerate import Accelerator

    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated_rng(torch.device("cpu"), 1):
        train = recipes("Accelerate")["train_with_accelerate"]
        train(Accelerator(cpu=True), model, optimizer, BATCHES, methods)
    return weights(model)


def by_lightning(methods: Methods, folder: Path) -> Weights:
    """Lightning's Trainer."""
    from lightning.pytorch import Trainer

    model = tiny_classifier()
    module = recipes("Accelerate", "Lightning")["SteadyModule"](model, methods)
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    with isolated_rng(torch.device("cpu"), 1):
        trainer.fit(module, torch.utils.data.DataLoader(BATCHES, batch_size=None))
    return weights(model)


def by_skorch(methods: Methods, folder: Path) -> Weights:
    """A net of skorch."""
    model = tiny_classifier()
    net = recipes("Accelerate", "skorch")["SteadyNet"](
        model,
        methods=methods,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        lr=0.1,
        max_epochs=1,
        batch_size=4,
        train_split=None,
        verbose=0,
    )
    both = {name: torch.cat([batch[name] for batch in BATCHES]) for name in BATCHES[0]}
    labels = both.pop("labels")
    with isolated_rng(torch.device("cpu"), 1):
        net.fit(both, labels)
    assert net.predict_proba(both).shape == (8, 2)
    return weights(model)


def by_seq2seq(methods: Methods, folder: Path) -> Weights:
    """transformers' Seq2SeqTrainer, with methods on both stacks of a T5."""
    from .test_seq2seq import trained

    return weights(trained(folder, methods).model)


def by_trl(methods: Methods, folder: Path) -> Weights:
    """TRL's SFTTrainer."""
    from .test_trl import trained

    return weights(trained(folder, list(methods)).model)


def by_sentence_transformers(methods: Methods, folder: Path) -> Weights:
    """sentence-transformers' trainer."""
    from .test_sentence_transformers import trained

    return dict(trained(folder, list(methods)))


def by_setfit(methods: Methods, folder: Path) -> Weights:
    """SetFit's trainer, of its body."""
    from .test_sentence_transformers import trained_by_setfit

    return dict(trained_by_setfit(folder, list(methods)))


COLUMNS: dict[str, Callable[[Methods, Path], Weights]] = {
    "`Trainer`": by_trainer,
    "own loop": by_loop,
    "Accelerate": by_accelerate,
    "Lightning": by_lightning,
    "skorch": by_skorch,
    "`Seq2SeqTrainer`": by_seq2seq,
    "TRL's SFT": by_trl,
    "sentence-transformers": by_sentence_transformers,
    "SetFit": by_setfit,
}

# What the message of a refusal says, in a word.
REASONS = {
    "returned no logits": "no logits",
    "does not name its word embeddings": "no embeddings",
    "has no new linear layer": "no head",
    "needs one list of blocks": "one stack",
}


def cell(run: Callable[[Methods, Path], Weights], method: Regularizer, plain: Weights) -> str:
    """Whether training with a method works: it ends, at other weights than plain training."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = run([method], Path(folder))
        except SteadytuneError as refusal:
            return next((word for text, word in REASONS.items() if text in str(refusal)), "?")
    assert all(value.isfinite().all() for value in found.values())
    return "yes" if any(not torch.equal(plain[n], found[n]) for n in plain) else "no effect"


def column(run: Callable[[Methods, Path], Weights]) -> dict[str, str]:
    """The cells of one trainer, by method."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plain = run([], Path(folder))
        return {name: cell(run, method, plain) for name, method in SETTINGS.items()}


def table() -> str:
    """The table of the page, as Markdown: methods that work alike share a row."""
    columns = [column(run) for run in COLUMNS.values()]
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in SETTINGS:
        groups.setdefault(tuple(cells[name] for cells in columns), []).append(name)
    lines = [("", *COLUMNS), ("---",) * (len(columns) + 1)]
    lines += [(", ".join(names), *cells) for cells, names in groups.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def on_page() -> dict[str, dict[str, str]]:
    """The cells that the page's table has, by trainer and method."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    (_, *names), _, *rows_ = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for methods, *cells in rows_:
        for name, cell_ in zip(names, cells, strict=True):
            found[name] |= dict.fromkeys(methods.split(", "), cell_)
    return found


if __name__ == "__main__":
    print(table())
