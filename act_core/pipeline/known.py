"""What a recipe's run folder already knows to move: its masks or its gates, at any strength."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from act_core.errors import MaskError, TunedError
from act_core.hub.models import find_model
from act_core.localize.masks import Mask, load_mask
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.reference import Model
from act_core.pipeline.fetching import as_carried_out
from act_core.pipeline.selection import Profiles, settled_masks
from act_core.profile.store import load_profile
from act_core.recipe import Recipe
from act_core.runs import RunFolder
from act_core.transfer.contest import Contest, contest_of
from act_core.transfer.gate_edits import gate_moves
from act_core.transfer.gates import Gates, load_gates
from act_core.transfer.moves import Move, moves_of
from act_core.transfer.policies import POLICIES, Settled
from act_core.tune.tuned_training import read_tuned


@dataclass(frozen=True, slots=True, eq=False)
class KnownMoves:
    """What moves, from files alone.

    Attributes:
        moves: What each specialist brings.
        settled: The masks that move, and how many channels more than one specialist wanted; of
            gates the channels that are open.
        written: What the checkpoint holds of it: all, but for an adapter that is kept beside it.
    """

    moves: tuple[Move, ...]
    settled: Settled
    written: tuple[Move, ...]


def models_of(recipe: Recipe) -> tuple[Model, dict[str, Model]]:
    """Target and specialists, from headers alone; those of the Hub at the run's commits.

    Raises:
        ActError: Everything that `find_model` raises.
    """
    recipe = as_carried_out(recipe)
    specialists = {
        name: find_model(section.model, base=recipe.base)
        for name, section in recipe.specialists.items()
    }
    return find_model(recipe.target, base=recipe.base), specialists


def known_moves(
    recipe: Recipe,
    target: Model,
    specialists: Mapping[str, Model],
    *,
    strength: float | None = None,
) -> KnownMoves:
    """What the recipe moves with the masks or gates of its run folder.

    Args:
        recipe: Its run folder holds the masks, unless its specialists name files.
        target: The target.
        specialists: By name.
        strength: How far masks move in place of the recipe's strength; gates are multiplied by
            it, and so is what was tuned. At zero nothing at all moves, embeddings and norms
            included.

    Raises:
        GatesError: The recipe has gates, and they are missing or damaged.
        TunedError: The recipe has a tuning, and it is missing, damaged, or of another transfer.
        MaskError: A mask is missing or damaged, or several specialists select one channel and the
            recipe says to refuse that.
        ProfileError: The policy compares scores, and a profile is missing or damaged.
    """
    if recipe.tune is not None:
        return _known_tuned(recipe, target, specialists, strength)
    layout = layout_of(target)
    if recipe.gates is not None:
        gates = load_gates(RunFolder(recipe.run).gates_path, layout)
        settled = Settled({name: gates.mask(name) for name in specialists})
        if strength is not None:
            gates = _scaled(gates, strength)
        moves = gate_moves(target, specialists, gates, recipe.transfer)
    else:
        masks = {name: _mask(recipe, name, layout) for name in specialists}
        settled = settled_masks(target, recipe, _profiles(recipe, layout), masks)
        choices = recipe.transfer
        if strength is not None:
            choices = choices.model_copy(update={"strength": strength})
        moves = moves_of(target, specialists, settled.masks, choices)
    moves = () if strength == 0 else moves
    return KnownMoves(moves, settled, moves)


def _known_tuned(
    recipe: Recipe, target: Model, specialists: Mapping[str, Model], strength: float | None
) -> KnownMoves:
    """As `known_moves`, with what was tuned after the transfer."""
    settings, plain = recipe.tune, recipe.model_copy(update={"tune": None})
    before = known_moves(plain, target, specialists)
    tuned = read_tuned(RunFolder(recipe.run).tuned_path("result"))
    if settings is None or tuned is None or tuned.facts["kind"] != settings.kind:
        raise TunedError("Nothing has been tuned after this transfer yet.", remedy="Tune first.")
    moves = tuned.moves(target, before.moves)
    apart = settings.kind == "lora" and settings.keep == "adapter"
    if strength is None:
        return KnownMoves(moves, before.settled, before.moves if apart else moves)
    if strength == 0:
        return KnownMoves((), before.settled, ())
    own = moves[-1]
    own_tensors = {edit.tensor for edit in own.edits}
    others = tuple(
        dataclasses.replace(one, edits=tuple(e for e in one.edits if e.tensor not in own_tensors))
        for one in known_moves(plain, target, specialists, strength=strength).moves
    )
    edits = tuple(dataclasses.replace(edit, strength=strength) for edit in own.edits)
    moves = (*others, dataclasses.replace(own, edits=edits))
    return KnownMoves(moves, before.settled, moves)


def known_contest(recipe: Recipe) -> Contest:
    """What the masks of a recipe claim together, before any policy.

    Raises:
        MaskError: A mask is missing or damaged.
        ActError: Everything that `find_model` raises.
    """
    recipe = as_carried_out(recipe)
    layout = layout_of(find_model(recipe.target, base=recipe.base))
    return contest_of({name: _mask(recipe, name, layout) for name in recipe.specialists})


def _scaled(gates: Gates, strength: float) -> Gates:
    values = {name: one * np.float32(strength) for name, one in gates.values.items()}
    return dataclasses.replace(gates, values=values)


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
