"""Data sets of the hub, with the hub replaced: what is asked, and that it is given up at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import datasets
import huggingface_hub
import pytest
from datasets import Dataset

from steadytune import DataError
from steadytune.tasks.files.hub import is_hub_name, read_hub
from steadytune.tasks.files.splits import read_splits


def found(asked: list[Any]) -> Any:
    def load_dataset(*given: Any, **options: Any) -> dict[str, Dataset]:
        asked.append((given, options))
        return {
            "train": Dataset.from_dict({"text": ["a"]}),
            "dev": Dataset.from_dict({"text": ["b"]}),
        }

    return load_dataset


def answering(answer: Any) -> Any:
    def dataset_info(self: Any, name: str, timeout: float) -> Any:
        assert timeout <= 10
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(sha=answer)

    return dataset_info


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []
    monkeypatch.setattr(datasets, "load_dataset", found(calls))
    return calls


def online(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", answering(answer))


def test_the_commit_that_the_hub_names_is_read(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    online(monkeypatch, "c0ffee")
    splits = read_splits("owner/name:config")
    assert asked == [(("owner/name", "config"), {"revision": "c0ffee"})]
    assert {split: table.columns["text"] for split, table in splits.items()} == {
        "train": ["a"],
        "validation": ["b"],
    }
    assert splits["train"].place(0) == "owner/name:config, train, row 1"


def test_no_code_of_a_data_set_is_allowed_to_run(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    online(monkeypatch, "c0ffee")
    read_hub("name")
    assert not any("trust" in option for _, options in asked for option in options)


def test_without_the_hub_the_cache_is_read(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", answering(AssertionError("asked")))
    assert list(read_hub("owner/name")) == ["train", "dev"]
    assert asked == [(("owner/name", None), {"revision": None})]


def test_a_hub_that_does_not_answer_is_given_up(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    online(monkeypatch, ConnectionError("name or service\nnot known"))
    with pytest.raises(DataError, match=r"does not answer \(name or service\).*HF_HUB_OFFLINE=1"):
        read_hub("owner/name")
    assert not asked


@pytest.mark.usefixtures("no_network")
def test_an_unknown_name_is_answered_without_asking() -> None:
    with pytest.raises(DataError, match=r"'nobody/nothing' .* not in the cache.*give a file"):
        read_splits("nobody/nothing")


def test_whatever_stands_in_the_way_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(*given: Any, **options: Any) -> Any:
        raise RuntimeError("Dataset scripts are no longer supported\nbut found name.py")

    online(monkeypatch, "c0ffee")
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(DataError, match="scripts are no longer supported") as raised:
        read_hub("owner/name")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["imdb", "owner/name", "o-w.n_er/na.me:con.fig"])
def test_names_of_the_hub(name: str) -> None:
    assert is_hub_name(name)


@pytest.mark.parametrize("name", ["a/b/c", "a b", "/a", "a/", "a:b:c", "", "a\n"])
def test_what_no_name_of_the_hub_is(name: str) -> None:
    assert not is_hub_name(name)


def test_the_configurations_to_choose_from_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(*given: Any, **options: Any) -> Any:
        raise ValueError("Config name is missing.\nPlease pick one of: ['a', 'b']\nExample:\n\t`x`")

    online(monkeypatch, "c0ffee")
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(
        DataError, match=r"\(Config name is missing: Please pick.*'b'\]\)"
    ) as caught:
        read_hub("owner/name")
    assert "\n" not in str(caught.value)
