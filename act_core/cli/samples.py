"""`act samples`: what was answered to each held-out item, and who was right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from act_core.cli.screen import print_json, say, show_table
from act_core.errors import RecipeError, SamplesError
from act_core.evaluate.browse import Change, Changes, Only, changes, shortened
from act_core.evaluate.evaluator import MeasureName
from act_core.evaluate.listing import sample_facts
from act_core.evaluate.samples import Outcome, SampleFile
from act_core.pipeline.candidates import RESULT
from act_core.pipeline.samples import samples_of_run, samples_of_sweep
from act_core.recipe import load_recipe
from act_core.report.numbers import MISSING, measure_scale
from act_core.report.results import MEASURES
from act_core.report.table import Table


def samples(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (YAML).")],
    ability: Annotated[
        list[str] | None, typer.Option("--ability", help="May be repeated; by default all.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            help="lost (target right, candidate wrong), recovered (the other way), changed "
            "(another answer) or still-wrong (neither is right).",
        ),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(
            "--candidate", help="Whose answers; by default the result's, or the recommended one's."
        ),
    ] = None,
    against: Annotated[str, typer.Option("--against", help="Compared with whose.")] = "target",
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="May be repeated; by default all.")
    ] = None,
    sweep: Annotated[
        bool,
        typer.Option("--sweep", help="Of what the last sweep recommends, and of its rivals."),
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most items of each table.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Show held-out items with the answers to them, such as those that were lost."""
    if only not in (None, *get_args(Only)):
        raise RecipeError(
            f"--only {only} is unknown.", remedy=f"Give one of {', '.join(get_args(Only))}."
        )
    chosen = load_recipe(recipe)
    names = _known(ability or list(chosen.abilities), tuple(chosen.abilities), "ability")
    if sweep:
        found, files = samples_of_sweep(chosen.run, names)
        candidate = candidate or found.candidate
    else:
        files = samples_of_run(chosen.run, names)
        candidate = candidate or RESULT
    for file in files.values():
        _known([candidate, against], file.candidates, "candidate")
        for one in [m for m in file.measures if not measure or m in measure]:
            some = changes(
                file, one, candidate, against=against, only=cast("Only | None", only), limit=limit
            )
            if json:
                _print(file, one, some, candidate, against)
            else:
                _show(file, one, some, candidate, against, cast("Only | None", only))


def _known(wanted: Sequence[str], there: Sequence[str], what: str) -> Sequence[str]:
    missing = next((name for name in wanted if name not in there), None)
    if missing is not None:
        raise SamplesError(
            f"There is no {what} {missing}.", remedy=f"There are: {', '.join(there)}."
        )
    return wanted


def _show(
    file: SampleFile,
    measure: MeasureName,
    found: Changes,
    candidate: str,
    against: str,
    only: Only | None,
) -> None:
    what = f"{file.ability}: {MEASURES[measure]}"
    some = f"{found.found:,} of {found.items:,} items {only} by {candidate}"
    line = f"{what}: {some if only else f'{found.items:,} items'}"
    if not found.shown:
        say(f"{line}.")
        return
    header = ("Item", "Prompt", "Reference", against, candidate)
    rows = tuple(_row(change, measure) for change in found.shown)
    more = f"; the first {len(rows)}" if found.found > len(rows) else ""
    show_table(Table(header, rows), line + more)


def _row(change: Change, measure: MeasureName) -> tuple[str, ...]:
    sample = change.sample
    return (
        sample.id,
        shortened(sample.prompt, end=True),
        shortened(sample.reference),
        _answer(change.before, measure),
        _answer(change.after, measure),
    )


def _answer(outcome: Outcome, measure: MeasureName) -> str:
    if measure == "loss":
        return measure_scale(measure).text(outcome.value)
    said = MISSING if outcome.said is None else shortened(outcome.said)
    return f"{'right' if outcome.value else 'wrong'}: {said}"


def _print(
    file: SampleFile, measure: MeasureName, found: Changes, candidate: str, against: str
) -> None:
    for change in found.shown:
        facts = sample_facts(file.ability, measure, change.sample, (against, candidate))
        print_json({"event": "Sample", **facts})
