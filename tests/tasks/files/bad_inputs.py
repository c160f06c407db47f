"""Files that cannot be read as a task, the options that name them, and what must be said of each.

A case is: what it shows, the files (name -> content), the command line, and parts of the message.
`{dir}` stands for the folder of the files.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

GOOD = "text,label\n" + "".join(f"text {n},{'yes' if n % 2 else 'no'}\n" for n in range(20))


class BadInput(NamedTuple):
    shows: str
    files: Mapping[str, str | bytes]
    options: str
    says: tuple[str, ...]


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def question(**changes: Any) -> dict[str, Any]:
    answers = {"text": ["red"], "answer_start": [7]}
    row = {"id": "q1", "question": "Which?", "context": "It was red.", "answers": answers}
    return {**row, **changes}


def squad(**changes: Any) -> str:
    answers = [{"text": "red", "answer_start": 7}]
    asked = {"id": "q1", "question": "Which?", "answers": answers, **changes}
    return json.dumps({"data": [{"paragraphs": [{"context": "It was red.", "qas": [asked]}]}]})


def csv_rows(*rows: str) -> str:
    return "\n".join(("text,label", *rows)) + "\n"


TRAIN = "--train {dir}/t.csv"

FILES = [
    BadInput("no such file", {"t.csv": GOOD}, "--train {dir}/tt.csv", ("tt.csv", "t.csv")),
    BadInput("no such folder", {}, "--train {dir}/nowhere/t.csv", ("nowhere", "no such file")),
    BadInput("empty file", {"t.csv": ""}, TRAIN, ("t.csv is empty",)),
    BadInput("blank lines only", {"t.csv": "\n\n"}, TRAIN, ("t.csv is empty",)),
    BadInput("header only", {"t.csv": "text,label\n"}, TRAIN, ("t.csv", "no rows")),
    BadInput("unknown suffix", {"t.xlsx": "PK"}, "--train {dir}/t.xlsx", ("t.xlsx", ".csv")),
    BadInput("no gzip", {"t.csv.gz": GOOD}, "--train {dir}/t.csv.gz", ("t.csv.gz", "gzip")),
    BadInput(
        "cut gzip",
        {"t.csv.gz": gzip.compress(GOOD.encode())[:-12]},
        "--train {dir}/t.csv.gz",
        ("t.csv.gz", "cannot be read"),
    ),
    BadInput("no Parquet", {"t.parquet": "PAR1"}, "--train {dir}/t.parquet", ("t.parquet",)),
    BadInput("empty folder", {"d/x.md": "-"}, "--train {dir}/d", ("has no rows", "train.csv")),
    BadInput(
        "damaged saved folder",
        {"d/state.json": "{}", "d/dataset_info.json": "{}"},
        "--train {dir}/d",
        ("save_to_disk",),
    ),
    BadInput(
        "two files of one split",
        {"d/train.csv": GOOD, "d/train.jsonl": lines({"text": "a", "label": 1})},
        "--train {dir}/d",
        ("train", "several"),
    ),
    BadInput(
        "splits that are no training rows",
        {"d/a.csv": GOOD, "d/b.csv": GOOD},
        "--train {dir}/d",
        ("a, b", "expected train"),
    ),
]

TEXT = [
    BadInput(
        "NUL byte",
        {"t.csv": csv_rows("a,yes", "b\0,no")},
        TRAIN,
        ("t.csv, line 3", "NUL"),
    ),
    BadInput(
        "broken UTF-8",
        {"t.csv": b"text,label\na,yes\nb\xff,no\n"},
        TRAIN,
        ("t.csv, line 3", "0xff at position 2"),
    ),
    BadInput("UTF-16", {"t.csv": GOOD.encode("utf-16")}, TRAIN, ("t.csv is in UTF-16",)),
    BadInput(
        "a line of more than 10 MB",
        {"t.csv": csv_rows("a,yes", "b" * 10_500_000 + ",no")},
        TRAIN,
        ("t.csv, line 3", "longer"),
    ),
    BadInput(
        "half of a surrogate pair",
        {"t.jsonl": '{"text": "a", "label": 1}\n{"text": "\\ud800", "label": 0}\n'},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'text'", "surrogate"),
    ),
]

RECORDS = [
    BadInput(
        "too few fields",
        {"t.csv": csv_rows("a,yes", "b")},
        TRAIN,
        ("t.csv, line 3", "1 field", "expected 2"),
    ),
    BadInput(
        "too many fields",
        {"t.csv": csv_rows("a,yes", "b,no,c")},
        TRAIN,
        ("t.csv, line 3", "3 fields", "expected 2"),
    ),
    BadInput(
        "ragged TSV",
        {"t.tsv": "text\tlabel\na\tyes\nb\n"},
        "--train {dir}/t.tsv",
        ("t.tsv, line 3", "1 field"),
    ),
    BadInput(
        "a quotation that does not end",
        {"t.csv": csv_rows("a,yes", '"b,no')},
        TRAIN,
        ("t.csv, line 3", "not a record"),
    ),
    BadInput(
        "one name for two columns",
        {"t.csv": "text,label,text\na,yes,b\n"},
        TRAIN,
        ("t.csv, line 1", "'text' twice"),
    ),
    BadInput(
        "invalid JSON",
        {"t.jsonl": '{"text": "a", "label": 1}\n\n{"text": }\n'},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 3", "not valid JSON"),
    ),
    BadInput(
        "JSON that is not an object",
        {"t.jsonl": lines({"text": "a", "label": 1}, ["b", 0])},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "['b', 0]"),
    ),
    BadInput(
        "a field twice",
        {"t.jsonl": '{"text": "a", "label": 1, "text": "b"}\n'},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "'text'", "twice"),
    ),
    BadInput(
        "a number of too many digits",
        {"t.jsonl": '{"text": "a", "label": ' + "9" * 5000 + "}\n"},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "digits"),
    ),
    BadInput(
        "nested too deep",
        {"t.json": "[" * 100_000},
        "--train {dir}/t.json",
        ("t.json", "too deep"),
    ),
    BadInput(
        "JSON cut short",
        {"t.json": '[{"text": "a",\n "label": 1},'},
        "--train {dir}/t.json",
        ("t.json, line 2", "not valid JSON"),
    ),
    BadInput(
        "JSON of columns",
        {"t.json": '{"text": {"0": "a"}, "label": {"0": 1}}'},
        "--train {dir}/t.json",
        ("t.json", "list of objects"),
    ),
    BadInput("no entries", {"t.json": "[]"}, "--train {dir}/t.json", ("t.json is empty",)),
    BadInput(
        "an entry that is not an object",
        {"t.json": '[{"text": "a", "label": 1}, 5]'},
        "--train {dir}/t.json",
        ("t.json, entry 2 is 5",),
    ),
]

COLUMNS = [
    BadInput(
        "no such text column",
        {"t.csv": GOOD},
        f"{TRAIN} --text texts",
        ("t.csv", "'texts'", "did you mean text?", "text, label"),
    ),
    BadInput(
        "no such label column",
        {"t.csv": GOOD},
        f"{TRAIN} --label lable",
        ("t.csv", "'lable'", "did you mean label?"),
    ),
    BadInput(
        "no column known for a label",
        {"t.csv": "text,a,b\nx,1,2\n"},
        TRAIN,
        ("t.csv", "text, a, b", "--label"),
    ),
    BadInput(
        "several columns of text",
        {"t.csv": "one,other,label\nx,y,2\n"},
        TRAIN,
        ("t.csv", "one, other", "--text"),
    ),
    BadInput(
        "text and label in one", {"t.csv": GOOD}, f"{TRAIN} --text label --label label", ("t.csv",)
    ),
    BadInput("three texts", {"t.csv": GOOD}, f"{TRAIN} --text a --text b --text c", ("t.csv",)),
    BadInput(
        "an empty text",
        {"t.csv": csv_rows("a,yes", " ,no")},
        TRAIN,
        ("t.csv, line 3", "'text'", "empty"),
    ),
    BadInput(
        "a text that is missing",
        {"t.jsonl": lines({"text": "a", "label": 1}, {"label": 0})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'text'", "empty"),
    ),
    BadInput(
        "a text that is a number",
        {"t.jsonl": lines({"text": "a", "label": 1}, {"text": 7, "label": 0})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'text'", "is 7"),
    ),
    BadInput(
        "lists of tokens",
        {"t.jsonl": lines({"text": ["a", "b"], "label": "x"}, {"text": ["c"], "label": "y"})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "'text'", "tagging"),
    ),
]

LABELS = [
    BadInput(
        "no label",
        {"t.csv": csv_rows("a,yes", "b,")},
        TRAIN,
        ("t.csv, line 3", "'label'", "no label"),
    ),
    BadInput(
        "a label of NaN",
        {"t.jsonl": '{"text": "a", "label": 1.5}\n{"text": "b", "label": NaN}\n'},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'label'", "nan"),
    ),
    BadInput(
        "an infinite label",
        {"t.csv": csv_rows("a,1.5", "b,1e999")},
        TRAIN,
        ("t.csv, line 3", "'label'", "finite"),
    ),
    BadInput(
        "a class of too many digits",
        {"t.jsonl": lines({"text": "a", "label": 1}, {"text": "b", "label": 10**50})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'label'", "64 bits"),
    ),
    BadInput(
        "text in one row, a number in another",
        {"t.csv": csv_rows("a,yes", "b,no", "c,3")},
        TRAIN,
        ("t.csv, line 4", "'label'", "the number 3", "line 2", "'yes'"),
    ),
    BadInput(
        "a truth value in one row, a number in another",
        {"t.jsonl": lines({"text": "a", "label": True}, {"text": "b", "label": 0})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "number 0", "line 1", "truth value True"),
    ),
    BadInput(
        "lists of tokens and of their labels",
        {"t.jsonl": lines({"tokens": ["a", "b"], "ner_tags": [0, 1]})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "'ner_tags'", "the tag 0", "IOB2"),
    ),
    BadInput(
        "tags of no scheme",
        {"t.jsonl": lines({"tokens": ["a", "b"], "tags": ["DT", "NN"]})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "'tags'", "the tag 'DT'", "IOB2"),
    ),
    BadInput(
        "more tags than words",
        {"t.jsonl": lines({"tokens": ["a", "b"], "tags": ["O", "B-x", "O"]})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "'tags'", "3 tags for 2 words"),
    ),
    BadInput(
        "no entity to learn from",
        {"t.conll": "a O\nb O\n\nc O\n"},
        "--train {dir}/t.conll",
        ("t.conll, column 'tags', are tagged O alone",),
    ),
    BadInput(
        "a word without a tag",
        {"t.conll": "a O\nb B-x\n\nc\n"},
        "--train {dir}/t.conll",
        ("t.conll, line 4 has 1 field", "expected 2"),
    ),
    BadInput(
        "a further tag in the test rows",
        {"t.conll": "a O\nb B-x\n\nc O\n", "v.conll": "a B-y\n"},
        "--train {dir}/t.conll --test {dir}/v.conll",
        ("v.conll, line 1", "'tags'", "the tag 'B-y'", "one of O, B-x"),
    ),
    BadInput(
        "words without tags",
        {"t.conll": "a\nb\n"},
        "--train {dir}/t.conll",
        ("t.conll has no column with a usual name for tags", "--label"),
    ),
    BadInput(
        "text that is not columns of words and tags",
        {"t.txt": "a fine film\nnothing new\n"},
        "--train {dir}/t.txt",
        ("t.txt has an unknown format",),
    ),
    BadInput(
        "several labels per row, the same for all",
        {"t.jsonl": lines(*({"text": text, "label": ["x", "y"]} for text in "abc"))},
        "--train {dir}/t.jsonl",
        ("t.jsonl, column 'label'", "the same labels"),
    ),
    BadInput(
        "a list of labels in one row alone",
        {"t.jsonl": lines({"text": "a", "label": ["x"]}, {"text": "b"})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'label'", "no labels", "[] where none holds"),
    ),
    BadInput(
        "one label in all lists",
        {"t.jsonl": lines({"text": "a", "label": ["x"]}, {"text": "b", "label": []})},
        "--train {dir}/t.jsonl",
        ("'label'", "x as its only label", "--kind classification"),
    ),
    BadInput(
        "a list within a list of labels",
        {"t.jsonl": lines({"text": "a", "label": [["x"], "y"]})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "'label'"),
    ),
    BadInput(
        "an unknown label in a test file",
        {
            "t.csv": "text,label\na,x|y\nb,x\nc,\n",
            "v.csv": "text,label\nd,x|z\n",
        },
        "--train {dir}/t.csv --test {dir}/v.csv --kind multilabel",
        ("v.csv, line 2", "'label'", "'z'", "expected x, y"),
    ),
    BadInput(
        "neither 0 nor 1 in the column of a label",
        {"t.csv": "text,x,y\na,0,1\nb,1,2\n"},
        "--train {dir}/t.csv --kind multilabel --label x,y",
        ("t.csv, line 3", "'y'", "'2'", "expected 1"),
    ),
    BadInput(
        "a missing column of several",
        {"t.csv": "text,x,y\na,0,1\nb,1,0\n"},
        "--train {dir}/t.csv --kind multilabel --label x,z",
        ("t.csv has no column 'z'", "text, x, y"),
    ),
    BadInput(
        "a positive class of several labels",
        {"t.csv": "text,x,y\na,0,1\nb,1,0\n"},
        "--train {dir}/t.csv --kind multilabel --label x,y --positive x",
        ("positive 'x'", "several labels per text", "leave --positive out"),
    ),
    BadInput(
        "several labels per row, as text",
        {"t.csv": csv_rows("a,\"['x', 'y']\"")},
        TRAIN,
        ("t.csv, line 2", "--kind multilabel"),
    ),
    BadInput(
        "a label that is a long text",
        {"t.csv": csv_rows("a,yes", "b," + "long " * 100)},
        TRAIN,
        ("t.csv, line 3", "'label'", "499 characters"),
    ),
    BadInput(
        "a label that is an object",
        {"t.jsonl": lines({"text": "a", "label": {"x": 1}})},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "'label'"),
    ),
    BadInput("one class", {"t.csv": csv_rows("a,yes", "b,yes")}, TRAIN, ("t.csv", "one class")),
    BadInput("one row", {"t.csv": csv_rows("a,yes")}, TRAIN, ("t.csv", "one class")),
    BadInput("one number", {"t.csv": csv_rows("a,0.5", "b,0.5")}, TRAIN, ("t.csv", "same number")),
    BadInput(
        "too few to hold some out",
        {"t.csv": csv_rows("a,yes", "b,no")},
        TRAIN,
        ("t.csv", "too few rows", "--test"),
    ),
    BadInput(
        "as many whole numbers as rows",
        {"t.csv": csv_rows(*(f"a,{number}" for number in range(11)))},
        TRAIN,
        ("t.csv", "'label'", "11 different labels", "--kind"),
    ),
    BadInput(
        "a class with a fraction",
        {"t.jsonl": lines({"text": "a", "label": 1.0}, {"text": "b", "label": 2.5})},
        "--train {dir}/t.jsonl --kind classification",
        ("t.jsonl, line 2", "'label'", "2.5"),
    ),
    BadInput(
        "words for numbers",
        {"t.csv": csv_rows("a,low", "b,high")},
        f"{TRAIN} --kind regression",
        ("t.csv, line 2", "'label'", "'low'"),
    ),
    BadInput(
        "a grade with a fraction",
        {"t.csv": csv_rows("a,1", "b,2.5")},
        f"{TRAIN} --kind ordinal",
        ("t.csv, line 3", "'label'", "'2.5'", "whole number", "--kind regression"),
    ),
    BadInput(
        "one grade",
        {"t.csv": csv_rows("a,3", "b,3.0")},
        f"{TRAIN} --kind ordinal",
        ("t.csv", "'label'", "1 different grade:", "2 to 50"),
    ),
    BadInput(
        "too many grades",
        {"t.csv": csv_rows(*(f"a{number},{number}" for number in range(60)))},
        f"{TRAIN} --kind ordinal",
        ("t.csv", "'label'", "60 different grades", "--kind regression"),
    ),
    BadInput(
        "a positive class of grades",
        {"t.csv": csv_rows("a,1", "b,2")},
        f"{TRAIN} --kind ordinal --positive 2",
        ("positive '2'", "no F1", "leave --positive out"),
    ),
]

FURTHER_ROWS = [
    BadInput(
        "held-out rows of an unknown label",
        {"t.csv": GOOD, "v.csv": csv_rows("a,yes", "b,maybe")},
        f"{TRAIN} --test {{dir}}/v.csv",
        ("v.csv, line 3", "'label'", "'maybe'", "no, yes", "maybe, yes"),
    ),
    BadInput(
        "validation rows of an unknown label",
        {"t.csv": GOOD, "d.csv": csv_rows("a,1", "b,0")},
        f"{TRAIN} --dev {{dir}}/d.csv",
        ("d.csv, line 2", "'label'", "'1'", "no, yes", "0, 1"),
    ),
    BadInput(
        "a domain of an unknown label",
        {"t.csv": GOOD, "o.jsonl": lines({"text": "a", "label": -1})},
        f"{TRAIN} --ood o={{dir}}/o.jsonl",
        ("o.jsonl, line 1", "'label'", "'-1'", "no, yes"),
    ),
    BadInput(
        "a domain of pairs for single texts",
        {"t.csv": GOOD, "o.csv": "sentence1,sentence2,label\na,b,yes\n"},
        f"{TRAIN} --ood o={{dir}}/o.csv",
        ("o.csv", "--text"),
    ),
    BadInput(
        "words where numbers are predicted",
        {"t.csv": csv_rows(*(f"t{n},{n}.5" for n in range(9))), "o.csv": csv_rows("a,high")},
        f"{TRAIN} --ood o={{dir}}/o.csv",
        ("o.csv, line 2", "'label'", "'high'"),
    ),
    BadInput(
        "validation rows that are scored",
        {"t.csv": GOOD, "v.csv": csv_rows("a,yes", "b,no")},
        f"{TRAIN} --test {{dir}}/v.csv --dev {{dir}}/v.csv",
        ("all validation examples are test examples", "--validation"),
    ),
    BadInput(
        "a domain that is not there",
        {"t.csv": GOOD},
        f"{TRAIN} --ood o={{dir}}/o.csv",
        ("no such file", "o.csv"),
    ),
]

QUESTIONS = [
    BadInput(
        "an answer beside its offset",
        {"t.jsonl": lines(question(), question(id="q2", context="It is not red."))},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'red' at 7", "answer_start 10"),
    ),
    BadInput(
        "no answer",
        {"t.jsonl": lines(question(answers={"text": [], "answer_start": []}))},
        "--train {dir}/t.jsonl --kind qa",
        ("t.jsonl, line 1", "no answer", "qa_no_answer"),
    ),
    BadInput(
        "no answer to any question",
        {"t.jsonl": lines(question(answers=[]), question(id="q2", answers=[]))},
        "--train {dir}/t.jsonl",
        ("t.jsonl", "'answers'", "no training row", "expected one or more"),
    ),
    BadInput(
        "no answer to a test question",
        {"t.jsonl": lines(question()), "v.jsonl": lines(question(answers=[]))},
        "--train {dir}/t.jsonl --test {dir}/v.jsonl",
        ("v.jsonl, line 1", "no answer", "qa_no_answer"),
    ),
    BadInput(
        "an answer to an impossible question",
        {"t.jsonl": lines(question(), question(id="q2", is_impossible=True))},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "has an answer and is_impossible True", "expected False"),
    ),
    BadInput(
        "SQuAD with something else for is_impossible",
        {"t.json": squad(is_impossible="no")},
        "--train {dir}/t.json",
        ("t.json, article 1, paragraph 1, question 1, is_impossible",),
    ),
    BadInput(
        "answers without offsets",
        {"t.jsonl": lines(question(answers={"text": ["red"]}))},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 1", "answer_start"),
    ),
    BadInput(
        "two held-out questions of one id",
        {"t.jsonl": lines(question(id="a"), question(id="b")), "v.jsonl": lines(*[question()] * 2)},
        "--train {dir}/t.jsonl --test {dir}/v.jsonl",
        ("v.jsonl, line 2", "'id'", "'q1' of line 1"),
    ),
    BadInput(
        "an id that is not a name",
        {"t.jsonl": lines(question(), question(id=1.5))},
        "--train {dir}/t.jsonl",
        ("t.jsonl, line 2", "'id'", "1.5"),
    ),
    BadInput(
        "no context",
        {"t.jsonl": lines({"question": "Which?", "answers": {}})},
        "--train {dir}/t.jsonl --kind qa",
        ("t.jsonl", "'context'"),
    ),
    BadInput(
        "SQuAD without contexts",
        {"t.json": '{"data": [{"paragraphs": [{"qas": []}]}]}'},
        "--train {dir}/t.json",
        ("t.json, article 1, paragraph 1, context",),
    ),
    BadInput(
        "SQuAD with an offset in words",
        {"t.json": squad(answers=[{"text": "red", "answer_start": "seven"}])},
        "--train {dir}/t.json",
        ("t.json, article 1, paragraph 1, question 1, answer 1, answer_start",),
    ),
    BadInput(
        "SQuAD without questions",
        {"t.json": '{"data": [{"paragraphs": []}]}'},
        "--train {dir}/t.json",
        ("t.json", "no question"),
    ),
    BadInput(
        "SQuAD with a question that has no answer",
        {"t.json": squad(answers=[])},
        "--train {dir}/t.json --kind qa",
        ("t.json, question 1", "no answer"),
    ),
    BadInput(
        "one context only",
        {"t.json": squad()},
        "--train {dir}/t.json",
        ("t.json", "too few rows", "--test"),
    ),
]

OPTIONS = [
    BadInput("nothing named", {}, "", ("neither", "--task", "--train")),
    BadInput("both named", {"t.csv": GOOD}, f"--task rte {TRAIN}", ("both",)),
    BadInput("unknown task", {}, "--task rtte", ("rtte", "did you mean rte")),
    BadInput("unknown kind", {"t.csv": GOOD}, f"{TRAIN} --kind clasification", ("did you mean",)),
    BadInput("unknown metric", {"t.csv": GOOD}, f"{TRAIN} --metric bleu", ("bleu", "accuracy")),
    BadInput(
        "a companion of own rows", {"t.csv": GOOD}, f"{TRAIN} --ood snli", ("snli", "NAME=FILE")
    ),
    BadInput("a domain without file", {"t.csv": GOOD}, f"{TRAIN} --ood x=", ("x=", "NAME=FILE")),
    BadInput(
        "a domain twice",
        {"t.csv": GOOD},
        f"{TRAIN} --ood a={{dir}}/t.csv --ood a={{dir}}/t.csv",
        ("'a'", "twice"),
    ),
    BadInput(
        "a domain of the task's name",
        {"t.csv": GOOD},
        f"{TRAIN} --ood t={{dir}}/t.csv",
        ("'t'", "already"),
    ),
    BadInput(
        "a domain of a split's name",
        {"t.csv": GOOD},
        f"{TRAIN} --ood dev={{dir}}/t.csv",
        ("'dev'", "reserved"),
    ),
    BadInput(
        "held-out rows for a named task",
        {"t.csv": GOOD},
        "--task vader-movies --test {dir}/t.csv",
        ("vader-movies", "--test"),
    ),
    BadInput("unknown hub name", {}, "--train nobody/nothing", ("nobody/nothing", "file")),
    BadInput("a named task as rows", {}, "--train rte", ("named task", "--task rte")),
    BadInput("a word", {}, "--train reviews", ("reviews", "file")),
]

BAD_INPUTS = [
    *(*FILES, *TEXT, *RECORDS, *COLUMNS, *LABELS),
    *(*FURTHER_ROWS, *QUESTIONS, *OPTIONS),
]
