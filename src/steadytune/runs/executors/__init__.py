"""Where runs are executed: in this process, in worker processes, or as tasks of a Ray cluster.

All three take the same runs and give the same outcomes, bit for bit on machines that are alike.
"""

from ._executor import Executor, FineTune, OnOutcome, OnProgress, Progress, Run, WorkerError
from ._machine import room_for
from .in_process import InProcess
from .local_workers import LocalWorkers
from .ray_tasks import RayTasks

__all__ = [
    "Executor",
    "FineTune",
    "InProcess",
    "LocalWorkers",
    "OnOutcome",
    "OnProgress",
    "Progress",
    "RayTasks",
    "Run",
    "WorkerError",
    "executor_for",
    "room_for",
]


def executor_for(workers: int | None) -> Executor:
    """The executor for a number of worker processes on this machine.

    Args:
        workers: 0 executes the runs in this process; None takes as many as the machine has
            cores, or GPUs, for.
    """
    return InProcess() if workers == 0 else LocalWorkers(workers)
