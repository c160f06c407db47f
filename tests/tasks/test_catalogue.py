"""Names are looked up, near matches named, and nothing heavy is imported for a listing."""

import subprocess
import sys

import pytest

from steadytune import tasks
from steadytune._exceptions import ConfigError
from steadytune.tasks import TASKS, NamedTask, load_task
from tests.toy_task import load_toy

NAMES = [
    *("vader-movies", "vader-tweets", "vader-ratings"),
    *("rte", "snli", "mrpc", "cola", "stsb", "sst2", "movie_reviews", "squad", "tydiqa_en"),
    "go_emotions",
    "wnut17",
]


def test_every_entry_stands_under_its_name() -> None:
    assert list(TASKS) == NAMES
    assert all(name == entry.name and entry.summary for name, entry in TASKS.items())


@pytest.mark.parametrize(
    ("companions", "domains"),
    [((), ["movie"]), (("product",), ["movie", "product"]), (("all",), ["movie", "product"])],
)
def test_a_name_leads_to_its_loader_and_to_the_companions_asked_for(
    monkeypatch: pytest.MonkeyPatch, companions: tuple[str, ...], domains: list[str]
) -> None:
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))
    assert list(load_task("toy", companions=companions).test) == domains


def test_near_matches_are_named() -> None:
    with pytest.raises(ConfigError, match=r"'vader_movie': did you mean vader-movies\?"):
        load_task("vader_movie")


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(ConfigError) as caught:
        load_task("zzz")
    assert str(caught.value) == "unknown task 'zzz': expected one of " + ", ".join(NAMES)


def test_all_that_is_exported_is_there() -> None:
    assert all(hasattr(tasks, name) for name in tasks.__all__)


def test_the_listing_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'datasets', 'sklearn', 'scipy'}"
    script = f"import sys, steadytune.tasks; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
