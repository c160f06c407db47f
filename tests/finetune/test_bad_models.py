"""Models that cannot be used: one line, exit status 2, and nothing is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from steadytune.finetune.output_folder import RECORD
from steadytune.finetune.saved import ENSEMBLE
from tests.finetune.toy_files import QUICK, steadytune, succeed, write_model, write_reviews

WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Rows, a model without a head, and one with a head of two classes."""
    from steadytune.pretrained import Pretrained

    folder = tmp_path_factory.mktemp("models")
    files = {**write_reviews(folder), "bare": write_model(folder), "whole": folder / "whole"}
    found = Pretrained.find(files["bare"])
    model, tokenizer = found.with_head("classification", ("negative", "positive"), 1)
    model.save_pretrained(files["whole"])
    tokenizer.save_pretrained(files["whole"])
    return files


def copied(model: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def change_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, **changes}))


def without_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def without_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


def without_tokenizer(folder: Path) -> None:
    for path in folder.glob("tokenizer*"):
        path.unlink()


def pickled(folder: Path) -> None:
    torch.save(load_file(folder / WEIGHTS), folder / "pytorch_model.bin")
    (folder / WEIGHTS).unlink()


def corrupt_weights(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"no weights")


def truncated_weights(folder: Path) -> None:
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])


def dangling_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to("nowhere")


def weights_are_a_folder(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).mkdir()


def broken_config(folder: Path) -> None:
    (folder / CONFIG).write_text('{"model_type": "bert",')


def config_is_a_list(folder: Path) -> None:
    (folder / CONFIG).write_text("[]")


def unknown_type(folder: Path) -> None:
    change_config(folder, model_type="nothing")


def code_of_its_own(folder: Path) -> None:
    change_config(folder, model_type="mine", auto_map={"AutoConfig": "mine.Config"})
    (folder / "mine.py").write_text("raise SystemExit('this code was run')\n")


def smaller_vocabulary(folder: Path) -> None:
    """Embeddings with fewer rows than the tokenizer has tokens."""
    weights = load_file(folder / WEIGHTS)
    name = next(key for key in weights if key.endswith("word_embeddings.weight"))
    weights[name] = weights[name][:10].clone()
    save_file(weights, folder / WEIGHTS, {"format": "pt"})
    change_config(folder, vocab_size=10)


def other_classes(folder: Path) -> None:
    change_config(folder, id2label={str(n): f"c{n}" for n in range(3)}, label2id={})


def without_head(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    kept = {name: tensor for name, tensor in weights.items() if "classifier" not in name}
    save_file(kept, folder / WEIGHTS, {"format": "pt"})


def no_task(folder: Path) -> None:
    change_config(folder, architectures=["BertForMaskedLM"])


Spoil = Callable[[Path], None]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (without_weights, "has no *.safetensors"),
        (without_config, "has no config.json"),
        (without_tokenizer, "has no vocabulary"),
        (pickled, "--allow-pickled-weights"),
        (corrupt_weights, "cannot be loaded"),
        (truncated_weights, "cannot be loaded"),
        (dangling_weights, "is a link to a missing file"),
        (weights_are_a_folder, "is a folder; expected a file of weights"),
        (broken_config, "is not JSON"),
        (config_is_a_list, "not a JSON object"),
        (unknown_type, "cannot be loaded"),
        (code_of_its_own, "--trust-remote-code"),
        (smaller_vocabulary, "its embeddings have 10 rows"),
    ],
)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_what_no_command_can_use(
    data: dict[str, Path], tmp_path: Path, spoil: Spoil, reason: str, command: str
) -> None:
    model = copied(data["whole" if command == "evaluate" else "bare"], tmp_path / "model")
    spoil(model)
    words = {
        "train": ["train", "--train", data["train"], *QUICK, "--model", model],
        "evaluate": ["evaluate", model, "--data", data["test"]],
    }
    out = [] if command == "evaluate" else ["--out", tmp_path / "out"]
    result = steadytune(*words[command], *out)
    assert result.exit_code == 2, result.output
    assert reason in result.stderr and result.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"model"}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (dangling_weights, "is a link to a missing file"),
        (truncated_weights, "cannot be loaded"),
    ],
)
def test_what_no_study_can_use(
    data: dict[str, Path], tmp_path: Path, spoil: Spoil, reason: str
) -> None:
    model = copied(data["bare"], tmp_path / "model")
    spoil(model)
    given = ("compare", "--train", data["train"], *QUICK, "--model", model, "--workers", "0")
    result = steadytune(*given, "--method", "plain", "--seeds", "1", "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert reason in result.stderr and result.stderr.count("\n") == 1
    assert not any((tmp_path / "out").glob("runs/*"))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (other_classes, "do not fit its config.json"),
        (without_head, "lack 2 tensors"),
        (no_task, "fine-tuned for sequence classification"),
    ],
)
def test_heads_that_are_of_no_use(
    data: dict[str, Path], tmp_path: Path, spoil: Spoil, reason: str
) -> None:
    model = copied(data["whole"], tmp_path / "model")
    spoil(model)
    result = steadytune("predict", model, data["test"])
    assert result.exit_code == 2 and reason in result.stderr
    assert result.stderr.count("\n") == 1 and result.stdout == ""


