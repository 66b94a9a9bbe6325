"""The plan of a recipe's transfer, before anything is computed or written."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from act_core.errors import MaskError
from act_core.localize.masks import Mask, load_mask
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.memory import MemoryEstimate, transfer_memory
from act_core.models.reference import resolve
from act_core.pipeline.selection import Profiles, settled_masks
from act_core.profile.store import load_profile
from act_core.recipe import Recipe
from act_core.runs import RunFolder
from act_core.transfer.gate_edits import gate_moves
from act_core.transfer.gates import load_gates
from act_core.transfer.plan import TransferPlan, plan_transfer
from act_core.transfer.policies import POLICIES, Settled
from act_core.transfer.work import moves_of


@dataclass(frozen=True, slots=True, eq=False)
class RecipePlan:
    """What a recipe's transfer will do.

    Attributes:
        plan: Rows, parameters, bytes, free space and time.
        settled: The masks that move, and how many channels more than one specialist wanted; of
            gates the channels that are open.
        memory: What it takes at most.
    """

    plan: TransferPlan
    settled: Settled
    memory: MemoryEstimate


def plan_of(recipe: Recipe) -> RecipePlan:
    """Plan the transfer of a recipe whose masks or gates are known; reads headers of weights only.

    Args:
        recipe: Its run folder holds the masks, unless its specialists name files.

    Raises:
        GatesError: The recipe has gates, and they are missing or damaged.
        MaskError: A mask is missing or damaged, or several specialists select one channel and the
            recipe says to refuse that.
        ProfileError: The policy compares scores, and a profile is missing or damaged.
        ActError: Everything that `resolve` and `plan_transfer` raise.
    """
    target = resolve(recipe.target, base=recipe.base)
    specialists = {
        name: resolve(section.model, base=recipe.base)
        for name, section in recipe.specialists.items()
    }
    layout = layout_of(target)
    out = recipe.export or RunFolder(recipe.run).model
    if recipe.gates is not None:
        gates = load_gates(RunFolder(recipe.run).gates_path, layout)
        plan = plan_transfer(
            target, gate_moves(target, specialists, gates, recipe.transfer), out, overwrite=True
        )
        opened = Settled({name: gates.mask(name) for name in specialists})
        return RecipePlan(plan, opened, transfer_memory(target))
    masks = {name: _mask(recipe, name, layout) for name in specialists}
    settled = settled_masks(target, recipe, _profiles(recipe, layout), masks)
    moves = moves_of(target, specialists, settled.masks, recipe.transfer)
    plan = plan_transfer(target, moves, out, overwrite=True)
    return RecipePlan(plan, settled, transfer_memory(target))


def _profiles(recipe: Recipe, layout: ChannelLayout) -> Profiles:
    """Those of the run folder, where the policy compares scores."""
    if not POLICIES[recipe.transfer.policy].needs_scores or len(recipe.specialists) == 1:
        return {}
    folder = RunFolder(recipe.run)
    return {
        pair: load_profile(folder.profile_path(*pair), layout)
        for pair in itertools.product(recipe.specialists, recipe.abilities)
    }


def _mask(recipe: Recipe, name: str, layout: ChannelLayout) -> Mask:
    path: Path = recipe.specialists[name].mask or RunFolder(recipe.run).mask_path(name)
    if not path.is_file():
        raise MaskError(
            f"No channels have been selected for {name} yet.",
            remedy="Localize first.",
            title="Mask not found",
        )
    return load_mask(path, layout)
