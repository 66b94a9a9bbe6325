"""`act sweep`: many settings on one loaded model, and the best of them within the limits."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer
import yaml
from pydantic import ValidationError

from act_core.cli.cancelling import cancellable
from act_core.cli.screen import listening, print_json, say, show_table
from act_core.errors import RecipeError
from act_core.pipeline.plane import plane_table
from act_core.pipeline.points import GatesPoint, Point, grid
from act_core.pipeline.recommend import recommendation_table
from act_core.pipeline.repeating import sweep_command
from act_core.pipeline.sweep import SweepResult
from act_core.pipeline.sweep import sweep as carry_out
from act_core.recipe import Evaluate, GateSettings, PolicyName, Recipe, ScorerName, load_recipe
from act_core.strict_yaml import load_yaml

_REPEATED = "Likewise; by default the recipe's."
_COMMA = re.compile(r",(?![^\[]*\])")  # not those of a list, such as bounds=[0, 1]


def sweep(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (YAML).")],
    share: Annotated[
        list[float] | None, typer.Option("--share", help="Share of all channels; may be repeated.")
    ] = None,
    strength: Annotated[list[float] | None, typer.Option("--strength", help=_REPEATED)] = None,
    scorer: Annotated[list[str] | None, typer.Option("--scorer", help=_REPEATED)] = None,
    price: Annotated[
        list[float] | None, typer.Option("--price", help=f"Of attributed. {_REPEATED}")
    ] = None,
    refreshes: Annotated[
        list[int] | None, typer.Option("--refreshes", help=f"Of attributed. {_REPEATED}")
    ] = None,
    policy: Annotated[list[str] | None, typer.Option("--policy", help=_REPEATED)] = None,
    gates: Annotated[
        list[str] | None,
        typer.Option(
            "--gates",
            metavar="NAME=VALUE,...",
            help="Learned gates too, with these settings over the recipe's; may be repeated.",
        ),
    ] = None,
    lose_at_most: Annotated[
        list[str] | None,
        typer.Option(
            "--lose-at-most",
            metavar="ABILITY=SHARE",
            help="Limit of an ability to keep, in place of the recipe's; may be repeated.",
        ),
    ] = None,
    halving: Annotated[
        bool, typer.Option(help="Measure the worse half of the candidates on few items only.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
) -> None:
    """Compare many settings, and recommend the best that keeps the limits."""
    chosen = _limited(load_recipe(recipe), lose_at_most or ())
    masks = grid(
        cast("list[ScorerName]", scorer or [chosen.localize.scorer]),
        share or [],
        strength or [chosen.transfer.strength],
        prices=price or (),
        refreshes=refreshes or (),
        policies=cast("list[PolicyName]", policy or []),
    )
    points: list[Point] = [*masks, *(GatesPoint(_gates(chosen, one)) for one in gates or ())]
    if not points:
        raise RecipeError("Nothing is to be compared.", remedy="Give --share, or --gates.")
    limits = lose_at_most or ()
    command = sweep_command(recipe, chosen, points, halving=halving, limits=limits)
    with cancellable() as token, listening(json) as emit:
        result = carry_out(chosen, points, halving=halving, command=command, emit=emit, token=token)
    if json:
        told = dataclasses.asdict(result.recommendation)
        place = {"path": str(result.path), "report": result.report and str(result.report)}
        print_json({"event": "Outcome", **place, "recommendation": told})
    else:
        _show(result, chosen.name)


def _show(result: SweepResult, name: str) -> None:
    """What was measured, what is recommended, and where it lies."""
    found = result.recommendation
    show_table(plane_table(result.measured), f"{name}: validation items")
    if found.heldout:
        show_table(recommendation_table(found), f"{name}: held-out items")
    for sentence in found.sentences:
        say(sentence)
    say(f"Figures: {result.path}")
    if result.report:
        say(f"Report: {result.report}")


def _limited(recipe: Recipe, limits: Sequence[str]) -> Recipe:
    """The recipe with limits of the command line in place of its own.

    Raises:
        RecipeError: One is no share of an ability.
    """
    own = dict(recipe.evaluate.limits)
    for text in limits:
        name, _, number = text.rpartition("=")
        own[name] = _value(number)
    data = recipe.evaluate.model_dump() | {"limits": own}
    try:
        return recipe.model_copy(update={"evaluate": Evaluate.model_validate(data)})
    except ValidationError as error:
        raise RecipeError(
            f"--lose-at-most {' '.join(limits)} is no limit.",
            remedy="Give an ability and a share above 0 up to 1, such as maths=0.02.",
            detail=str(error),
        ) from error


def _gates(recipe: Recipe, text: str) -> GateSettings:
    """The recipe's gates with some settings changed.

    Raises:
        RecipeError: One is unknown or out of bounds.
    """
    data = (recipe.gates or GateSettings()).model_dump()
    for part in _COMMA.split(text):
        name, _, value = part.partition("=")
        data[name.strip().replace("-", "_")] = _value(value)
    try:
        return GateSettings.model_validate(data)
    except ValidationError as error:
        raise RecipeError(
            f"--gates {text} are no settings of gates.",
            remedy=f"Give some of {', '.join(GateSettings.model_fields)}, such as l1=0.1,steps=8.",
            detail=str(error),
        ) from error


def _value(text: str) -> Any:
    """A value as in a recipe; what is none stays text, and is refused where it is checked."""
    try:
        return load_yaml(text)
    except yaml.YAMLError:
        return text