@pytest.mark.parametrize("name", ["nobody/nothing", "./nowhere"])
def test_a_model_that_is_nowhere(data: dict[str, Path], tmp_path: Path, name: str) -> None:
    result = steadytune("predict", name, data["test"])
    assert result.exit_code == 2 and result.stderr.count("\n") == 1


def test_pickled_weights_are_read_when_asked_for(data: dict[str, Path], tmp_path: Path) -> None:
    model = copied(data["whole"], tmp_path / "model")
    before = steadytune("predict", model, data["test"]).stdout
    pickled(model)
    result = steadytune("predict", model, data["test"], "--allow-pickled-weights")
    assert result.exit_code == 0, result.output
    assert result.stdout == before


def test_a_study_reads_pickled_weights_when_asked_for(
    data: dict[str, Path], tmp_path: Path
) -> None:
    model = copied(data["bare"], tmp_path / "model")
    pickled(model)
    given = ("compare", "--train", data["train"], "--model", model, "--method", "plain")
    sizes = ("--seeds", "1", "--train-size", "16", "--eval-size", "8", "--epochs", "1")
    words = (*given, *sizes, "--workers", "0", "--out", tmp_path / "out")
    refused = steadytune(*words)
    assert refused.exit_code == 2 and refused.stderr.count("\n") == 1
    assert "--allow-pickled-weights" in refused.stderr and not (tmp_path / "out").exists()
    assert "1 run to do" in succeed(*words, "--allow-pickled-weights", "--dry-run")
    assert "[1/1] plain, seed 1: accuracy" in succeed(*words, "--allow-pickled-weights")


def test_a_diagnosis_reads_pickled_weights_when_asked_for(
    data: dict[str, Path], tmp_path: Path
) -> None:
    model = copied(data["whole"], tmp_path / "model")
    pickled(model)
    words = ("diagnose", model, "--data", data["test"], "--examples", "4", "--out", tmp_path / "d")
    refused = steadytune(*words)
    assert refused.exit_code == 2 and "--allow-pickled-weights" in refused.stderr
    assert "Page:" in succeed(*words, "--allow-pickled-weights")


ODD = pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"a":' * 100_000, "[]", "null", "\0"],
    ids=["brackets", "objects", "list", "null", "zero"],
)


@pytest.mark.parametrize(
    "name",
    [
        *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
        *("generation_config.json", "adapter_config.json"),
    ],
)
@ODD
def test_an_odd_file_beside_the_weights(
    data: dict[str, Path], tmp_path: Path, name: str, content: str
) -> None:
    model = copied(data["whole"], tmp_path / "model")
    (model / name).write_text(content)
    result = steadytune("evaluate", model, "--data", data["test"])
    assert result.exit_code in (0, 2), result.output
    assert result.exit_code == 0 or result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", [RECORD, ENSEMBLE])
@ODD
def test_odd_files_of_a_saved_model(
    data: dict[str, Path], tmp_path: Path, name: str, content: str
) -> None:
    model = copied(data["whole"], tmp_path / "model")
    (model / name).write_text(content)
    result = steadytune("evaluate", model, "--data", data["test"])
    # Without its record a model is one of another library's, and is used like one.
    assert result.exit_code == (0 if name == RECORD else 2), result.output
    if name == ENSEMBLE:
        assert "names no members" in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", [RECORD, ENSEMBLE])
@ODD
def test_a_model_is_not_trained_over_odd_files(
    data: dict[str, Path], tmp_path: Path, name: str, content: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text(content)
    words = ("train", "--train", data["train"], *QUICK, "--model", data["bare"], "--out", out)
    result = steadytune(*words)
    assert result.exit_code == 2 and result.stderr.count("\n") == 1, result.output
    assert f"is not empty: it has other files ({name})" in result.stderr
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_text() == content
