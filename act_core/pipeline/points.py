"""The candidates of a sweep: what each changes in the recipe, its name, and it as plain data."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from act_core.errors import RecipeError
from act_core.localize.scorers import SCORERS
from act_core.recipe import Budget, Draft, GateSettings, PolicyName, ScorerName
from act_core.transfer.policies import POLICIES

# Scorers that look at no data: what a candidate has to beat, not what it is about.
BASELINE_SCORERS: tuple[ScorerName, ...] = ("weight", "random")
_Recipe = TypeVar("_Recipe", bound=Draft)
_MOST_REFRESHES = 100


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """A mask at a strength. What is None stays as the recipe says.

    Attributes:
        scorer: Whose mask.
        share: Its budget, as a share of all channels.
        strength: How far the channels move.
        price: Weight of the retained abilities' cost in the score.
        policy: Who moves contested channels.
        refreshes: How often scores are taken again while the mask grows.

    Raises:
        RecipeError: One of them is out of bounds.
    """

    scorer: ScorerName
    share: float
    strength: float
    price: float | None = None
    policy: PolicyName | None = None
    refreshes: int | None = None

    def __post_init__(self) -> None:
        sound = self.scorer in SCORERS and 0 < self.share <= 1 and 0 < self.strength <= 2
        sound = sound and (self.price is None or self.price >= 0)
        sound = sound and (self.policy is None or self.policy in POLICIES)
        if not (sound and (self.refreshes is None or 0 <= self.refreshes <= _MOST_REFRESHES)):
            raise RecipeError(
                f"{self.name} is no point of a sweep.",
                remedy=f"Give a scorer ({', '.join(SCORERS)}), a share above 0 up to 1, a strength "
                f"above 0 up to 2, a price of 0 or more, a policy ({', '.join(POLICIES)}), and 0 "
                f"to {_MOST_REFRESHES} refreshes.",
            )

    @property
    def series(self) -> str:
        """What points of one line on the plane have in common: `attributed, price 1`."""
        parts = [
            self.scorer,
            *([] if self.price is None else [f"price {self.price:g}"]),
            *([] if self.refreshes is None else [f"{self.refreshes} refreshes"]),
            *([] if self.policy is None else [self.policy]),
        ]
        return ", ".join(parts)

    @property
    def name(self) -> str:
        """For people, and unique: `attributed 5 % × 0.7, price 1`."""
        size = f" {100 * self.share:.10g} % × {self.strength:.10g}"
        return self.scorer + size + self.series.removeprefix(self.scorer)

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of those that another point has to beat."""
        return self.scorer in BASELINE_SCORERS

    def applied(self, recipe: _Recipe) -> _Recipe:
        """The recipe with this point as its setting."""
        localize: dict[str, Any] = {"scorer": self.scorer, "budget": Budget(share=self.share)}
        transfer: dict[str, Any] = {"strength": self.strength}
        for changes, name in ((localize, "price"), (localize, "refreshes"), (transfer, "policy")):
            if (value := getattr(self, name)) is not None:
                changes[name] = value
        if self.scorer != "attributed":
            localize["refreshes"] = 0  # only these scores are taken again
        return recipe.model_copy(
            update={
                "specialists": {
                    name: section.model_copy(update={"mask": None})
                    for name, section in recipe.specialists.items()
                },
                "localize": recipe.localize.model_copy(update=localize),
                "transfer": recipe.transfer.model_copy(update=transfer),
                "gates": None,
            }
        )

    def plain(self) -> dict[str, Any]:
        """As plain data, for files and jobs; `point_of` reads it."""
        fields = ("scorer", "share", "strength", "price", "policy", "refreshes")
        known = {name: getattr(self, name) for name in fields}
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class GatesPoint:
    """Gates learned with these settings."""

    settings: GateSettings

    @property
    def series(self) -> str:
        """What points of one line on the plane have in common."""
        return "gates"

    @property
    def name(self) -> str:
        """For people, and unique: start and strength, then whatever is not as by default."""
        other = self.settings.model_dump(
            mode="json", exclude={"start", "strength"}, exclude_defaults=True
        )
        parts = [f"gates from {self.settings.start} {self.settings.strength:g}"]
        return ", ".join(parts + [_words(name, value) for name, value in other.items()])

    @property
    def is_baseline(self) -> bool:
        """Never."""
        return False

    def applied(self, recipe: _Recipe) -> _Recipe:
        """The recipe with these gates."""
        return recipe.model_copy(update={"gates": self.settings})

    def plain(self) -> dict[str, Any]:
        """As plain data, for files and jobs; `point_of` reads it."""
        return {"gates": self.settings.model_dump(mode="json", exclude_defaults=True)}


Point = SweepPoint | GatesPoint


def grid(
    scorers: Sequence[ScorerName],
    shares: Sequence[float],
    strengths: Sequence[float],
    *,
    prices: Sequence[float] = (),
    refreshes: Sequence[int] = (),
    policies: Sequence[PolicyName] = (),
) -> list[SweepPoint]:
    """Every combination; what is empty stays as the recipe says.

    Prices and refreshes are of *attributed* alone, so other scorers do not multiply by them.

    Raises:
        RecipeError: A value is out of bounds.
    """
    found = []
    for scorer in scorers:
        own = scorer == "attributed"
        axes = (
            (prices if own else ()) or (None,),
            (refreshes if own else ()) or (None,),
            policies or (None,),
            shares,
            strengths,
        )
        found += [
            SweepPoint(scorer, share, strength, price, policy, again)
            for price, again, policy, share, strength in itertools.product(*axes)
        ]
    return found


def point_of(plain: Mapping[str, Any]) -> Point | None:
    """The point of plain data; None where it is none."""
    try:
        if "gates" in plain:
            return GatesPoint(GateSettings.model_validate(plain["gates"]))
        return SweepPoint(**plain)
    except (RecipeError, TypeError, ValueError):
        return None


def _words(name: str, value: object) -> str:
    """One setting in words, e.g. `l1 0.1` or `budget share 0.05`."""
    if isinstance(value, Mapping):
        value = " ".join(f"{key} {one}" for key, one in value.items() if one is not None)
    elif isinstance(value, list):
        value = " to ".join(str(one) for one in value)
    return f"{name.replace('_', ' ')} {value}"
