"""Calibration items set apart, on which candidates are compared that were computed from the rest.

Whoever chooses the best of many candidates by its figure praises it falsely with that figure
(Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, section 7.2). So
choosing has items of its own; held-out items only measure what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from act_core.abilities.encode import Encoded, encode
from act_core.abilities.items import Item
from act_core.abilities.split import Split, normalised, sampled
from act_core.errors import AbilityDataError
from act_core.recipe import Ability

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Of what calibration draws, no more than this is given up for validation.
_MOST_GIVEN_UP = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """One ability's calibration split, divided.

    Attributes:
        calibration: What is computed from.
        validation: What is chosen by.
    """

    calibration: Encoded = field(repr=False)
    validation: Encoded = field(repr=False)


def set_apart(
    splits: Mapping[str, Split],
    drawn: Mapping[str, Encoded],
    abilities: Mapping[str, Ability],
    tokenizer: PreTrainedTokenizerBase,
    seed: int,
) -> dict[str, Apart]:
    """Find validation items: those that calibration does not draw, else a part of what it draws.

    As many as the ability has held-out items are wanted. Where calibration leaves so many, it
    stays as it is; where it leaves fewer, it gives up a quarter of its items at most. No item of
    any ability's validation says what a calibration item of any ability says.

    Args:
        splits: All items by ability.
        drawn: The calibration splits as a run draws them.
        abilities: Their settings.
        tokenizer: The target's.
        seed: Of the draws.

    Raises:
        AbilityDataError: An ability has too few items.
    """
    kept, apart = {}, {}
    for name, ability in abilities.items():
        own = drawn[name].items
        spare = _unlike(splits[name].calibration, own)
        wanted = min(ability.heldout_items, len(own) + len(spare))
        given_up = min(max(0, wanted - len(spare)), int(_MOST_GIVEN_UP * len(own)))
        kept[name] = own[: len(own) - given_up]
        apart[name] = [*sampled(spare, seed)[: wanted - given_up], *own[len(own) - given_up :]]
    calibrating = [item for items in kept.values() for item in items]
    found = {}
    for name, ability in abilities.items():
        validation = _unlike(apart[name], calibrating)
        if not validation:
            raise AbilityDataError(
                f"{name} has {len(drawn[name].items)} calibration items, too few to set some "
                "apart to choose by.",
                remedy="Give it more calibration items.",
            )
        calibration = drawn[name]
        if len(kept[name]) < len(calibration.items):
            calibration = encode(kept[name], tokenizer, ability, seed=seed)
        found[name] = Apart(calibration, encode(validation, tokenizer, ability, seed=seed))
    return found


def _unlike(items: Sequence[Item], others: Sequence[Item]) -> list[Item]:
    """Items that say what none of the others says."""
    said = {normalised(item.text) for item in others}
    return [item for item in items if normalised(item.text) not in said]
