"""Every test runs offline, on one thread, with the shapes of the formulas checked."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from jaxtyping import install_import_hook

with install_import_hook("steadytune.functional", "beartype.beartype"):
    import steadytune.functional  # noqa: F401
