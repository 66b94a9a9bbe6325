"""What a run has come to: what moves, and how that is measured, recorded and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from act_core.evaluate.candidates import Candidate
from act_core.hashing import file_sha256
from act_core.localize.masks import Mask
from act_core.localize.scorers import SCORERS
from act_core.pipeline.candidates import candidates_of, moves
from act_core.pipeline.fetching import public_recipe
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.metrics import channel_facts
from act_core.pipeline.selection import Profiles
from act_core.pipeline.stages import Context, figures_key, settle_stage, settled_path
from act_core.recipe import Recipe
from act_core.transfer.moves import Move
from act_core.transfer.provenance import Gift, Provenance, provenance_files, provenance_of
from act_core.transfer.verify import Check


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The result of a run before it is measured or written.

    Attributes:
        moves: What each specialist brings.
        candidates: Gives what is measured beside the target; built when it is needed.
        key: Hash of everything that decides the figures.
        facts: For metrics.json.
        provenance: Gives what an export is made of; hashes files that are not known yet.
        files: Gives the files that accompany the weights.
        moved: Channels that move, bool `[channels]`.
        chosen_by: How channels were chosen, in a few words.
        strength: How far they move, in a few words; empty where the recipe's strength says it.
        tuned_on: What was learned from, in a few words; empty where nothing was learned.
        known_later: Gives what metrics.json says of controls, once candidates have been built.
        written: What the checkpoint holds, where a part of the result lies beside it; else None.
        checks: Gives what is verified of that part.
    """

    moves: tuple[Move, ...]
    candidates: Callable[[], tuple[Candidate, ...]]
    key: str
    facts: Mapping[str, Any]
    provenance: Callable[[], Provenance]
    files: Callable[[Provenance], Mapping[str, str | Path]]
    moved: NDArray[np.bool_] = field(repr=False)
    chosen_by: str
    strength: str = ""
    tuned_on: str = ""
    known_later: Callable[[], Mapping[str, Any]] = dict
    written: tuple[Move, ...] | None = None
    checks: Callable[[], tuple[Check, ...]] = tuple


def result_of_masks(
    inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask], context: Context
) -> Result:
    """Masks settled by the recipe's policy, moved at its strength.

    Raises:
        MaskError: Channels are contested, and the policy is to refuse.
    """
    recipe, folder = inputs.recipe, context.folder
    settled = settle_stage(inputs, profiles, masks, context)
    facts = channel_facts(inputs, profiles, masks, settled)
    for name, one in facts["masks"].items():  # by which an export knows its figures again
        one["sha256"] = file_sha256(settled_path(folder, settled, name))
    gifts = {
        name: Gift(inputs.specialists[name], mask, settled_path(folder, settled, name))
        for name, mask in settled.masks.items()
    }
    return Result(
        moves=moves(inputs, settled.masks),
        candidates=lambda: candidates_of(inputs, profiles, masks, settled),
        key=figures_key(inputs, masks, settled),
        facts=facts,
        provenance=lambda: provenance_of(
            inputs.target,
            gifts,
            recipe.transfer,
            base=inputs.base,
            recipe=public_recipe(recipe),
        ),
        files=lambda made_of: provenance_files(made_of, gifts),
        moved=np.logical_or.reduce([mask.selected for mask in settled.masks.values()]),
        chosen_by=_chosen_by(recipe),
    )


def _chosen_by(recipe: Recipe) -> str:
    given = [name for name, section in recipe.specialists.items() if section.mask is not None]
    title = SCORERS[recipe.localize.scorer].title
    if not given:
        return title
    files = f"a mask file for {', '.join(given)}"
    return files if len(given) == len(recipe.specialists) else f"{title}; {files}"
