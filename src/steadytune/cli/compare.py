"""`steadytune compare`: methods over many seeds."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..records.recipe import Recipe, option_name
from ._app import app, command_line, look_ahead, one_line_errors, require_results
from ._data_options import takes_rows
from ._loudness_options import takes_loudness
from ._method_option import methods_option
from ._model_options import MODEL_HELP, AllowPickledOption, TrustRemoteCodeOption
from ._recipe_options import read_recipe, takes_recipe

if TYPE_CHECKING:
    from ..model_files import Trust
    from ..runs.executors import Executor
    from ..study import Study

_SEEDS = 5


@app.command()
@takes_loudness
@takes_rows()
@takes_recipe
def compare(
    *,
    context: typer.Context,
    study: Annotated[
        Path | None,
        typer.Argument(
            help="A YAML study file, in place of the options that say what is compared.",
            metavar="STUDY.yaml",
        ),
    ] = None,
    rows: dict[str, Any],
    method: Annotated[list[str] | None, methods_option("plain,lnsr")] = None,
    longer_plain: Annotated[
        float | None,
        typer.Option(
            help="Add plain fine-tuning that trains this many times as long: 2 matches the compute "
            "of a method with two passes per step."
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            help="How many seeds, such as 5, or a list, such as 3,7,11; with a study file, which "
            "of its seeds to run here. [default: 5]",
            metavar="SEEDS",
            show_default=False,
        ),
    ] = None,
    subset_seeds: Annotated[
        int | None,
        typer.Option(
            help="How many draws of the training set, crossed with the seeds. [default: 1]",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=f"{MODEL_HELP} [default: minilm]",
            metavar="MODEL",
            show_default=False,
        ),
    ] = None,
    recipe: dict[str, Any],
    out: Annotated[
        Path, typer.Option(help="Folder for the records and report.html.", metavar="DIR")
    ] = Path("steadytune-study"),
    workers: Annotated[
        int | None,
        typer.Option(
            help="Worker processes of one thread each; 0 runs in this one. [default: one per core]",
            show_default=False,
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            help="Run on a Ray cluster: its address, `auto` for the one this machine belongs to, "
            "or `local` to start one here.",
            metavar="ADDRESS",
        ),
    ] = None,
    cpus_per_run: Annotated[
        float | None,
        typer.Option(
            help="CPUs per run on Ray. [default: its number of threads]", show_default=False
        ),
    ] = None,
    gpus_per_run: Annotated[
        float | None,
        typer.Option(
            help="GPUs per run on Ray. [default: one if the cluster has any]",
            show_default=False,
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(help="Seconds after which a run is stopped and counts as failed."),
    ] = None,
    retries: Annotated[
        int | None,
        typer.Option(
            help="How often to repeat a run whose process was killed. [default: 0, on Ray 2]",
            show_default=False,
        ),
    ] = None,
    save_models: Annotated[
        bool,
        typer.Option("--save-models", help="Keep the trained models, in DIR/models."),
    ] = False,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the runs and a time estimate, and stop.")
    ] = False,
) -> None:
    """Compare methods over many seeds, on named tasks or on your own examples.

    Every method trains on the same examples, with the same head, batch order and dropout for each
    seed. The same command continues a stopped study; with more seeds or methods it only adds runs.
    A study file can also tune methods, compare on several tasks, and give methods hyperparameters
    of their own.

    Examples:

    * `steadytune compare --task rte --method plain,lnsr --train-size 500 --seeds 10`
    * `steadytune compare --train reviews.csv --method plain,mixout --out mine`
    * `steadytune compare studies/papers.yaml --dry-run`
    """
    with one_line_errors():
        from ..model_files import Trust
        from ..study.seeds import read_seeds
        from ._terminal import Terminal

        grid: dict[str, Any] = {
            "method": method,
            "longer_plain": longer_plain,
            "seeds": seeds,
            "subset_seeds": subset_seeds,
        }
        trust = Trust(allow_pickled_weights, trust_remote_code)
        if study is not None:
            root = rows.pop("data_root", None)
            source = context.get_parameter_source("data_root")
            if source is not None and source.name == "COMMANDLINE":
                _require_no_bundle(study)
            options = {**rows, **grid, "seeds": None, "model": model, **recipe}
            what = _from_file(study, options, root, trust)
            what = what.with_seeds(read_seeds(seeds)) if seeds else what
        else:
            what = _from_options(rows, model, recipe, **grid)
        what = dataclasses.replace(what, command=command_line(context), trust=trust)
        model_at = str(what.model_folder or what.model)
        look_ahead(model_at, rows=[entry.source for entry in what.tasks])
        if dry_run:
            from ..study.dry_run import dry_run as print_plan

            print_plan(what, out, workers, Terminal())
        else:
            from ..study import run_study

            place = {"cpus_per_run": cpus_per_run, "gpus_per_run": gpus_per_run}
            limits = {"time_limit": time_limit, "retries": retries}
            executor = _executor(workers, ray, place, limits)
            require_results(run_study(what, out, executor, Terminal(), save_models))


def _from_file(path: Path, options: dict[str, Any], data_root: str | None, trust: Trust) -> Study:
    from .._exceptions import ConfigError
    from ..study import read_study
    from ..study.bundled import is_bundled, unpacked

    if given := [name for name, value in options.items() if value not in (None, [])]:
        option = option_name(given[0])
        raise ConfigError(f"{option} and a study file were both given; write it into {path}")
    return unpacked(path, trust) if is_bundled(path) else read_study(path, data_root, trust)


def _require_no_bundle(path: Path) -> None:
    from .._exceptions import ConfigError
    from ..study.bundled import is_bundled

    if is_bundled(path):
        raise ConfigError(f"{path} lies in a bundle, which has its rows; leave --data-root out")


def _from_options(
    rows: dict[str, Any],
    model: str | None,
    recipe: dict[str, Any],
    *,
    method: list[str] | None,
    longer_plain: float | None,
    seeds: str | None,
    subset_seeds: int | None,
) -> Study:
    from .._folders import decoded
    from ..model_files import MINILM
    from ..study import Study, StudyTask, arms_of
    from ..study.methods import read_methods
    from ..study.seeds import read_seeds
    from ..tasks import DataSource

    source = DataSource(**rows)
    source.require_there()  # before torch is imported for the options of methods
    return Study(
        name=decoded(f"steadytune compare on {source.name or source.task or source.train}"),
        tasks=(StudyTask(source),),
        arms=arms_of(read_methods(method or ()), longer_plain),
        seeds=read_seeds(seeds or str(_SEEDS)),
        subset_seeds=tuple(
            s - 1 for s in read_seeds(str(1 if subset_seeds is None else subset_seeds))
        ),
        recipe=Recipe(**read_recipe(recipe)),
        model=model or MINILM,
    )


def _executor(
    workers: int | None,
    ray: str | None,
    place: dict[str, float | None],
    limits: dict[str, Any],
) -> Executor:
    from .._exceptions import ConfigError
    from ..runs.executors import LocalWorkers, RayTasks, executor_for

    given = {name: value for name, value in limits.items() if value is not None}
    if ray is not None and workers is not None:
        raise ConfigError("--ray and --workers were both given; expected one of them")
    if ray is not None:
        address = None if ray == "local" else ray
        return RayTasks(address, place["cpus_per_run"], place["gpus_per_run"], **given)
    if lost := [name for name, value in place.items() if value is not None]:
        raise ConfigError(f"--{lost[0].replace('_', '-')} was given without --ray; give both")
    if given and workers == 0:
        raise ConfigError("--time-limit and --retries need worker processes; leave --workers 0 out")
    return LocalWorkers(workers, **given) if given else executor_for(workers)
