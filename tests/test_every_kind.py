"""Each kind of task on real rows: from a file to `fit`, predictions, `compare` and a report."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.finetune.toy_files import succeed
from tests.fitting.quick import quickly

ROWS = 60


def read(root: Path, name: str, most: int = 4000) -> list[dict[str, Any]]:
    with gzip.open(root / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for _, line in zip(range(most), lines, strict=False)]


def names_of(root: Path, name: str) -> list[str]:
    index = json.loads((root / "index.json").read_text())
    return next(f["labels"] for f in index if f["path"] == f"{name}.jsonl.gz")


def as_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ","
        )
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_json(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def classes(root: Path, folder: Path) -> Path:
    rows = [row for row in read(root, "classes/banking77/train") if row["label"] in (0, 1, 2)]
    rows = sorted(rows, key=lambda row: row["idx"] % 20)[:ROWS]
    named = ({"question": r["sentence"], "intent": f"intent {r['label']}"} for r in rows)
    return as_table(folder / "banking.csv", named)


def labels(root: Path, folder: Path) -> Path:
    name = "multilabel/go_emotions/train"
    names = names_of(root, name)
    told = (
        {"text": r["sentence"], "emotions": [names[n] for n in r["labels"]]}
        for r in read(root, name)
    )
    return as_json(folder / "emotions.jsonl", list(told)[:ROWS])


def tags(root: Path, folder: Path) -> Path:
    name = "tagging/wnut17/train"
    names = names_of(root, name)
    sentences = [row for row in read(root, name) if any(row["tags"])][:ROWS]
    blocks = (
        "".join(
            f"{word} {names[tag]}\n" for word, tag in zip(row["tokens"], row["tags"], strict=True)
        )
        for row in sentences
    )
    path = folder / "entities.conll"
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def numbers(root: Path, folder: Path) -> Path:
    kept = ("sentence1", "sentence2", "label")
    rows = ({key: row[key] for key in kept} for row in read(root, "glue/stsb/train", ROWS))
    return as_table(folder / "similarity.tsv", rows)


def grades(root: Path, folder: Path) -> Path:
    rows = read(root, "glue/stsb/train", ROWS)
    graded = (
        {"text": r["sentence1"], "other": r["sentence2"], "grade": round(r["label"])} for r in rows
    )
    return as_table(folder / "grades.csv", graded)


def questions(root: Path, folder: Path) -> Path:
    rows = sorted(read(root, "qa/tydiqa_en/train"), key=lambda row: len(row["context"]))[:ROWS]
    return as_json(folder / "questions.jsonl", rows)


def questions_without(root: Path, folder: Path) -> Path:
    """Every third question stands beside another one's context, which does not answer it."""
    rows = sorted(read(root, "qa/tydiqa_en/train"), key=lambda row: len(row["context"]))[:ROWS]
    moved = [
        {**row, "context": rows[n - 1]["context"], "answers": {"text": [], "answer_start": []}}
        if n % 3 == 0 and row["answers"]["text"][0] not in rows[n - 1]["context"]
        else row
        for n, row in enumerate(rows)
    ]
    return as_json(folder / "some.jsonl", moved)


def texts(root: Path, folder: Path) -> Path:
    pairs = [row for row in read(root, "glue/mrpc/train") if row["label"] == 1]
    pairs = sorted(pairs, key=lambda row: len(row["sentence2"]))[:ROWS]
    told = ({"text": row["sentence1"], "target": row["sentence2"]} for row in pairs)
    return as_table(folder / "paraphrases.csv", told)


KINDS = {
    "classification": (classes, ()),
    "multilabel": (labels, ()),
    "tagging": (tags, ()),
    "regression": (numbers, ()),
    "ordinal": (grades, ("--kind", "ordinal", "--text", "text", "--text", "other")),
    "qa": (questions, ()),
    "qa_no_answer": (questions_without, ("--kind", "qa_no_answer")),
    "seq2seq": (texts, ("--kind", "seq2seq")),
}


def write_model(folder: Path, kind: str, file: Path) -> Path:
    """A tiny model with random weights that knows the file's words."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    splitter = pre_tokenizers.BertPreTokenizer()
    found = Counter(word for word, _ in splitter.pre_tokenize_str(file.read_text().lower()))
    vocabulary = [*special, *(word for word, _ in found.most_common(1500))]
    fast = Tokenizer(models.WordLevel({w: n for n, w in enumerate(vocabulary)}, unk_token="[UNK]"))
    fast.normalizer, fast.pre_tokenizer = normalizers.Lowercase(), splitter
    fast.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    PreTrainedTokenizerFast(
        tokenizer_object=fast,
        **{f"{name}_token": f"[{name.upper()}]" for name in ("pad", "cls", "sep", "unk", "mask")},
        eos_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(folder)
    save_model(folder, kind, len(vocabulary))
    return folder


def save_model(folder: Path, kind: str, words: int) -> None:
    import torch
    from transformers import BertConfig, BertModel, T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    if kind == "seq2seq":
        sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
        ends = {"pad_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 0}
        T5ForConditionalGeneration(T5Config(vocab_size=words, **sizes, **ends)).save_pretrained(
            folder
        )
        return
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(
        BertConfig(vocab_size=words, intermediate_size=32, max_position_embeddings=64, **sizes)
    ).save_pretrained(folder)


@pytest.mark.exhaustive
@pytest.mark.data
@pytest.mark.parametrize("kind", KINDS)
def test_from_a_file_to_a_fit_predictions_a_study_and_its_report(
    kind: str, tmp_path: Path, data_root: Path
) -> None:
    write, told = KINDS[kind]
    file = write(data_root, tmp_path)
    model = write_model(tmp_path / "tiny", kind, file)
    length = ("--max-length", "48", *(("--max-new-tokens", "8") if kind == "seq2seq" else ()))
    fitted, study = tmp_path / "fitted", tmp_path / "study"
    with quickly(repetitions=1):
        succeed(
            "fit", file, *told, "--model", model, "--out", fitted, "--workers", "0", *length[:2]
        )
    columns = told[2:] if kind == "ordinal" else ()
    succeed("predict", fitted, file, *columns, "--out", tmp_path / "predicted.jsonl")
    predicted = (tmp_path / "predicted.jsonl").read_text().splitlines()
    assert len(predicted) == ROWS and all("prediction" in json.loads(line) for line in predicted)
    chosen = ("--method", "plain,mixout", "--seeds", "2", "--epochs", "1", "--workers", "0")
    succeed("compare", "--train", file, *told, "--model", model, *chosen, *length, "--out", study)
    report = succeed("report", study, "--markdown", tmp_path / "report.md")
    assert "mixout" in report
    assert "| mixout |" in (tmp_path / "report.md").read_text()
