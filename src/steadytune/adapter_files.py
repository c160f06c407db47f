"""An adapter saved by itself: what PEFT writes, and which model it belongs to."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._exceptions import ConfigError, ModelError
from ._untrusted import json_object
from ._whole_file import write_json
from .model_files import MINILM, first_line, is_local

if TYPE_CHECKING:
    from .pretrained import Pretrained

BASE = "base_model.json"
_CONFIG = "adapter_config.json"


def require_peft(what: str = "lora") -> None:
    """Refuse adapters where the package that makes them is not there.

    Raises:
        ConfigError: If it is not installed.
    """
    if find_spec("peft") is None:
        raise ConfigError(f"{what} needs the package peft: pip install 'steadytune[peft]'")


@contextmanager
def without_peft_warnings() -> Iterator[None]:
    """Silence what PEFT says of what it took care of, or asks transformers in an older way."""
    with warnings.catch_warnings():
        # GPT-2 keeps its weights transposed.
        warnings.filterwarnings("ignore", message=".*fan_in_fan_out.*")
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")
        yield


@dataclass(frozen=True)
class BaseModel:
    """The model that an adapter belongs to.

    Args:
        model: Its name, as `Pretrained.find` takes it; of a folder the whole path.
        hash: Its hash.
    """

    model: str
    hash: str


def is_adapter(folder: Path) -> bool:
    """Whether a folder has an adapter in the place of a model's weights."""
    return (folder / _CONFIG).is_file()


def save_adapter(model: Any, base: Pretrained, folder: Path) -> None:
    """Write adapter and head as PEFT does, and beside them the model's configuration and `BASE`.

    Args:
        model: The model in PEFT's adapters.
        base: The pretrained model.
        folder: The folder to write.
    """
    from ._model.unwrapped import without_adapters

    # PEFT knows folders and names on the hub, and none of our own.
    there = str(base.folder.resolve()) if is_local(base.name) else base.name
    model.active_peft_config.base_model_name_or_path = there
    model.save_pretrained(folder, save_embedding_layers=False)  # else it may ask the hub
    (folder / "README.md").unlink()  # PEFT's template
    inner: Any = without_adapters(model)
    model.config.architectures = [type(inner).__name__]
    model.config.save_pretrained(folder)
    if getattr(inner, "generation_config", None) is not None:
        inner.generation_config.save_pretrained(folder)
    for path in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", path)
    is_folder = base.name != MINILM and Path(base.name).is_dir()
    name = str(Path(base.name).resolve()) if is_folder else base.name
    write_json(folder / BASE, asdict(BaseModel(name, base.hash)))


def base_of_adapter(folder: Path) -> BaseModel:
    """What `save_adapter` wrote of the model that the adapter belongs to.

    Raises:
        ModelError: It is not there.
    """
    try:
        found = json_object(folder / BASE)
        return BaseModel(str(found["model"]), str(found["hash"]))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{folder} has an adapter, but no {BASE} that names the model it belongs to; merge it "
            "with PEFT (`merge_and_unload`) and save the whole model"
        ) from error


def pretrained_of(adapter: Pretrained) -> Pretrained:
    """The model that an adapter belongs to.

    Raises:
        ModelError: It is not there, or is another one by now.
    """
    known = base_of_adapter(adapter.folder)
    try:
        base = adapter.find(known.model, adapter.trust)
    except ModelError as error:
        raise ModelError(f"{adapter.name} is an adapter, and lacks its model: {error}") from error
    if base.hash != known.hash:
        raise ModelError(
            f"{adapter.name} is an adapter of {base.name} with the hash {known.hash}, which has "
            f"{base.hash} now; restore the files that it was trained on"
        )
    return base


def require_whole(model: Pretrained) -> None:
    """Only a whole model is trained further.

    Raises:
        ModelError: It is an adapter.
    """
    if is_adapter(model.folder):
        raise ModelError(
            f"model {model.name!r} is an adapter of {base_of_adapter(model.folder).model}, which "
            "only `evaluate` and `predict` take; give a whole model"
        )


def with_adapter(model: Any, folder: Path) -> Any:
    """The plain model with the adapter of a folder merged into it, and with its head.

    Raises:
        ConfigError: PEFT is not installed.
        ModelError: It lacks weights.
    """
    require_peft(f"the adapter in {folder}")
    import peft

    with without_peft_warnings():
        # PEFT only warns of weights that the file lacks, and leaves them as they began.
        warnings.filterwarnings("error", message=".*missing adapter keys.*")
        try:
            adapted = peft.PeftModel.from_pretrained(model, str(folder), torch_device="cpu")
        except (KeyError, UserWarning) as error:
            raise ModelError(
                f"the adapter in {folder} lacks weights ({first_line(error)}); save it again"
            ) from error
    return adapted.merge_and_unload()
