"""The examples of a diagnosis, as the model's kind of task has them."""

from __future__ import annotations

from pathlib import Path

from transformers import AutoModelForTokenClassification, AutoTokenizer

from steadytune.diagnostics.command import Options
from steadytune.diagnostics.command.rows import read_rows
from tests.tiny_bert import write_tiny_bert


def test_a_model_of_tags_is_shown_words(tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "tiny")
    names = {0: "O", 1: "B-thing"}
    AutoModelForTokenClassification.from_pretrained(folder, id2label=names).save_pretrained(folder)
    (tmp_path / "t.conll").write_text("the O\nfilm B-thing\n\ngood O\n")
    found = read_rows(Options(str(folder), task=None, data=tmp_path / "t.conll"))
    assert (found.kind, found.columns, found.texts) == (
        "tagging",
        ("tokens",),
        ["the film", "good"],
    )
    features = found.features(AutoTokenizer.from_pretrained(folder), None, 2)
    assert [len(ids) for ids in features.tokens] == [3, 4]
