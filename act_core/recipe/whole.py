"""A whole run: as a draft, which may still lack something, and as a recipe, which lacks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from act_core.errors import RecipeError
from act_core.recipe.abilities import Ability
from act_core.recipe.sections import (
    Evaluate,
    GateSettings,
    Localize,
    Name,
    ProfileSettings,
    Section,
    Seed,
    Specialist,
    Transfer,
)
from act_core.recipe.tuning import TuneSettings


@dataclass(frozen=True, slots=True)
class NextStep:
    """A next step in plain words, which can be translated before its values are put in.

    Attributes:
        text: In English; `{name}` stands for a value.
        values: What stands there.
    """

    text: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.values)


class Draft(Section):
    """A run that a person is still putting together."""

    act: Literal[1] = 1
    name: Name
    target: str = ""
    base: str | None = None
    specialists: dict[Name, Specialist] = Field(default_factory=dict)
    abilities: dict[Name, Ability] = Field(default_factory=dict)
    profile: ProfileSettings = ProfileSettings()
    localize: Localize = Localize()
    transfer: Transfer = Transfer()
    gates: GateSettings | None = Field(
        default=None, description="Learn how far each channel moves, in place of a mask."
    )
    tune: TuneSettings | None = Field(
        default=None, description="Light fine-tuning after the transfer."
    )
    evaluate: Evaluate = Evaluate()
    run: Path = Field(description="The run folder.")
    export: Path | None = Field(default=None, description="The checkpoint; by default RUN/model.")
    seed: Seed = 0

    def brought_by(self, specialist: str) -> tuple[str, ...]:
        """Names of the abilities that a specialist brings over."""
        chosen = self.specialists[specialist].brings
        return chosen if chosen is not None else self.with_role("bring")

    def with_role(self, role: Literal["bring", "keep"]) -> tuple[str, ...]:
        """Names of the abilities with a role."""
        return tuple(name for name, ability in self.abilities.items() if ability.role == role)

    def missing(self) -> tuple[NextStep, ...]:
        """What is still missing, each as a next step; empty where nothing is."""
        steps = []
        if not self.target:
            steps.append(NextStep("Choose a target."))
        if not self.specialists:
            steps.append(NextStep("Choose a specialist."))
        bring = self.with_role("bring")
        if not bring:
            steps.append(NextStep("Add an ability to bring over."))
        for name, specialist in self.specialists.items():
            named = {"name": name}
            if not specialist.model:
                steps.append(NextStep("Choose a model for {name}.", named))
            if specialist.brings == ():
                steps.append(NextStep("Choose what {name} brings over.", named))
            steps += [
                NextStep(
                    "Choose what {name} brings over: {ability} is no ability to bring over.",
                    {**named, "ability": ability},
                )
                for ability in specialist.brings or ()
                if ability not in bring
            ]
        return (*steps, *self._unknown_names(), *self._wrong_start())

    def _unknown_names(self) -> Iterator[NextStep]:
        """Names in settings that nothing has."""
        for name in self.transfer.specialists:
            if name not in self.specialists:
                text = "Remove {name} from transfer.specialists: no specialist has this name."
                yield NextStep(text, {"name": name})
        for name in self.tune.shares if self.tune else ():
            if name not in self.abilities:
                text = "Remove {name} from tune.shares: no ability has this name."
                yield NextStep(text, {"name": name})

    def _wrong_start(self) -> Iterator[NextStep]:
        if self.gates and self.gates.start == "interpolation" and len(self.specialists) > 1:
            yield NextStep(
                "Start the gates from task-arithmetic: interpolation is between two models."
            )

    def complete(self) -> Recipe:
        """The draft as a recipe.

        Raises:
            RecipeError: Something is missing.
        """
        try:
            return Recipe.model_validate(dict(self))
        except ValidationError as error:
            raise RecipeError(
                f"The recipe {self.name} is not complete yet.",
                remedy=" ".join(map(str, self.missing())) or "Correct the value named below.",
                detail=str(error),
            ) from error


class Recipe(Draft):
    """A whole run that can be carried out."""

    @model_validator(mode="after")
    def _lacks_nothing(self) -> Recipe:
        if steps := self.missing():
            raise ValueError(" ".join(map(str, steps)))
        return self
