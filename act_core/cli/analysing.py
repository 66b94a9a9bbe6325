"""`act analyse`: how scores and masks lie, and what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from act_core.analysis.findings import ANALYSES
from act_core.cli.cancelling import cancellable
from act_core.cli.screen import listening, print_json, say
from act_core.pipeline.analysis import analyse as carry_out
from act_core.pipeline.repeating import analyse_command
from act_core.recipe import load_recipe


def analyse(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (YAML).")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help=f"One of {', '.join(ANALYSES)}; may be repeated. By default all."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
) -> None:
    """Say how scores and masks lie and what they do, each figure beside its chance level."""
    chosen = only or ANALYSES
    command = analyse_command(recipe, chosen)
    with cancellable() as token, listening(json) as emit:
        result = carry_out(load_recipe(recipe), chosen, command=command, emit=emit, token=token)
    if json:
        print_json({"event": "Outcome", "path": str(result.path), "report": str(result.report)})
        return
    say(f"Findings: {result.path}")
    say(f"Report: {result.report}")
