"""What recorded methods do, without importing any."""

from __future__ import annotations

import subprocess
import sys

import pytest

from steadytune.method_docs import describe_methods
from steadytune.method_lines import describe_recorded
from steadytune.method_text import format_method

from .method_settings import SETTINGS

TEXTS = [
    *(format_method((method,)) for method in SETTINGS.values()),
    "lnsr+smart:strength=5",
    "lnsr:noise=in-manifold,std=0.2",
    "LNSR",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_line_is_that_of_the_class(text: str) -> None:
    found = describe_methods([text])
    assert found[text]
    assert describe_recorded([text]) == found


def test_text_from_a_file_does_not_say_what_code_is_run() -> None:
    texts = ["plain", "lnsr", "nonsense", f"{__name__}:Attack", "lnsr+antigravity:Fly"]
    assert list(describe_recorded(texts)) == ["lnsr"]


def test_torch_is_not_imported() -> None:
    code = (
        "import sys; from steadytune.method_lines import describe_recorded as d;"
        "d(['lnsr']); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
