"""Commands are killed at random moments, their files damaged at random: what comes of it.

After a kill alone a command that is given again must end as one that nobody stopped, bit for bit.
After a damage it must too, or name each file that it does without, or refuse in one line.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import pkgutil
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import typer

import steadytune

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSTOP)
HEEDED = (signal.SIGTERM, signal.SIGINT)
"""Signals that interrupt a command, which then ends in its own way."""
DAMAGES = ("flip", "truncate", "empty", "delete")
_TIMES = {
    *("started", "finished", "seconds", "environment", "seconds_per_step", "peak_memory_bytes"),
    *("timing", "checksum"),
}
_PLAN = "plan.json"
_SPARING = 0.8
"""In how many of the rounds the plan is not damaged."""
_HARM = (0.0, 0.8, 1.0)
"""How likely a kill is followed by a damage, a round."""
_MOST_KILLS = 10
"""Of one round: then the command may come to its end."""
_LONGEST = 300.0
"""Seconds after which a command counts as hanging, at least."""
_LONGEST_WHOLE = 3600.0
"""The same of a command that nobody stops, whose time is not known: a busy machine takes long."""


@dataclass(frozen=True)
class Job:
    """What is killed.

    Args:
        name: For the report.
        act: Does the work in a folder, in a process of its own.
        share: How much of its duration a command lives at most before it is killed.
        often: How often it is taken, beside others.
        sweeps: Whether it uses the temporary folder, and so removes what killed ones left there.
    """

    name: str
    act: Callable[[Path], object]
    share: float = 0.5
    often: int = 2
    sweeps: bool = False


@dataclass
class Tally:
    """What was survived.

    Args:
        kills: By job and signal.
        damages: By job and kind.
        ends: Rounds by job and how they ended: `equal`, `named` or `refused`.
        refusals: What was damaged, and the line of refusal.
        failures: What must not happen, in words.
    """

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    damages: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.kills.total()} kills and {self.damages.total()} damages in "
            f"{self.ends.total()} rounds, {len(self.failures)} failures"
        ]
        for name, counts in (("kills", self.kills), ("damages", self.damages), ("ends", self.ends)):
            for job in sorted({job for job, _ in counts}):
                parts = (f"{n} {kind}" for (j, kind), n in sorted(counts.items()) if j == job)
                lines.append(f"{name:8} {job:9} {', '.join(parts)}")
        return "\n".join(lines + self.failures)


def campaign(
    jobs: list[Job],
    place: Path,
    luck: random.Random,
    seconds: float,
    tally: Tally,
    show: Callable[[str], None] = lambda line: None,
) -> None:
    """Rounds of kills and damages, job after job, until the time is up.

    Args:
        jobs: What is killed.
        place: An empty folder to work in.
        luck: Decides on moments, signals and damages.
        seconds: How long after the uninterrupted runs; a round that has begun is finished.
        tally: Counts what was survived.
        show: Told how far it is, now and then.
    """
    whole = {job.name: uninterrupted(job, place) for job in jobs}
    show(", ".join(f"{name} takes {found.seconds:.1f} s" for name, found in whole.items()))
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for job in luck.choices(jobs, [job.often for job in jobs], k=len(jobs)):
            if time.monotonic() >= ends:
                break
            known = len(tally.failures)
            one_round(job, place / job.name, whole[job.name], luck, tally)
            for failure in tally.failures[known:]:
                show(failure)
        show(str(tally).splitlines()[0])


@dataclass(frozen=True)
class Whole:
    """What a command that nobody stopped leaves, and how long it takes."""

    content: Mapping[str, str]
    seconds: float

    @property
    def longest(self) -> float:
        """Seconds after which the command counts as hanging."""
        return max(_LONGEST, 10 * self.seconds)


def uninterrupted(job: Job, place: Path) -> Whole:
    out = place / job.name
    seconds = let_end(job, out)
    found = Whole(content_of(out), seconds)
    shutil.rmtree(out)
    return found


def let_end(job: Job, out: Path, longest: float = _LONGEST_WHOLE) -> float:
    """Let a command run to its end; gives the seconds it took.

    Raises:
        RuntimeError: It ended in another way, or not within `longest` seconds.
    """
    began = time.monotonic()
    ended = attempt(job, out, None, signal.SIGKILL, longest)
    took = time.monotonic() - began
    if ended.code:
        how = signal.Signals(-ended.code).name if -65 < ended.code < 0 else f"exit {ended.code}"
        raise RuntimeError(
            f"{job.name} was left alone and ended with {how} after {took:.1f} s, of "
            f"{longest:.0f} s allowed; it said {ended.text.strip()[-1500:] or 'nothing'}"
        )
    return took


def one_round(job: Job, out: Path, whole: Whole, luck: random.Random, tally: Tally) -> None:
    """Kill, damage and repeat the command until it ends by itself; the folder is gone then.

    A third of the rounds are kills alone. In most others the file of the plan stays whole: without
    it the command can but refuse, and nothing would be seen of how it goes on.
    """
    told, end, damages = "", "", list[str]()
    harm, spared = luck.choice(_HARM), _PLAN if luck.random() < _SPARING else ""
    for number in range(1000):
        sent = luck.choice(SIGNALS)
        delay = luck.uniform(0.0, job.share * whole.seconds) if number < _MOST_KILLS else None
        ended = attempt(job, out, delay, sent, whole.longest)
        told += ended.text
        if ended.was_killed:
            tally.kills[job.name, sent.name] += 1
            if wrong := _after_kill(ended):
                tally.failures.append(f"{job.name}: {wrong} after {sent.name}: {ended.text[-800:]}")
                break
            if luck.random() < harm and (done := damage(out, luck, spared)):
                damages.append(done)
                tally.damages[job.name, done.split()[0]] += 1
            continue
        end = _judged(ended, out, whole, told, damages)
        if end in ("equal", "named", "refused"):
            tally.ends[job.name, end] += 1
            if end == "refused":
                tally.refusals.append(f"{'; '.join(damages)}: {ended.text.splitlines()[-1]}")
        else:
            history = "; ".join(damages) or "kills alone"
            tally.failures.append(f"{job.name}: {end} ({history}): {ended.text[-1500:]}")
        break
    shutil.rmtree(out, ignore_errors=True)
    left = sorted(path.name for path in Path(tempfile.gettempdir()).glob("steadytune-*"))
    if left and job.sweeps and end == "equal":
        tally.failures.append(f"{job.name}: left in the temporary folder: {', '.join(left)}")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, whether by our signal, and what it printed."""

    code: int
    was_killed: bool
    text: str


