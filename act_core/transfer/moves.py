"""What each specialist brings to a target: the edits of its mask, and of what no mask covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from act_core.localize.masks import Mask
from act_core.models.reference import Model
from act_core.recipe import Transfer
from act_core.transfer.edits import Edit, mask_edits
from act_core.transfer.parts import part_edits
from act_core.transfer.policies import shares_of


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """What one specialist brings.

    Attributes:
        name: Name of the specialist.
        specialist: The model.
        edits: Which entries of which tensors move how far.
    """

    name: str
    specialist: Model
    edits: tuple[Edit, ...]


def moves_of(
    target: Model, specialists: Mapping[str, Model], masks: Mapping[str, Mask], choices: Transfer
) -> tuple[Move, ...]:
    """What each specialist's mask moves, with embeddings, norms and head as chosen.

    Args:
        target: The target.
        specialists: By name.
        masks: By specialist, settled by the policy of the choices.
        choices: Strength, policy, and what happens to embeddings, norms and head.

    Raises:
        MaskError: A mask belongs to a model of another form, or a part is contested and the policy
            is to refuse.
    """
    shares = shares_of(masks, choices.policy, choices.strength)
    parts = part_edits(target, masks, choices)
    return tuple(
        Move(
            name,
            specialists[name],
            (*mask_edits(target, mask, choices.strength, shares), *parts[name]),
        )
        for name, mask in masks.items()
    )
