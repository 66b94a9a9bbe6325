"""A first recipe from the names of models and data, so that nobody begins with an empty file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from act_core.errors import OutputError, RecipeError
from act_core.recipe import Recipe, parse_recipe


def starter_recipe(
    target: str,
    specialist: str,
    bring: Sequence[str],
    keep: Sequence[str],
    path: Path,
) -> Recipe:
    """A recipe with the default settings.

    Args:
        target: Reference of the target.
        specialist: Reference of the specialist.
        bring: Abilities to bring over, each `BUILTIN` or `NAME=CALIBRATION,HELDOUT` (files).
        keep: Abilities to keep, likewise.
        path: Where the recipe will lie; its stem names the run.

    Raises:
        OutputError: There is a recipe already.
        RecipeError: An ability is written otherwise.
    """
    if path.exists():
        raise OutputError(f"{path} is there already.", remedy="Choose another name with --out.")
    name = path.stem
    data: dict[str, Any] = {
        "act": 1,
        "name": name,
        "target": target,
        "specialists": {"specialist": {"model": specialist}},
        "abilities": {
            **dict(_ability(text, "bring") for text in bring),
            **dict(_ability(text, "keep") for text in keep),
        },
        "run": f"runs/{name}",
    }
    return parse_recipe(data, Path.cwd(), "The new recipe")


def _ability(text: str, role: str) -> tuple[str, dict[str, Any]]:
    name, equals, files = text.partition("=")
    if not equals:
        source = {"builtin": name}
        return name, {"role": role, "calibration": [source], "heldout": [source]}
    calibration, comma, heldout = files.partition(",")
    if not comma:
        raise RecipeError(
            f"{text} names one file.",
            remedy=f"Name both splits: {name}=CALIBRATION,HELDOUT. They must not share an item.",
        )
    return name, {
        "role": role,
        "calibration": [{"file": calibration}],
        "heldout": [{"file": heldout}],
    }
