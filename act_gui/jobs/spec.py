"""What a job is to do: frozen when it is submitted, so that later settings cannot change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from act_core.errors import RecipeError
from act_core.recipe import Recipe, parse_recipe


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job's parameters.

    Attributes:
        kind: A key of `works.WORKS`.
        title: What the person sees of it.
        lane: `cpu`, `cuda:0` and so on, `files` or `network`. Jobs of one lane run one after
            another.
        recipe: What is carried out, where the kind carries out a recipe.
        arguments: Plain JSON values for the work; a copy is kept.
    """

    kind: str
    title: str
    lane: str
    recipe: Recipe | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        copied = json.loads(json.dumps(dict(self.arguments), allow_nan=False))
        object.__setattr__(self, "arguments", MappingProxyType(copied))

    def to_data(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "kind": self.kind,
            "title": self.title,
            "lane": self.lane,
            "recipe": None if self.recipe is None else self.recipe.model_dump(mode="json"),
            "arguments": dict(self.arguments),
        }

    @classmethod
    def from_data(cls, data: object) -> JobSpec:
        """Check JSON values that `to_data` gave.

        Raises:
            RecipeError: They are something else.
        """
        if not isinstance(data, dict):
            raise _malformed("it is not a mapping")
        texts = [data.get(name) for name in ("kind", "title", "lane")]
        kind, title, lane = (text if isinstance(text, str) else "" for text in texts)
        arguments = data.get("arguments")
        if not kind or not title or not lane or not isinstance(arguments, dict):
            raise _malformed("kind, title, lane or arguments are missing")
        recipe = data.get("recipe")
        if recipe is not None:
            recipe = parse_recipe(recipe, Path(), f"The recipe of the job {title}")
        try:
            return cls(kind, title, lane, recipe, arguments)
        except ValueError as error:
            raise _malformed(str(error)) from error


def _malformed(why: str) -> RecipeError:
    return RecipeError(
        f"A stored job cannot be read: {why}.", remedy="Start it again from its page."
    )