def attempt(
    job: Job, out: Path, delay: float | None, sent: signal.Signals, longest: float
) -> Ended:
    """Carry out a command in a fork of this process, which has imported what it needs.

    Args:
        job: The command.
        out: Where it writes.
        delay: Seconds after which it gets a signal; None for never.
        sent: The signal.
        longest: Seconds after which it is taken to hang, and is killed.
    """
    log = out.with_suffix(".log")
    log.write_bytes(b"")
    sys.stdout.flush()
    sys.stderr.flush()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)  # a fork that is not yet the command
    child = os.fork()
    if child == 0:
        _be_the_command(job, out, log)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    status = _wait(child, longest if delay is None else delay)
    killed = status is None and delay is not None
    if status is None:
        os.kill(child, sent if killed else signal.SIGKILL)
        if sent is signal.SIGSTOP:
            time.sleep(0.02)
            os.kill(child, signal.SIGKILL)
        status = _wait(child, longest)
        if status is None:
            os.kill(child, signal.SIGKILL)
            _wait(child, longest)
            return Ended(-999, killed, log.read_text(errors="replace"))
    code = os.waitstatus_to_exitcode(status)
    # A command may have come to its end before the signal came.
    return Ended(code, killed and code not in (0, 2), log.read_text(errors="replace"))


def damage(out: Path, luck: random.Random, spared: str = "") -> str:
    """Damage one file of another name than `spared`; what was done, or nothing without a file."""
    files = sorted(
        path
        for path in out.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != spared
    )
    if not files:
        return ""
    path, kind = luck.choice(files), luck.choice(DAMAGES)
    content = path.read_bytes()
    if kind == "delete":
        path.unlink()
    elif kind == "empty" or not content:
        path.write_bytes(b"")
    elif kind == "truncate":
        path.write_bytes(content[: luck.randrange(len(content))])
    else:
        where, bit = luck.randrange(len(content)), luck.randrange(8)
        path.write_bytes(
            content[:where] + bytes([content[where] ^ (1 << bit)]) + content[where + 1 :]
        )
    return f"{kind} {path.relative_to(out)}"


def content_of(out: Path) -> dict[str, str]:
    """Every file with a hash of what it says, times left out; pages and texts are only there."""
    return {
        path.relative_to(out).as_posix(): _said(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".corrupt" not in path.name
    }


def _said(path: Path) -> str:
    content = path.read_bytes()
    try:
        if path.suffix == ".npz":
            with np.load(path) as archive:
                content = b"".join(
                    name.encode() + np.ascontiguousarray(archive[name]).tobytes()
                    for name in sorted(archive.files)
                )
        elif path.suffix == ".json":
            content = json.dumps(_timeless(json.loads(content)), sort_keys=True).encode()
        elif path.suffix not in (".safetensors", ".xz"):
            return "there"
    except Exception as error:  # whatever a damaged file does to its reader
        return f"unreadable: {error}"
    return hashlib.sha256(content).hexdigest()


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(v) for key, v in value.items() if key not in _TIMES}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


