"""The recipe: one YAML file that says everything a run does (design.md, section 1).

Window and command line read and write the same recipe. Relative paths are relative to the recipe.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from act_core.errors import RecipeError
from act_core.files import write_whole

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Share = Annotated[float, Field(gt=0, le=1)]
Statistic = Literal["difference", "matched", "attributed"]
ScorerName = Literal["difference", "matched", "attributed", "contrast", "weight", "random"]
Measure = Literal["loss", "exact", "choice"]
Part = Literal["leave", "move"] | Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """Base of all sections: frozen, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Section):
    """Where items come from: a file, or a built-in set by name."""

    file: Path | None = None
    builtin: str | None = None
    where: dict[str, str | int | bool] = Field(
        default_factory=dict, description="Keep only rows whose fields have these values."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if (self.file is None) == (self.builtin is None):
            raise ValueError("give either file or builtin")
        return self


class Template(Section):
    """How a row becomes text; `{field}` is replaced by the row's field. Found out where absent."""

    text: str | None = None
    prompt: str | None = None
    answer: str | None = None
    chat: bool = Field(default=False, description="Render with the model's chat template.")


class Ability(Section):
    """A named set of inputs with its two splits, which never mix."""

    role: Literal["bring", "keep"] = "bring"
    calibration: tuple[Source, ...] = Field(min_length=1)
    heldout: tuple[Source, ...] = Field(min_length=1)
    template: Template | None = None
    counted: Literal["answer", "all"] | None = Field(
        default=None, description="Counted tokens; by default the answer where there is a prompt."
    )
    measures: tuple[Measure, ...] = ("loss",)
    calibration_tokens: int = Field(default=4096, ge=1, description="Counted tokens to profile on.")
    heldout_items: int = Field(default=200, ge=1)
    length_tokens: int = Field(default=256, ge=2, description="Longer items are cut.")
    packed: bool = Field(default=False, description="Join items to full blocks instead of padding.")
    new_tokens: int = Field(
        default=32, ge=1, description="Most tokens generated for an exact match."
    )


class Specialist(Section):
    """A model that has abilities the target lacks."""

    model: str
    brings: tuple[Name, ...] | None = Field(
        default=None, description="By default all with role bring."
    )


class ProfileSettings(Section):
    """How statistics are gathered."""

    device: str = "auto"
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    batch_tokens: int | None = Field(default=None, ge=1, description="Found out where absent.")


class Budget(Section):
    """How much may be selected: exactly one of the three."""

    share: Share | None = Field(default=None, description="Share of all channels.")
    parameters: int | None = Field(
        default=None, ge=1, description="Parameters of the selected channels."
    )
    positive: Literal[True] | None = Field(
        default=None, description="Every channel whose score is above zero."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Budget:
        if sum(value is not None for value in (self.share, self.parameters, self.positive)) != 1:
            raise ValueError("give exactly one of share, parameters, positive")
        return self


class Localize(Section):
    """Which channels are selected."""

    scorer: ScorerName = "matched"
    ranking: Literal["module", "global", "normalised"] = "module"
    budget: Budget = Budget(share=0.05)
    price: float = Field(default=0.0, ge=0, description="Weight of the retained abilities' cost.")
    tie: tuple[Literal["rotary", "kv", "neuron"], ...] = ()


class Transfer(Section):
    """What is moved, and how far."""

    strength: Annotated[float, Field(gt=0, le=2)] = 1.0
    embeddings: Part = "leave"
    norms: Part = "leave"
    head: Part = "leave"


class Evaluate(Section):
    """What is measured beside target, specialist and result."""

    controls: tuple[Literal["random", "weight", "interpolation"], ...] = (
        "random",
        "weight",
        "interpolation",
    )
    scorers: tuple[ScorerName, ...] = Field(
        default=(), description="Masks by other scorers with the same ranking and budget."
    )
    interpolations: tuple[Share, ...] = Field(
        default=(0.25, 0.5), description="Strengths of the control that moves everything."
    )
    resamples: int = Field(default=2000, ge=100, description="Bootstrap resamples.")


class Recipe(Section):
    """A whole run."""

    act: Literal[1] = 1
    name: Name
    target: str
    base: str | None = None
    specialists: dict[Name, Specialist] = Field(min_length=1)
    abilities: dict[Name, Ability] = Field(min_length=1)
    profile: ProfileSettings = ProfileSettings()
    localize: Localize = Localize()
    transfer: Transfer = Transfer()
    evaluate: Evaluate = Evaluate()
    run: Path = Field(description="The run folder.")
    export: Path | None = Field(default=None, description="The checkpoint; by default RUN/model.")
    seed: int = 0

    @model_validator(mode="after")
    def _names_are_known(self) -> Recipe:
        bring = {name for name, ability in self.abilities.items() if ability.role == "bring"}
        if not bring:
            raise ValueError("no ability has the role bring")
        for name, specialist in self.specialists.items():
            for ability in specialist.brings or ():
                if ability not in bring:
                    raise ValueError(f"{name} brings {ability}, which is no ability to bring")
        return self

    def brought_by(self, specialist: str) -> tuple[str, ...]:
        """Names of the abilities that a specialist brings over."""
        chosen = self.specialists[specialist].brings
        return chosen if chosen is not None else self.with_role("bring")

    def with_role(self, role: Literal["bring", "keep"]) -> tuple[str, ...]:
        """Names of the abilities with a role."""
        return tuple(name for name, ability in self.abilities.items() if ability.role == role)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; relative paths become relative to its folder.

    Raises:
        RecipeError: Not readable, not YAML, an unknown key (the nearest known one is named) or a
            wrong value.
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise RecipeError(
            f"{path} is not valid YAML.", remedy="Mend the line named below.", detail=str(error)
        ) from error
    return parse_recipe(data, path.parent, str(path))


def parse_recipe(data: Any, folder: Path, origin: str = "The recipe") -> Recipe:
    """Check recipe data; relative paths become relative to `folder`.

    Raises:
        RecipeError: As `load_recipe`.
    """
    if not isinstance(data, dict):
        raise RecipeError(
            f"{origin} is not a mapping of keys to values.",
            remedy="Start from an example under benchmarks/recipes.",
        )
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        raise _readable(error, origin) from error
    return _anchored(recipe, folder)


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as YAML.

    Raises:
        OutputError: It cannot be written.
    """
    text = yaml.safe_dump(
        recipe.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True
    )
    write_whole(path, text)


def _anchored(recipe: Recipe, folder: Path) -> Recipe:
    data = recipe.model_dump()
    for key in ("run", "export"):
        if data[key] is not None:
            data[key] = folder / data[key]
    for key in ("target", "base"):
        if data[key] is not None:
            data[key] = _anchored_reference(data[key], folder)
    for specialist in data["specialists"].values():
        specialist["model"] = _anchored_reference(specialist["model"], folder)
    for ability in data["abilities"].values():
        for source in (*ability["calibration"], *ability["heldout"]):
            if source["file"] is not None:
                source["file"] = folder / source["file"]
    return Recipe.model_validate(data)


def _anchored_reference(reference: str, folder: Path) -> str:
    """Each part of `BASE+ADAPTER` on its own; a whole name that exists goes first."""
    whole = folder / Path(reference).expanduser()
    if whole.exists() or "+" not in reference:
        return str(whole)
    return "+".join(str(folder / Path(part).expanduser()) for part in reference.split("+"))


def _readable(error: ValidationError, origin: str) -> RecipeError:
    """The first complaint in plain words, with the nearest known name for an unknown key."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        unknown = str(first["loc"][-1])
        near = difflib.get_close_matches(unknown, sorted(_known_keys(Recipe)), n=1)
        hint = f"Did you mean {near[0]}?" if near else "Remove it."
        return RecipeError(f"{origin} has the unknown key {where}.", remedy=hint)
    return RecipeError(
        f"{origin}: {where or 'the recipe'}: {first['msg']}.",
        remedy="Correct this value and run again.",
        detail=str(error),
    )


def _known_keys(section: type[BaseModel]) -> Iterator[str]:
    for sub in (section, *Section.__subclasses__()):
        yield from sub.model_fields
