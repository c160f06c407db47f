"""Files of others: another kind of file, a large or a deep one is refused at once."""

from __future__ import annotations

import gzip
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from steadytune._exceptions import SteadytuneError
from steadytune._untrusted import json_object, parse_json, read_regular
from steadytune.adapter_files import BASE, base_of_adapter
from steadytune.cli import app
from steadytune.finetune.frozen_head import HEAD, read_frozen
from steadytune.finetune.model_record import model_record
from steadytune.finetune.output_folder import RECORD
from steadytune.finetune.saved import ENSEMBLE, _trained_on, load_saved
from steadytune.fitting.clock import Clock
from steadytune.fitting.cost import Timing
from steadytune.fitting.result import FACTS, read_result
from steadytune.model_files import CAREFUL, read_config
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.pack import pack_studies
from steadytune.records.packed import PACKED_FILE
from steadytune.records.prediction_file import read_predictions
from steadytune.records.read_record import parse_record, parse_tolerantly
from steadytune.records.study_folder import CHOICES_FILE
from steadytune.reporting.reading.elsewhere import STATE_FILE, Elsewhere, parse_elsewhere
from steadytune.study.bundled import MANIFEST, unpacked
from steadytune.study.study_file import read_study
from steadytune.tasks.named.mirror import ENDING, INDEX, read_rows
from tests.run_records import make_spec, make_test_record

TIMING = Timing(0.1, 0.1, 0.1, 1)


def _choices(path: Path) -> object:
    Ledger(path.parent).add(Outcome(make_test_record(make_spec())))
    return pack_studies([path.parent], path.parent / "target")


def _rows(path: Path) -> object:
    (path.parent / f"rows{ENDING}").write_bytes(gzip.compress(b"{}"))
    return read_rows(path.parent, "rows")


def _bundle(path: Path) -> object:
    return unpacked(path.parent / "study.yaml", CAREFUL)


def _packed(path: Path) -> object:
    return Ledger(path.parent).packed()


def _options(path: Path) -> None:
    result = CliRunner().invoke(app, ["train", str(path)])
    assert result.exit_code == 2 and result.stderr.startswith("error: ")
    raise SteadytuneError(result.stderr.removesuffix("\n"))


def _trainer_state(path: Path) -> object:
    runs = path.parent / "runs"
    (runs / "lnsr-3").mkdir(parents=True)
    path.rename(runs / "lnsr-3" / STATE_FILE)
    return parse_elsewhere([Elsewhere(runs, "accuracy")])


READERS: dict[str, Callable[[Path], object]] = {
    "any JSON": json_object,
    "record": lambda path: parse_record(read_regular(path)),
    "record for a report": lambda path: parse_tolerantly(read_regular(path)),
    "packed records": _packed,
    "choices": _choices,
    "data index": _rows,
    "ensemble": lambda path: load_saved(path.parent),
    "model's record": lambda path: (_trained_on(path.parent), model_record(json_object(path))),
    "frozen head": lambda path: read_frozen(path.parent),
    "adapter's model": lambda path: base_of_adapter(path.parent),
    "bundle": _bundle,
    "predictions": read_predictions,
    "study": read_study,
    "config": lambda path: read_config(path.parent, "m"),
    "fit": lambda path: str(read_result(path.parent)),
    "options": _options,
    "trainer's state": _trainer_state,
    "timing": lambda path: Clock(path).timing(lambda: TIMING),
}
NAMES = {
    "packed records": PACKED_FILE,
    "choices": CHOICES_FILE,
    "data index": INDEX,
    "config": "config.json",
    "ensemble": ENSEMBLE,
    "model's record": RECORD,
    "frozen head": HEAD,
    "adapter's model": BASE,
    "bundle": MANIFEST,
    "fit": FACTS,
    "options": "run.yaml",
    "trainer's state": STATE_FILE,
}