def _after_kill(ended: Ended) -> str:
    """What is wrong with how a command ended that got a signal."""
    if ended.code == -999:
        return "it did not end"
    text = ended.text.replace("Exception ignored in", "")
    if "Traceback" in text and "Exception ignored in" not in ended.text:
        return "a traceback"
    return "" if ended.code in (-signal.SIGKILL, -signal.SIGTERM, 130) else f"exit {ended.code}"


def _judged(ended: Ended, out: Path, whole: Whole, told: str, damages: list[str]) -> str:
    if ended.code == -999 or ended.code == -signal.SIGKILL:
        return "it did not end"
    if ended.code == 2:
        errors = [line for line in ended.text.splitlines() if line.startswith("error: ")]
        if not damages:
            return "refused after kills alone"
        return "refused" if len(errors) == 1 and str(out) in errors[0] else "refused, unclear"
    if ended.code != 0:
        return f"exit {ended.code}"
    found = content_of(out)
    odd = [
        name
        for name in sorted(found.keys() | whole.content.keys())
        if found.get(name) != whole.content.get(name)
    ]
    if not odd:
        return "equal"
    if damages and all(_name_of(name) in told for name in odd):
        return "named"
    return f"another result in {', '.join(odd[:5])}"


def _name_of(path: str) -> str:
    """How a line names a file: those of a run by the name that its record and predictions share."""
    of_a_run = Path(path).parent.name in ("runs", "predictions")
    return Path(path).stem if of_a_run else Path(path).name


def _be_the_command(job: Job, out: Path, log: Path) -> None:
    """What the fork does, to its end."""
    code = 1
    try:
        os.setsid()
        place = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(place, 1)
        os.dup2(place, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        heed_signals()
        job.act(out)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:  # before or after what the command line takes care of
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def heed_signals() -> None:
    """Let SIGINT and SIGTERM interrupt, also where this was started with them ignored or blocked.

    A shell that is not interactive ignores SIGINT in what it starts in the background.
    """
    for sent in HEEDED:
        signal.signal(sent, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEEDED)


def _wait(child: int, seconds: float) -> int | None:
    """The status of a child; None if it has not ended after so many seconds."""
    ends = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        if time.monotonic() >= ends:
            return None
        time.sleep(0.002)


def words_of(*words: object) -> Callable[[Path], object]:
    """A command line that writes to a folder."""

    def act(out: Path) -> object:
        from steadytune.cli import main

        sys.argv = ["steadytune", *map(str, words), "--out", str(out)]
        return main()

    return act


def every_job(place: Path) -> Iterator[Job]:
    """`train`, `fit`, `compare` and `pack` on a tiny model and a few rows.

    Args:
        place: A folder for the model and the rows.
    """
    from steadytune.cli import main
    from steadytune.cli._app import one_line_errors
    from tests.fitting.quick import quick_fit
    from tests.tiny_bert import write_tiny_bert

    for module in pkgutil.walk_packages(steadytune.__path__, "steadytune."):
        if not module.name.endswith("__main__") and "ray" not in module.name:
            importlib.import_module(module.name)  # once, not in every fork
    model, rows = write_tiny_bert(place / "model", layers=2), place / "rows.csv"
    words = (("good", "fine"), ("bad", "poor"))
    lines = [
        f"the {noun} {verb} {words[label][second]}{' very' * times},{('pos', 'neg')[label]}"
        for noun in ("film", "plot", "cast")
        for verb in ("is", "was")
        for times in range(2)
        for second in range(2)
        for label in range(2)
    ]
    rows.write_text("\n".join(["text,label", *lines]) + "\n")
    given = ("--train", rows, "--model", model, "--max-length", 16, "--learning-rate", 1e-2)

    yield Job(
        "train", words_of("train", *given, "--method", "lnsr", "--batch-size", 4, "--epochs", 6)
    )
    yield Job(
        "ensemble",
        words_of(
            *("train", *given, "--method", "mixout:p=0.3", "--batch-size", 8, "--epochs", 3),
            *("--seeds", 2, "--keep", "ensemble"),
        ),
    )
    yield Job(
        "compare",
        words_of(
            *("compare", *given, "--method", "plain,lnsr", "--batch-size", 8, "--epochs", 2),
            *("--seeds", 2, "--workers", 0),
        ),
        sweeps=True,
    )

    def fit(out: Path) -> None:
        try:
            with one_line_errors():
                quick_fit(rows, model, out, repetitions=1)
        except typer.Exit as ended:
            sys.exit(ended.exit_code)

    yield Job("fit", fit, share=0.15, often=1, sweeps=True)

    study = place / "study"

    def pack(out: Path) -> object:
        sys.argv = ["steadytune", "pack", "--predictions", str(study), str(out)]
        return main()

    carried_out = Job(
        "study",
        words_of(
            *("compare", *given, "--method", "plain,lnsr", "--batch-size", 8, "--epochs", 1),
            *("--seeds", 2, "--workers", 0),
        ),
    )
    let_end(carried_out, study)
    yield Job("pack", pack, share=0.9, often=4)
