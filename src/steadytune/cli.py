"""The command line: it parses, calls and prints. Whatever is heavy is imported by the command."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from . import __version__
from ._exceptions import SteadytuneError

app = typer.Typer(
    name="steadytune",
    help="Fine-tune pretrained language models on few examples without the lottery over seeds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line.

    Methods by import path are looked for in the current folder too. A request to end (SIGTERM) is
    taken like Ctrl-C, so that no process is left behind.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    app(prog_name="steadytune")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """What the user can mend is one line on stderr and exit status 2; Ctrl-C is 130."""
    try:
        yield
    except SteadytuneError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        typer.echo(str(error) or "interrupted", err=True)
        raise typer.Exit(130) from error


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"steadytune {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Fine-tune pretrained language models on few examples without the lottery over seeds."""


@app.command()
def demo(
    seeds: Annotated[
        str,
        typer.Option(help="How many seeds, such as 3, or a list, such as 3,7,11."),
    ] = "3",
    methods: Annotated[
        str | None,
        typer.Option(
            help="Methods, with commas between: plain,lnsr:std=0.05,strength=0.1. "
            "`steadytune methods` lists them. [default: plain,lnsr]",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(help="One method; give it again for more. Instead of --methods."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for the records and report.html.", metavar="DIR")
    ] = Path("steadytune-demo"),
    model: Annotated[
        str,
        typer.Option(
            help="minilm (all-MiniLM-L6-v2, needs no hub), a folder, or a name on the hub."
        ),
    ] = "minilm",
    task: Annotated[str, typer.Option(help="Name of the task.")] = "vader-movies",
    train_size: Annotated[
        int, typer.Option(help="Training examples, the same for all runs.")
    ] = 400,
    eval_size: Annotated[int, typer.Option(help="Examples of each evaluation domain.")] = 200,
    epochs: Annotated[float, typer.Option(help="Passes over the training examples.")] = 3.0,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate of AdamW.")] = 1e-4,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes, of one thread each; 0 for none but this one. "
            "[default: one a core, at most one a run]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Compare methods with plain fine-tuning, over seeds, on sentences that people rated.

    Trains on movie reviews and evaluates on other movie reviews, product reviews, editorials and
    tweets. All methods share each seed's head, batch order and dropout. Writes a record of every
    run and one page, report.html. Runs that are recorded are not repeated, so the same command
    with more seeds or methods only adds. The default takes a few minutes on two cores.

    Examples:

    * `steadytune demo`
    * `steadytune demo --seeds 10 --out ten-seeds`
    * `steadytune demo --methods plain,lnsr,lnsr:std=0.1,strength=3`
    """
    with _one_line_errors():
        _go_without_hub(model)
        from rich.console import Console

        from .demo import run_demo
        from .demo_plan import Options, read_methods, read_seeds

        options = Options(
            seeds=read_seeds(seeds),
            methods=read_methods(methods, method or ()),
            out=out,
            task=task,
            model=model,
            train_size=train_size,
            eval_size=eval_size,
            epochs=epochs,
            learning_rate=learning_rate,
            workers=workers,
        )
        run_demo(options, Console())


@app.command()
def report(
    folder: Annotated[
        Path, typer.Argument(help="Output folder of a demo or study.", metavar="DIR")
    ],
) -> None:
    """Print the tables of a folder of records again, and write its report.html anew.

    Example: `steadytune report steadytune-demo`
    """
    with _one_line_errors():
        from rich.console import Console

        from .demo import report_folder

        report_folder(folder, Console())


@app.command()
def methods(
    name: Annotated[
        str | None, typer.Argument(help="A method to say everything about.", metavar="NAME")
    ] = None,
) -> None:
    """List the methods, or say everything about one.

    Examples:

    * `steadytune methods`
    * `steadytune methods lnsr`
    """
    with _one_line_errors():
        from rich.console import Console

        from .method_docs import print_card, print_methods

        console = Console()
        print_methods(console) if name is None else print_card(name, console)


def _go_without_hub(model: str) -> None:
    """Nothing waits for a hub that the model does not come from."""
    from .models import is_local

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if is_local(model):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