CALLED_BY_COMMANDS = {
    *("study", "config", "choices", "data index", "ensemble", "frozen head", "bundle"),
    *("adapter's model", "fit", "options", "trainer's state"),
}


def read(reader: str, path: Path) -> None:
    """Read, or refuse in one line."""
    try:
        READERS[reader](path)
    except (ValueError, OSError, SteadytuneError) as error:
        assert "\n" not in str(error)
        assert reader not in CALLED_BY_COMMANDS or isinstance(error, SteadytuneError)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=40, deadline=10_000)
@given(content=st.binary(max_size=300) | st.text('[]{}",:0123eE.-truefalsn', max_size=80))
def test_any_content_is_read_or_refused(
    reader: str, content: bytes | str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / NAMES.get(reader, "file.json")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    read(reader, path)


KEYS = [
    *("version", "kind", "members", "weights", "label_names", "texts", "model", "hash", "sha256"),
    *("spec", "input", "columns", "max_length", "stride", "read_from", "label", "task", "method"),
    *("path", "studies", "models", "half", "format", "members", "results", "selection"),
    *("score", "kept", "train", "seeds", "settings", "log_history", "eval_loss", "eval_accuracy"),
]
VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, 2, -1, 1e999, "a", "..", "a" * 300, "\0", "rows.jsonl.gz"])
    | st.sampled_from(["classification", "regression", "plain", "/", "\x1b]0;a\x07"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("reader", sorted({*NAMES, "record", "record for a report"}))
@settings(max_examples=60, deadline=10_000)
@given(content=st.dictionaries(st.sampled_from(KEYS), VALUES) | st.lists(VALUES, max_size=3))
@example(content={"version": 1, "kind": "classification", "members": ["a" * 300]})
@example(content={"version": 1, "kind": "classification", "members": ["\0"]})
@example(content={"format": 2, "studies": ["study.yaml"], "half": False, "models": {},
                  "sha256": {"a" * 300: "b"}})  # fmt: skip
def test_any_values_under_known_keys_are_read_or_refused(
    reader: str, content: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / NAMES.get(reader, "file.json")
    path.write_text(json.dumps(content))
    read(reader, path)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 100_000, b'"' + b"a" * 10**6],
    ids=["brackets", "objects", "digits", "open text"],
)
def test_what_is_deep_or_long_is_refused_soon(tmp_path: Path, reader: str, content: bytes) -> None:
    path = tmp_path / NAMES.get(reader, "file.json")
    path.write_bytes(content)
    began = time.perf_counter()
    read(reader, path)
    assert time.perf_counter() - began < 10


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("make", [_fifo, _device, _dangling, Path.mkdir, _socket])
@pytest.mark.parametrize("reader", READERS)
def test_no_other_kind_of_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, make: Callable[[Path], Any]
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    path = Path(NAMES.get(reader, "file.json"))
    make(path)
    if reader == "timing" and path.is_dir():
        return  # there is nothing to read, and nothing can be written
    read(reader, path.absolute())


def test_a_ledger_names_what_is_no_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.runs.mkdir()
    _fifo(ledger.runs / "a.json")
    _device(ledger.runs / "b.json")
    (ledger.runs / "c.json").write_text("[" * 100_000)
    assert set(ledger.read().corrupt) == {"a.json", "b.json", "c.json"}


@pytest.mark.alone
def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(4 * 2**30)  # a hole: it takes no room
    code = (
        "import sys; from pathlib import Path; from steadytune._untrusted import json_object\n"
        "try: json_object(Path(sys.argv[1]))\n"
        "except ValueError as error: print(error)"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, preexec_fn=limited
    )
    assert done.stdout == "larger than 16 MB\n", done.stderr


def test_numbers_that_json_does_not_know() -> None:
    assert parse_json(json.dumps({"a": 1e308}).encode(), finite=True) == {"a": 1e308}
    with pytest.raises(ValueError, match=r"expected|invalid|NaN"):
        parse_json(b'{"a": NaN}', finite=True)
