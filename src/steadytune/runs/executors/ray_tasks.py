"""Runs as tasks of a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

from ..._checks import check_at_least
from ..._whole_file import temporary_beside
from ...records.spec import RunSpec
from ._executor import Executor, OnOutcome, OnProgress, Run, ignore_progress
from ._ray_cluster import connected
from ._ray_driver import Driver, Resources
from ._ray_side import SharedFolder
from .local_workers import check_time_limit


@final
@dataclass(frozen=True)
class RayTasks(Executor):
    """One Ray task a run, for clusters: `pip install ray`.

    The nodes need the same versions of Python, steadytune, torch and transformers as this process,
    and the model of the spec under the same name. What `run` refers to travels with it. Outcomes
    come back to this process; workers that see the folder of the ledger write them there too, so
    that a lost driver loses nothing that is finished.

    Args:
        address: `auto` for the Ray that runs on this machine, `ray://host:port` or `host:port` for
            another; None starts one here and shuts it down afterwards.
        cpus_per_run: CPUs that a run takes; None takes its number of threads.
        gpus_per_run: GPUs that a run takes, also a share of one; None takes one where the cluster
            has any as the runs begin.
        time_limit: Seconds after which a run is ended and recorded as failed; None for no limit.
        retries: How often a run is tried again whose worker or node is lost.

    Raises:
        ConfigError: If a number is out of its range.
    """

    shares_files: ClassVar[bool] = False

    address: str | None = None
    cpus_per_run: float | None = None
    gpus_per_run: float | None = None
    time_limit: float | None = None
    retries: int = 2

    def __post_init__(self) -> None:
        for name in ("cpus_per_run", "gpus_per_run", "retries"):
            if (value := getattr(self, name)) is not None:
                check_at_least(name, value, 0)
        check_time_limit(self.time_limit)

    def carry_out(
        self,
        specs: Sequence[RunSpec],
        run: Run,
        on_outcome: OnOutcome,
        on_progress: OnProgress = ignore_progress,
        folder: Path | None = None,
    ) -> None:
        """See `Executor.carry_out`.

        Raises:
            ConfigError: If Ray is not installed, cannot be reached, or has no room for a run.
            SteadytuneError: If a worker has other versions than this process.
        """
        if not specs:
            return
        resources = Resources(self.cpus_per_run, self.gpus_per_run)
        with connected(self.address) as ray, _shared(folder) as shared:
            driver = Driver(
                ray, run, on_outcome, on_progress, resources, self.time_limit, self.retries, shared
            )
            try:
                if self.address is None:
                    driver.require_room(specs)
                driver.carry_out(specs)
            finally:
                driver.stop()

    def describe(self, specs: Sequence[RunSpec]) -> str:
        """See `Executor.describe`."""
        if self.address is None:
            return "with a Ray of their own on this machine"
        return f"on the Ray cluster at {self.address}"


@contextmanager
def _shared(folder: Path | None) -> Iterator[SharedFolder | None]:
    """Mark the folder, so that a worker can tell whether it sees this very one."""
    if folder is None:
        yield None
        return
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_beside(folder / "driver") as marker:
        yield SharedFolder(folder, marker.name)
