"""What a baseline is: a named way to merge, its parameters, and what it needs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from act_core.baselines.setting import Setting
from act_core.errors import RecipeError
from act_core.recipe import BaselineName


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a baseline takes.

    Attributes:
        values: What is tried by default: the paper's or mergekit's recommendation, and where it
            matters a small grid.
        low, high: Bounds, both allowed.
        meaning: For people.
    """

    values: tuple[float, ...]
    low: float
    high: float
    meaning: str


@dataclass(frozen=True, slots=True)
class Point:
    """One way to run a baseline: a candidate.

    Attributes:
        baseline: Name of the baseline.
        name: Of the candidate, unique.
        parameters: Values by name.
        outer: Of layer swapping, the model whose first and last layers are taken; else empty.
    """

    baseline: BaselineName
    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    outer: str = ""


Unfit = Callable[[Setting], str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A way to merge.

    Attributes:
        name: In recipes.
        title: For people.
        source: Paper or page.
        parameters: By name.
        unfit: Why a setting does not suit it, in one sentence; empty where it does.
        mergekit: mergekit's name for it; empty where it is computed here.
        by_outer: There is a point for each of the two models.
    """

    name: BaselineName
    title: str
    source: str
    parameters: Mapping[str, Parameter]
    unfit: Unfit
    mergekit: str = ""
    by_outer: bool = False

    def points(self, setting: Setting, chosen: Mapping[str, tuple[float, ...]]) -> Iterator[Point]:
        """Every combination of parameters.

        Args:
            setting: What is merged.
            chosen: Values in place of the defaults, by parameter.

        Raises:
            RecipeError: A parameter is unknown, without a value or out of bounds.
        """
        grid = {name: chosen.get(name, one.values) for name, one in self.parameters.items()}
        self.check(chosen)
        # A lone default goes without saying.
        told = [
            name
            for name, one in self.parameters.items()
            if len(one.values) > 1 or grid[name] != one.values
        ]
        if self.name == "linear" and "target" not in setting.ends:
            grid, told = {}, []  # specialists alone are averaged evenly
        outers = tuple(setting.ends) if self.by_outer else ("",)
        for outer in outers:
            for values in itertools.product(*grid.values()):
                parameters = dict(zip(grid, values, strict=True))
                words = [self.name, *([f"outer {outer}"] if outer else [])]
                words += [f"{name} {parameters[name]:g}" for name in told]
                yield Point(self.name, " ".join(words), parameters, outer)

    def check(self, chosen: Mapping[str, tuple[float, ...]]) -> None:
        """Refuse values that it does not take.

        Raises:
            RecipeError: A parameter is unknown, without a value or out of bounds.
        """
        for name, values in chosen.items():
            known = self.parameters.get(name)
            if known is None:
                raise RecipeError(
                    f"The baseline {self.name} has no parameter {name}.",
                    remedy=f"It has: {', '.join(self.parameters) or 'none'}.",
                )
            if not values or not all(known.low <= value <= known.high for value in values):
                raise RecipeError(
                    f"evaluate.baselines.{self.name}.{name} is {list(values)}.",
                    remedy=f"Give numbers from {known.low:g} to {known.high:g}: {known.meaning}.",
                )


def fits_any(_setting: Setting) -> str:
    """For methods that merge any number of models into their ancestor."""
    return ""


def needs_two_ends(setting: Setting) -> str:
    """For methods between exactly two models."""
    count = len(setting.ends)
    return "" if count == 2 else f"It merges exactly two models; here there are {count}."


def needs_two_tuned(setting: Setting) -> str:
    """For methods that compare differences of several models from one ancestor."""
    if len(setting.tuned) > 1:
        return ""
    return (
        "It needs two models fine-tuned from one ancestor, and here there is one: give two "
        "specialists, or a base of target and specialist."
    )
