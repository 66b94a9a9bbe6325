"""What a tuning reads and at which rate, step by step, and when it ends."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from act_core.abilities.encode import Encoded, check_context
from act_core.errors import ActError
from act_core.models.reference import Model
from act_core.recipe import GateSettings, TuneSettings
from act_core.tune.tuning_data import TuningData, tuning_data


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a tuning reads, and when it ends; meanings as in a recipe's gates.

    Attributes:
        steps: At most.
        batch_tokens: Of each ability in one step.
        validation: Share of the calibration data that only says when to stop.
        check_every: Steps from one check on it to the next.
        patience: Checks without gain before it stops.
        seed: Of the split and of the order of the data.
        shares: By ability, how much of it a step reads and how much its loss weighs, relative to
            each other; 1 where an ability is not named.
        decay: Whether the learning rate warms up over a tenth of the steps, and then falls.
        ends: Steps after which it ends, the rate falling as towards `steps`; 0: after all.
    """

    steps: int
    batch_tokens: int
    validation: float
    check_every: int
    patience: int
    seed: int = 0
    shares: tuple[tuple[str, float], ...] = ()
    decay: bool = False
    ends: int = 0

    @classmethod
    def of(cls, settings: GateSettings | TuneSettings, seed: int) -> Schedule:
        """What gates and tunings have in common: all but shares, decay and an early end."""
        return cls(
            settings.steps,
            settings.batch_tokens,
            settings.validation,
            settings.check_every,
            settings.patience,
            seed,
        )

    @property
    def last(self) -> int:
        """Steps after which it ends."""
        return self.ends or self.steps

    def key_facts(self) -> dict[str, Any]:
        """What decides the result, as plain data; what came later counts where it is used."""
        facts = dataclasses.asdict(self)
        return {n: v for n, v in facts.items() if n not in ("shares", "decay", "ends") or v}

    def rate(self, step: int, highest: float) -> float:
        """The learning rate of a step, counted from 0.

        Linear warm-up, then linear decay that would reach zero one step after the last (as
        transformers' `linear` schedule).
        """
        if not self.decay:
            return highest
        warm = max(1, round(self.steps / 10))
        if step < warm:
            return highest * (step + 1) / warm
        return highest * (self.steps - step) / (self.steps - warm)

    def weights(self, abilities: Iterable[str]) -> dict[str, float]:
        """The share of each ability; together 1."""
        own = dict(self.shares)
        wanted = {ability: own.get(ability, 1.0) for ability in abilities}
        return {ability: one / math.fsum(wanted.values()) for ability, one in wanted.items()}

    def data(self, target: Model, abilities: Mapping[str, Encoded]) -> tuple[TuningData, ...]:
        """What each ability gives.

        Raises:
            AbilityDataError: It has nothing to learn from, or is longer than the context.
        """
        for ability, encoded in abilities.items():
            check_context(ability, encoded, target.shape.context)
        weights = self.weights(abilities)
        return tuple(
            tuning_data(
                ability,
                encoded,
                steps=self.last,
                batch_tokens=max(1, round(self.batch_tokens * len(weights) * weights[ability])),
                validation=self.validation,
                seed=self.seed,
                weight=weights[ability],
            )
            for ability, encoded in abilities.items()
        )


def can_learn(dtype: str) -> bool:
    """Whether a dtype, as in a recipe, has room for small gradients: in float16 they become 0."""
    return dtype != "float16"


def check_dtype(dtype: str, error: type[ActError]) -> None:
    """Refuse to learn where small gradients would become zero.

    Raises:
        ActError: Of the class `error`: the dtype is float16.
    """
    if not can_learn(dtype):
        raise error(
            "float16 has no room for the gradients of a tuning.",
            remedy="Choose bfloat16, or float32, as the profile's dtype.",
        )
