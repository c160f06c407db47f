"""The folder of a fit: weights, card, record, all trainings, `fit.json` and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._whole_file import write_json
from ..finetune.card import write_card
from ..finetune.choosing import copy_folder
from ..finetune.members import selection_of
from ..finetune.model_record import ModelRecord, model_record
from ..finetune.output_folder import PLAN_KEY, PREDICTIONS, RECORD, OutputFolder
from ..records.prediction_file import write_predictions
from ..records.record import now
from .final import Kept
from .page import write_page
from .result import FACTS, summary
from .work import Work

SEARCH = "search"
"""The folder with the records of all trainings."""

_CARD = "README.md"
_PAGE = "report.html"


def write_results(work: Work, folder: OutputFolder, kept: Kept, facts: Mapping[str, Any]) -> None:
    """Write what lies beside the weights, and move all of it to its place.

    Args:
        work: Where trainings happened.
        folder: The folder; what is kept lies in its results.
        kept: The model.
        facts: The content of `fit.json`.
    """
    result, command = folder.result, work.setup.options.command
    record = _record(work, kept, facts["plan"]["members"])
    for part in (work.ledger.runs, work.ledger.predictions):
        copy_folder(part, result / SEARCH / part.name)
    with (result / PREDICTIONS).open("wb") as file:
        write_predictions(file, kept.predictions)
    lines = "\n".join(f"- {line}" for line in summary(facts, folder.folder)[:-2])
    card = f"{write_card(record, command)}\n## How it was found\n\n{lines}\n"
    (result / _CARD).write_text(card, encoding="utf-8")
    write_page(result / _PAGE, facts, command)
    write_json(result / FACTS, facts)
    write_json(result / RECORD, record.content())
    folder.publish()


def _record(work: Work, kept: Kept, members: int) -> ModelRecord:
    """The record of the model: that of its first member, with the scores of what is kept.

    A model that learned from the members has a training, and so a seed, of its own.
    """
    base, task = (kept.members or kept.all_members)[0].record, work.task
    columns = work.setup.options.source.columns()
    own: dict[str, Any] = {
        "input": {
            "columns": list(task.columns),
            "label_names": list(task.label_names),
            "read_from": {"texts": list(columns.texts), "label": columns.truth},
            "max_length": work.setup.max_length,
            "stride": base.spec.fields["stride"],
        },
        "command": work.setup.options.command,
        PLAN_KEY: work.setup.identity,
    }
    if keep := _keep(kept):
        own |= {"history": [], "profile": None, "finished": now()}
        taken = [member.seed for member in kept.members]
        planned = [work.member_seed(number) for number in range(1, members + 1)]
        selection = selection_of(keep, task.metric, kept.all_members, taken, planned)
        own["selection"] = {**selection, "frozen": kept.choice.form.frozen}
    if kept.student:
        own |= {"spec": kept.student.as_dict(), "spec_hash": kept.student.hash}
    return model_record({**base.content(), **own, "results": kept.results})


def _keep(kept: Kept) -> str:
    """What stands in the record for the form; empty for a single fine-tuned model."""
    if kept.distilled:
        return "distilled"
    if kept.choice.form.frozen == 1:
        return "frozen"
    return "ensemble" if kept.choice.form.frozen or len(kept.members) > 1 else ""
