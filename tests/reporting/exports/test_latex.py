"""Tables for LaTeX: the papers' form, and text that LaTeX prints as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune.reporting import build_report, latex_tables
from steadytune.reporting.exports.latex import escaped
from tests.reporting.fabricated import record, study

HOSTILE = 'a_b & 50 % {x} \\input{y} $1$ #2 ~^<>|" [z] é 推'
SPECIAL = re.compile(r"(?<!\\)[&%$#_{}~^]")


def tables(records: list[dict[str, Any]]) -> str:
    return latex_tables(build_report(records, title=HOSTILE, command="run\n\\evil"))


def several_tasks() -> list[dict[str, Any]]:
    records = study(3)
    for task in ("cola", "stsb", HOSTILE):
        for made in study(3):
            made["spec"]["task"] = made["task"]["name"] = task
            made["task"].update(metric="matthews", exposed=["tweet"])
            made["results"] = {
                d: {"matthews": found["accuracy"] - 0.9} for d, found in made["results"].items()
            }
            records.append(made)
    other = record(HOSTILE, 0, spec={"task": "cola"}, results={"movie": {"matthews": 0.5}})
    other["task"].update(name="cola", metric="matthews")
    records += [other]
    return records


def columns(line: str) -> int:
    spans = [int(n) for n in re.findall(r"\\multicolumn\{(\d+)\}", line)]
    return len(re.split(r"(?<!\\)&", line)) + sum(span - 1 for span in spans)


def test_mean_std_and_max_of_each_method() -> None:
    records = [record("plain", s, movie=m) for s, m in enumerate((0.7, 0.8))]
    text = tables(records)
    assert "{plain} & 75.0 & 7.1 & 80.0 \\\\" in text
    assert "accuracy, 2 runs" in text
    assert "on tweet" in text


def test_correlations_are_times_100_as_in_the_papers() -> None:
    made = record(results={"movie": {"matthews": 0.615}})
    made["task"]["metric"] = "matthews"
    assert "61.5" in tables([made])


def test_every_line_has_the_columns_of_its_table() -> None:
    text = tables(several_tasks())
    for tabular in re.findall(r"\\begin\{tabular\}.*?\\end\{tabular\}", text, re.S):
        head, *lines = tabular.splitlines()
        (layout,) = re.findall(r"\{(l[r]+)\}", head)
        rows = [line for line in lines if line.endswith(r"\\")]
        assert len(rows) >= 5
        assert {columns(row) for row in rows} == {len(layout)}
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 2
    assert text.count("Seen by the model in pretraining") == 1


def test_text_is_escaped_and_braces_balance() -> None:
    text = tables(several_tasks())
    assert text.isascii()
    assert r"\input" not in re.sub("%.*", "", text)
    assert r"\evil" not in re.sub("^%.*", "", text, flags=re.M)
    body = re.sub(r"\\[{}]", "", re.sub("^%.*", "", text, flags=re.M))
    assert body.count("{") == body.count("}")
    assert "a\\_b \\& 50 \\%" in text


@given(st.text())
def test_nothing_special_is_left(text: str) -> None:
    plain = escaped(text)
    for command in ("textbackslash", "textasciitilde", "textasciicircum", "textless"):
        plain = plain.replace(f"\\{command}{{}}", "")
    for command in ("textgreater", "textbar", "textquotedblright"):
        plain = plain.replace(f"\\{command}{{}}", "")
    assert not SPECIAL.search(plain)
    assert plain.isascii() and plain.isprintable()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_plain_document_compiles(tmp_path: Path) -> None:
    body = tables(several_tasks())
    document = f"\\documentclass{{article}}\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (tmp_path / "t.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
