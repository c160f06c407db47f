"""What a run ran on."""

from __future__ import annotations

import subprocess

import pytest
import torch

from steadytune.runs import environment
from steadytune.runs.environment import describe_environment


@pytest.fixture(autouse=True)
def forget() -> object:
    environment._checkout.cache_clear()
    yield
    environment._checkout.cache_clear()


def test_versions_device_and_threads_are_there() -> None:
    found = describe_environment(3)
    assert found["threads"] == 3
    assert all(found[name] for name in ("python", "torch", "transformers", "platform", "device"))
    assert found["processor"]


def test_the_commit_is_that_of_the_checkout() -> None:
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a checkout")
    found = describe_environment(1)
    assert found["commit"] == done.stdout.strip()
    assert found["dirty"] in (True, False)


def test_an_installed_copy_inside_another_repository_has_no_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        environment, "_git", lambda *args: None if args[0] == "ls-files" else "another commit"
    )
    found = describe_environment(1)
    assert (found["commit"], found["dirty"]) == (None, None)


def test_git_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert describe_environment(1)["commit"] is None


def test_a_machine_without_a_gpu_is_a_cpu_whatever_pytorch_was_built_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    built_for = torch.device("cuda")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: built_for)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert describe_environment(1)["device"] == "cpu"
