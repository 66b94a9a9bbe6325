"""The commands of `act`. Each parses its arguments, calls the core and shows what came out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

import act_core
from act_core.cli.account import login, logout, whoami
from act_core.cli.analysing import analyse
from act_core.cli.cancelling import cancellable
from act_core.cli.datasets import datasets
from act_core.cli.fetching import cache, download
from act_core.cli.looking import check, inspect
from act_core.cli.publishing import publish
from act_core.cli.samples import samples as show_samples
from act_core.cli.screen import listening, print_json, say, show_table
from act_core.cli.searching import search
from act_core.cli.starter import starter_recipe
from act_core.cli.sweeping import sweep
from act_core.cli.talking import talk
from act_core.cli.tuning import show_plan, show_time, show_tuned, with_preset
from act_core.pipeline.gates import budget_text
from act_core.pipeline.learning_time import gates_time
from act_core.pipeline.pace import candidate_time, candidates_in
from act_core.pipeline.run import Outcome, Stage, run_recipe
from act_core.pipeline.tune_plan import tune_plan
from act_core.recipe import Recipe, TunePreset, load_recipe, save_recipe
from act_core.report.several import contested_table, contested_text
from act_core.report.table import figure_table
from act_core.report.tasks import task_table
from act_core.resources import resource_path
from act_core.transfer.verify import verify_folder

app = typer.Typer(
    help="Move an ability from one language model into another, channel by channel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (YAML).")]
Json = Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")]
Plan = Annotated[bool, typer.Option("--plan", help="Only say what it will take.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an export, once the new one is whole.")
]
_ABILITY_HELP = (
    "Ability to bring over: a built-in set, a file, or NAME=CALIBRATION,HELDOUT (files); "
    "@FIELD=VALUE behind it takes only some rows."
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"act {act_core.__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Options of all commands."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("act-demo"),
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Bring a forgotten ability back into one of the embedded demo models."""
    recipe = load_recipe(resource_path("demo", "recipe.yaml"))
    command = f"act demo --out {shlex.quote(str(out))}"
    _carry_out(recipe.model_copy(update={"run": out.absolute()}), "run", overwrite, json, command)


app.command()(inspect)
app.command()(check)
app.command()(search)
app.command()(download)
app.add_typer(cache, name="cache")


@app.command()
def new(
    target: Annotated[str, typer.Argument(metavar="TARGET")],
    specialists: Annotated[list[str], typer.Argument(metavar="SPECIALIST...")],
    bring: Annotated[list[str], typer.Option("--bring", help=_ABILITY_HELP)],
    keep: Annotated[list[str] | None, typer.Option("--keep", help="Likewise, to keep.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The recipe to write.")] = Path("recipe.yaml"),
) -> None:
    """Write a first recipe with the default settings."""
    save_recipe(starter_recipe(target, specialists, bring, keep or [], out), out)
    say(f"Recipe: {out}")
    say(f"Carry it out with: act run {shlex.quote(str(out))}")


@app.command()
def profile(recipe: RecipeFile, json: Json = False) -> None:
    """Gather per-channel statistics into the run folder."""
    _from_file(recipe, "profile", False, json)


@app.command()
def localize(recipe: RecipeFile, json: Json = False) -> None:
    """Profile where needed, and write the masks."""
    _from_file(recipe, "localize", False, json)


@app.command()
def gates(recipe: RecipeFile, plan: Plan = False, json: Json = False) -> None:
    """Learn how far each channel moves, and measure the result beside its controls.

    Ctrl-C while gates learn: stop and keep the best so far. Ctrl-C again: cancel.
    """
    if plan:
        show_time("Learning gates", gates_time(load_recipe(recipe), measure=True), 1, json)
        return
    _from_file(recipe, "gates", False, json)


@app.command()
def tune(
    recipe: RecipeFile,
    preset: Annotated[
        TunePreset | None,
        typer.Option("--preset", help="Named settings in place of those of the recipe."),
    ] = None,
    plan: Plan = False,
    json: Json = False,
) -> None:
    """Tune lightly after the transfer, and measure it beside transfer only and tuning only.

    Ctrl-C while it tunes: stop and keep the best so far. Ctrl-C again: cancel.
    """
    chosen = with_preset(load_recipe(recipe), preset)
    if plan:
        show_plan(tune_plan(chosen, measure=True), json)
        return
    option = f" --preset {preset}" if preset else ""
    _carry_out(chosen, "tune", False, json, f"act tune {shlex.quote(str(recipe))}{option}")
    if preset and not json:
        say(f"Export it with: act run {shlex.quote(str(chosen.run / 'recipe.yaml'))}")


