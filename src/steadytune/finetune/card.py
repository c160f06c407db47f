"""The model card: `README.md` beside the weights, with what the hub reads and what people need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from ..method_lines import describe_recorded
from ..pretrained import MINILM
from ..records.lora import ADAPTER, Lora
from ..records.recipe import recipe_fields
from ..tasks import DEV, PROBLEMS, TRAIN
from .model_record import ModelRecord, Selection
from .summary import (
    left_out,
    lost_seeds,
    metric_names,
    metric_title,
    score_rows,
    seed_rows,
    shown,
    spread,
)

_MINILM_HUB = "sentence-transformers/all-MiniLM-L6-v2"
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_IN_DATA = ("train_size", "eval_size")
_FROZEN = "of a linear model on the frozen model's features"
_KEEP = {
    "best": "the run that the validation rows prefer",
    "ensemble": "an ensemble of runs, whose answers (for classes, probabilities) are averaged",
    "frozen": "a linear model on the frozen model's features, which no fine-tuned one surpassed",
    "distilled": "one model that learned what the runs, averaged, say",
    "soup": "the average of the weights of runs, taken greedily by the validation rows",
}


def write_card(record: ModelRecord, command: str) -> str:
    """The text of the card.

    Args:
        record: The record of what is kept.
        command: The command line that makes it again.
    """
    data = ModelCardData(
        library_name="peft" if _is_adapter(record) else "transformers",
        base_model=_base_model(record.spec.fields["model"]),
        pipeline_tag=PROBLEMS[record.task.kind].pipeline or None,
        tags=["steadytune"],
        metrics=[record.task.metric],
        model_name=_title(record),
        eval_results=_eval_results(record),
    )
    body = "\n\n".join(_sections(record, command))
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}\n"))


def _base_model(model: str) -> str | None:
    """The name on the hub; a folder of this machine has none."""
    if model == MINILM:
        return _MINILM_HUB
    is_folder = model.startswith((".", "~", "/"))
    return model if _HUB_NAME.fullmatch(model) and not is_folder else None


def _title(record: ModelRecord) -> str:
    spec = record.spec.fields
    base = spec["model"].rstrip("/").rpartition("/")[2]
    return f"{base}-{spec['task']}-{spec['method'].partition(':')[0]}"


def _eval_results(record: ModelRecord) -> list[EvalResult]:
    task, metrics = record.task, metric_names(record)
    return [
        EvalResult(
            task_type=PROBLEMS[task.kind].pipeline or task.kind,
            dataset_type=task.name,
            dataset_name=f"{row.split} ({row.use}, {row.rows} rows)",
            dataset_split=row.split,
            metric_type=metric,
            metric_value=round(value, 6),
        )
        for row in score_rows(record)
        if row.split not in (TRAIN, DEV)
        for metric in metrics
        if (value := row.scores.get(metric)) is not None
    ]


def _sections(record: ModelRecord, command: str) -> Iterator[str]:
    yield f"# {_plain(_title(record))}"
    yield _opening(record)
    yield "## Scores\n\n" + _scores(record)
    if seeds := _seeds(record):
        yield "## Runs\n\n" + seeds
    yield "## Method\n\n" + _method(record)
    yield "## Data\n\n" + _data(record)
    yield "## Use\n\n" + _use(record)
    yield "## Made again\n\n" + _made_again(record, command)


def _opening(record: ModelRecord) -> str:
    spec, task = record.spec.fields, record.task
    made = f"{_plain(spec['model'])}, fine-tuned on {task.sizes[TRAIN]} rows of {task.name}"
    classes = ", ".join(record.input.label_names)
    what = f" ({task.kind}: {_plain(classes)})" if classes else f" ({task.kind})"
    if record.is_frozen:
        return (
            f"A linear layer on {_plain(spec['model'])}, left as it is, fitted on "
            f"{task.sizes[TRAIN]} rows of {task.name}{what}."
        )
    return f"{made}{what} with the method `{spec['method']}`."


def _scores(record: ModelRecord) -> str:
    metrics = metric_names(record)
    rows = [
        [f"{row.split} ({row.use})", str(row.rows), shown(row.constant)]
        + [shown(row.scores.get(metric)) for metric in metrics]
        for row in score_rows(record)
    ]
    notes = (
        f"The primary metric is {record.task.metric}; `constant` is what the best constant "
        "prediction scores on it."
    )
    if any("seen by" in row[0] for row in rows):
        notes += (
            " Rows that the starting model has seen in its own training say nothing of how it "
            "does on new ones."
        )
    titles = [metric_title(metric, record) for metric in metrics]
    return _table(["rows", "number", "constant", *titles], rows) + f"\n\n{notes}"


def _seeds(record: ModelRecord) -> str:
    seeds, selection = seed_rows(record), record.selection
    if selection is None:
        return ""
    splits = [split for split in record.results if split != TRAIN]
    rows = [
        [str(row.seed), "yes" if row.taken else "no", *(shown(row.scores.get(s)) for s in splits)]
        for row in seeds
    ]
    spreads = [spread(seeds, split) for split in splits]
    rows.append(["mean", "", *(shown(s and s[0]) for s in spreads)])
    rows.append(["standard deviation", "", *(shown(s and s[1]) for s in spreads)])
    sentences = (
        f"What is kept is {_kept(record, selection)}.",
        left_out(record),
        f"Choices were made by {_chosen_by(record)} alone.",
        "The scores of the single runs on the other rows show the spread over seeds, "
        f"{record.task.metric} below.",
        lost_seeds(record),
    )
    text = " ".join(sentence for sentence in sentences if sentence)
    return f"{text}\n\n" + _table(["seed", "taken", *splits], rows)


def _kept(record: ModelRecord, selection: Selection) -> str:
    keep, taken = selection.keep, selection.taken
    if keep == "ensemble" and len(taken) == 1:
        if selection.frozen:
            return f"the average {_FROZEN} and of a single run"
        return "an ensemble with a single run left, so that nothing is averaged"
    if keep == "ensemble" and selection.frozen:
        return f"{_KEEP[keep]}, together with those {_FROZEN} (weight {selection.frozen:g})"
    if keep == "ensemble" and PROBLEMS[record.task.kind].generates:
        return "an ensemble of runs, whose answer is the text that is most like those of all"
    return _KEEP[keep]


def _chosen_by(record: ModelRecord) -> str:
    """The rows that say which runs are taken, and after which epoch they stop."""
    if record.selection is not None and record.selection.keep in ("best", "soup"):
        return f"`{DEV}`"
    stopped_early = record.spec.fields["patience"] is not None
    return f"`{TRAIN}` and `{DEV}`" if stopped_early else f"`{TRAIN}`"


def _method(record: ModelRecord) -> str:
    spec = record.spec.fields
    described = describe_recorded([spec["method"]]).get(spec["method"], "")
    text = f"`{spec['method']}`. {described}".strip()
    if spec["method_options"] not in ("", "()"):
        text += f" With all options: `{spec['method_options']}`."
    names = [
        name for name in (*recipe_fields(), "head_seed") if name not in (*_IN_DATA, "settings")
    ]
    rows = [[name, str(spec[name])] for name in names if spec.get(name) is not None]
    rows += [[name, str(value)] for name, value in spec["settings"].items()]
    return f"{text}\n\n" + _table(["recipe", "value"], rows)


def _data(record: ModelRecord) -> str:
    task, spec = record.task, record.spec.fields
    cut = task.cut
    rows = [[split, str(size), f"{cut.get(split, 0):.1%}"] for split, size in task.sizes.items()]
    draw = (
        "all training rows"
        if spec["train_size"] is None
        else (f"{spec['train_size']} training rows, drawn with subset seed {spec['subset_seed']}")
    )
    column = "in several windows" if PROBLEMS[task.kind].windows else "cut"
    return (
        f"{task.name}: {_plain(task.source)}. {draw[0].upper()}{draw[1:]}. Content hash of "
        f"all rows read: `{spec['data_hash']}`.\n\n" + _table(["rows", "number", column], rows)
    )


def _use(record: ModelRecord) -> str:
    reading = PROBLEMS[record.task.kind].reading
    return "\n\n".join(filter(None, [_loading(record), reading]))


def _loading(record: ModelRecord) -> str:
    command = "```sh\nsteadytune predict DIR rows.csv\n```"
    if record.is_ensemble:
        return (
            f"{command}\n\nEach folder that `ensemble.json` names is a complete model; "
            "`frozen` has the pretrained model and a linear layer."
            if record.selection and record.selection.frozen
            else f"{command}\n\nEach folder `member-<seed>` is a complete model; `ensemble.json` "
            "names them."
        )
    if record.is_frozen:
        per_token = PROBLEMS[record.task.kind].per_token
        read = "each of" if per_token else "the mean of"
        return (
            f"{command}\n\nThe folder has the pretrained model, unchanged, and in "
            f"`frozen_head.safetensors` the linear layer that reads {read} its last hidden states."
        )
    problem = PROBLEMS[record.task.kind]
    auto_class = problem.auto_class
    if _is_adapter(record):
        outputs = problem.head_settings(record.input.label_names).get("num_labels", 2)
        # A model that writes keeps the head that it was pretrained with.
        head, size = (
            ("", "") if problem.generates else (" with its head", f", num_labels={outputs}")
        )
        return (
            f"The folder has an adapter{head}; `base_model.json` names the model that it "
            "belongs to.\n\n```python\nfrom peft import AutoPeftModel\n\n"
            f'model = AutoPeftModel.from_pretrained("DIR"{size})\n```\n\nOr:\n\n{command}'
        )
    return (
        f"```python\nfrom transformers import {auto_class}, AutoTokenizer\n\n"
        f'model = {auto_class}.from_pretrained("DIR")\n'
        f'tokenizer = AutoTokenizer.from_pretrained("DIR")\n```\n\nOr:\n\n{command}'
    )


def _is_adapter(record: ModelRecord) -> bool:
    lora = record.spec.fields.get("lora")
    return isinstance(lora, str) and Lora.parse(lora).save == ADAPTER


def _made_again(record: ModelRecord, command: str) -> str:
    environment, spec = record.environment, record.spec.fields
    versions = ", ".join(
        f"{name} {environment[name]}"
        for name in ("steadytune", "python", "torch", "transformers", "tokenizers", "datasets")
        if environment.get(name)
    )
    # A model that learned from several has a seed that is none of theirs.
    seeds = list(
        dict.fromkeys(str(n) for n in (*(row.seed for row in seed_rows(record)), spec["seed"]))
    )
    fence = f"```sh\n{command}\n```\n\n" if command else ""
    commit = f" at commit `{environment['commit']}`" if environment.get("commit") else ""
    return (
        f"{fence}Seed{'s' * (len(seeds) > 1)} {', '.join(seeds)}; "
        f"{versions}{commit}; {environment['device']}, {environment['threads']} CPU threads, "
        f"precision {spec['precision']}. Hash of the starting weights: `{spec['model_hash']}`. "
        "`record.json` has the whole record, `predictions.npz` the prediction for every example."
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines)


def _plain(text: Any) -> str:
    """Text that breaks no line, cell or markup."""
    joined = " ".join(str(text).split())
    return re.sub(r"([|<>`*\[\]])", r"\\\1", joined)
