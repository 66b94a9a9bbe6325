"""Recipes on disk: read with paths anchored at the recipe, written so that folders can move."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from act_core.errors import RecipeError
from act_core.files import write_whole
from act_core.recipe.sections import Section
from act_core.recipe.whole import Draft, Recipe
from act_core.strict_yaml import load_yaml

_MOST_BYTES = 4 << 20
_Whole = TypeVar("_Whole", bound=Draft)
# An address, or owner/name with what may follow it; `hub.names` says the rest.
_ON_HUB = re.compile(r"\w+://.+|[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[^:]+)?(:.+)?")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; relative paths become relative to its folder.

    Raises:
        RecipeError: Not readable, not YAML, an unknown key (the nearest known one is named), a
            wrong value, or something is missing.
    """
    return _parsed(Recipe, _read(path), path.parent, str(path))


def load_draft(path: Path) -> Draft:
    """Read a recipe that may still lack something; relative paths become relative to its folder.

    Raises:
        RecipeError: As `load_recipe`, but that nothing need be there beside name and run.
    """
    return _parsed(Draft, _read(path), path.parent, str(path))


def parse_recipe(data: Any, folder: Path, origin: str = "The recipe") -> Recipe:
    """Check recipe data; relative paths become relative to `folder`.

    Raises:
        RecipeError: As `load_recipe`.
    """
    return _parsed(Recipe, data, folder, origin)


def save_recipe(recipe: Draft, path: Path, *, relative: bool = False) -> None:
    """Write a recipe, or a draft of one, as YAML.

    Args:
        recipe: What to write.
        path: Where to.
        relative: Write every path that lies in the recipe's folder relative to it, so that the
            folder can be moved; all other paths become absolute.

    Raises:
        OutputError: It cannot be written.
    """
    if relative:
        folder = Path(os.path.abspath(path.parent))
        recipe = _with_paths(recipe, Path(), lambda place: _below(place, folder))
    text = yaml.safe_dump(
        recipe.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True
    )
    write_whole(path, text)


def without_paths(recipe: Draft) -> dict[str, Any]:
    """The recipe as plain data for others: of every path only the last part, Hub names whole."""
    bare = _with_paths(recipe, Path(), lambda place: Path(os.path.abspath(place)).name)
    return bare.model_dump(mode="json", exclude_none=True)


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise RecipeError(f"{path} is too large to be a recipe.", remedy="Check the path.")
        return load_yaml(content.decode())
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(
            f"{path} is not valid YAML.", remedy="Mend the line named below.", detail=str(error)
        ) from error


def _parsed(kind: type[_Whole], data: Any, folder: Path, origin: str) -> _Whole:
    if not isinstance(data, dict):
        raise RecipeError(
            f"{origin} is not a mapping of keys to values.",
            remedy="Start from an example under benchmarks/recipes.",
        )
    try:
        whole = kind.model_validate(data)
    except ValidationError as error:
        raise _readable(error, origin) from error
    return _with_paths(whole, folder, lambda place: str(folder / os.path.expanduser(place)))


def _with_paths(whole: _Whole, folder: Path, change: Callable[[str], str]) -> _Whole:
    """The recipe with every path in it changed, those within references too.

    Args:
        whole: The recipe.
        folder: What its relative paths are relative to.
        change: Gives a path's new text.
    """
    data = whole.model_dump()

    def in_place(holder: dict[str, Any], key: str, how: Callable[[str], str]) -> None:
        if holder[key] is not None and str(holder[key]):
            holder[key] = how(str(holder[key]))

    def reference(text: str) -> str:
        """Each part of `BASE+ADAPTER` on its own; a path that exists goes first."""
        if (folder / os.path.expanduser(text)).exists():
            return change(text)
        parts = text.split("+")
        if len(parts) > 1:
            return "+".join(reference(part) for part in parts)
        return text if _ON_HUB.fullmatch(text) else change(text)

    for key in ("run", "export"):
        in_place(data, key, change)
    for key in ("target", "base"):
        in_place(data, key, reference)
    in_place(data["evaluate"], "task_folder", change)
    for specialist in data["specialists"].values():
        in_place(specialist, "model", reference)
        in_place(specialist, "mask", change)
    for ability in data["abilities"].values():
        for source in (*ability["calibration"], *ability["heldout"]):
            in_place(source, "file", change)
        if ability["shots"] is not None:
            in_place(ability["shots"], "file", change)
    return type(whole).model_validate(data)


def _below(place: str, folder: Path) -> str:
    """A path relative to the folder if it lies in it, else absolute."""
    path = Path(os.path.abspath(place))
    if not path.is_relative_to(folder):
        return str(path)
    text = path.relative_to(folder).as_posix()
    return f"./{text}" if text.startswith("~") else text


def _readable(error: ValidationError, origin: str) -> RecipeError:
    """The first complaint in plain words, with the nearest known name for an unknown key."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        unknown = str(first["loc"][-1])
        near = difflib.get_close_matches(unknown, sorted(_known_keys(Draft)), n=1)
        hint = f"Did you mean {near[0]}?" if near else "Remove it."
        return RecipeError(f"{origin} has the unknown key {where}.", remedy=hint)
    if not where:
        steps = first["msg"].removeprefix("Value error, ")
        return RecipeError(f"{origin} is not complete.", remedy=steps, detail=str(error))
    return RecipeError(
        f"{origin}: {where}: {first['msg']}.",
        remedy="Correct this value and run again.",
        detail=str(error),
    )


def _known_keys(section: type[BaseModel]) -> Iterator[str]:
    for sub in (section, *Section.__subclasses__()):
        yield from sub.model_fields