@app.command()
def transfer(recipe: RecipeFile, overwrite: Overwrite = False, json: Json = False) -> None:
    """Write and verify the checkpoint, without measuring."""
    _from_file(recipe, "transfer", overwrite, json)


@app.command()
def evaluate(
    recipe: RecipeFile,
    samples: Annotated[
        bool, typer.Option("--samples", help="Measure again figures that have no samples.")
    ] = False,
    plan: Plan = False,
    json: Json = False,
) -> None:
    """Measure target, specialists, result and controls, without writing a checkpoint."""
    if plan:
        chosen = load_recipe(recipe)
        times = candidates_in(chosen)
        show_time(f"Measuring {times} candidates", candidate_time(chosen), times, json)
        return
    _from_file(recipe, "evaluate", False, json, samples)


app.command("samples")(show_samples)


app.command()(login)
app.command()(logout)
app.command()(whoami)
app.command()(publish)
app.command()(datasets)
app.command("try")(talk)
app.command("sweep")(sweep)
app.command("analyse")(analyse)


@app.command("run")
def run_all(recipe: RecipeFile, overwrite: Overwrite = False, json: Json = False) -> None:
    """Carry a whole recipe out."""
    _from_file(recipe, "run", overwrite, json)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An exported checkpoint.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME=PATH",
            help="Where a model lies that it was made of, by target or the specialist's name, if "
            "it is elsewhere than it was; may be repeated.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check an export again: every byte, from what lies in its folder."""
    models = dict(_place(text) for text in model or ())
    with cancellable() as token, listening(json) as emit:
        report = verify_folder(folder, models=models, emit=emit, cancel=token)
    for found in report.checks:
        if json:
            print_json({"event": "Check", "name": found.name, "passed": found.passed})
        else:
            say(f"ok  {found.name}: {found.count:,} {found.unit} {found.detail}".rstrip())


def _place(text: str) -> tuple[str, str]:
    name, equals, place = text.partition("=")
    if not equals or not name or not place:
        raise typer.BadParameter(f"{text} is not NAME=PATH", param_hint="--model")
    return name, place


def _from_file(
    path: Path, until: Stage, overwrite: bool, json: bool, samples: bool = False
) -> None:
    command = f"act {until} {shlex.quote(str(path))}"
    _carry_out(load_recipe(path), until, overwrite, json, command, samples)


def _carry_out(
    recipe: Recipe, until: Stage, overwrite: bool, json: bool, command: str, samples: bool = False
) -> None:
    with cancellable() as token, listening(json) as emit:
        outcome = run_recipe(
            recipe,
            until=until,
            overwrite=overwrite,
            samples=samples,
            command=command,
            emit=emit,
            token=token,
        )
    if json:
        print_json(
            {
                "event": "Outcome",
                "folder": str(outcome.folder),
                "export": str(outcome.export) if outcome.export else None,
                "report": str(outcome.report) if outcome.report else None,
                "figures": outcome.metrics.get("figures", []),
                "shares": outcome.metrics.get("shares", []),
            }
        )
        return
    _show(outcome)


def _show(outcome: Outcome) -> None:
    for name, facts in outcome.metrics.get("masks", {}).items():
        say(f"Mask {name}: {facts['channels']:,} channels, {facts['share']:.2%} of all.")
    if contested := contested_text(outcome.metrics):
        say(contested)
        if places := outcome.metrics["contested"]["places"]:
            show_table(contested_table(places), "Contested channels")
    if learned := outcome.metrics.get("gates"):
        for name, facts in learned["specialists"].items():
            say(
                f"Gates {name}: {facts['channels']:,} channels open, {facts['share']:.2%} of all, "
                f"{facts['mean']:.3f} in the mean over all."
            )
        say(budget_text(learned))
    if tuned := outcome.metrics.get("tune"):
        show_tuned(tuned)
    if outcome.metrics.get("figures"):
        show_table(figure_table(outcome.metrics), outcome.metrics["name"])
    if (tasks := outcome.metrics.get("tasks")) and tasks["figures"]:
        show_table(task_table(outcome.metrics), "Tasks of lm-evaluation-harness")
    if outcome.export:
        say(f"Checkpoint (verified): {outcome.export}")
    if outcome.report:
        say(f"Report: {outcome.report}")
    say(f"Run folder: {outcome.folder}")
