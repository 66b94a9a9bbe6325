"""A first recipe from the names of models and data, so that nobody begins with an empty file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from act_core.abilities.divide import divide_file
from act_core.abilities.sources import builtin_names, read_rows
from act_core.abilities.suggest import suggest
from act_core.errors import OutputError, RecipeError
from act_core.hub.names import name_unless_local
from act_core.recipe import Recipe, Source, parse_recipe

_CALIBRATION = re.compile(r"[_-](?:train|calib|calibration)$", re.IGNORECASE)


def starter_recipe(
    target: str,
    specialists: Sequence[str],
    bring: Sequence[str],
    keep: Sequence[str],
    path: Path,
) -> Recipe:
    """A recipe with the default settings; templates and measures are found out from the data.

    Args:
        target: Reference of the target.
        specialists: References of the specialists. Several are named for their folders, and
            channels that more than one claims go to the strongest score.
        bring: Abilities to bring over, each `BUILTIN`, `FILE` or `NAME=CALIBRATION,HELDOUT`,
            with `@FIELD=VALUE` behind it to take only some rows. A single file named `..._train` or
            `..._calib` goes with the `..._heldout` beside it; any other is dealt into two files.
        keep: Abilities to keep, likewise.
        path: Where the recipe will lie; its stem names the run.

    Raises:
        OutputError: There is a recipe already, or a file cannot be written.
        RecipeError: An ability is written otherwise.
        AbilityDataError: A file cannot be used.
    """
    if path.exists():
        raise OutputError(f"{path} is there already.", remedy="Choose another name with --out.")
    name = path.stem
    folder = path.parent / f"{name}-data"
    data: dict[str, Any] = {
        "act": 1,
        "name": name,
        "target": target,
        "specialists": {name: {"model": model} for name, model in _named(specialists).items()},
        "abilities": {
            **dict(_ability(text, "bring", folder) for text in bring),
            **dict(_ability(text, "keep", folder) for text in keep),
        },
        "run": f"runs/{name}",
    }
    if len(specialists) > 1:
        data["transfer"] = {"policy": "strongest"}
    return parse_recipe(data, Path.cwd(), "The new recipe")


def _named(specialists: Sequence[str]) -> dict[str, str]:
    """Specialists by name: of their folders, with a number behind what is there already."""
    if len(specialists) == 1:
        return {"specialist": specialists[0]}
    found: dict[str, str] = {}
    for model in specialists:
        last = model.rpartition("+")[2]
        named = name_unless_local(last)
        title = Path(last).stem if named is None else named.repo.partition("/")[2]
        name = _plain(title) or "specialist"
        number = 1
        while (unique := name if number == 1 else f"{name}-{number}") in found:
            number += 1
        found[unique] = model
    return found


def _plain(text: str) -> str:
    """A text as a name in a recipe; empty where nothing of it can stand in one."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:60]


def _ability(text: str, role: str, folder: Path) -> tuple[str, dict[str, Any]]:
    what, *conditions = text.split("@")
    where: dict[str, str | int | bool] = dict(_condition(one, text) for one in conditions)
    name, equals, files = what.partition("=")
    if not equals and (Path(what).suffix or what not in builtin_names()):
        name, calibration, heldout = _single(Path(what), folder)
        name = "-".join((name, *map(str, where.values())))
    elif not equals:
        source = {"builtin": name, "where": where}
        return name, {"role": role, "calibration": [source], "heldout": [source]}
    else:
        first, comma, second = files.partition(",")
        if not comma:
            raise RecipeError(
                f"{text} names one file.",
                remedy=f"Name both splits: {name}=CALIBRATION,HELDOUT. They share no item.",
            )
        calibration, heldout = Path(first), Path(second)
    rows = read_rows(Source(file=heldout, where=where), "heldout")
    return name, {
        "role": role,
        "calibration": [{"file": str(calibration), "where": where}],
        "heldout": [{"file": str(heldout), "where": where}],
        **suggest(rows).settings(),
    }


def _condition(text: str, whole: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or not field:
        raise RecipeError(f"{whole} has no value to filter by.", remedy="Write @FIELD=VALUE.")
    return field, value


def _single(path: Path, folder: Path) -> tuple[str, Path, Path]:
    """Name and splits of one file: with the held-out file beside it, or dealt into two."""
    stem = _CALIBRATION.sub("", path.stem)
    name = _plain(stem) or "ability"
    beside = path.with_name(f"{stem}_heldout{path.suffix}")
    if stem != path.stem and beside.is_file():
        return name, path, beside
    made = divide_file(path, folder, name, 0)
    return name, made.calibration, made.heldout
