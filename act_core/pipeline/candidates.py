"""What is measured beside the target: specialists, the result, and the controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.localize.algebra import shuffled_together
from act_core.localize.masks import Mask
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.selection import Profiles, mask_by, settled_masks
from act_core.recipe import PolicyName, ScorerName
from act_core.transfer.edits import shared_edits
from act_core.transfer.moves import Move, moves_of
from act_core.transfer.policies import Settled

RESULT = "result"


def candidates_of(
    inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask], settled: Settled
) -> tuple[Candidate, ...]:
    """Specialists, result and controls.

    Args:
        inputs: The run's inputs.
        profiles: By specialist and ability.
        masks: One per specialist, before contested channels were settled.
        settled: The same afterwards.
    """
    recipe = inputs.recipe
    weight: tuple[ScorerName, ...] = ("weight",) if "weight" in recipe.evaluate.controls else ()
    scorers = dict.fromkeys((*weight, *recipe.evaluate.scorers))
    if all(section.mask is None for section in recipe.specialists.values()):
        scorers.pop(recipe.localize.scorer, None)  # that is the result
    if "random" in recipe.evaluate.controls:
        scorers.pop("random", None)
    return (
        *specialists_of(inputs),
        Candidate(RESULT, moves(inputs, settled.masks)),
        *controls_of(inputs, profiles, masks, settled, tuple(scorers)),
    )


def specialists_of(inputs: Inputs) -> list[Candidate]:
    """Every specialist itself."""
    return [
        specialist_candidate(name, inputs.target, model)
        for name, model in inputs.specialists.items()
    ]


def controls_of(
    inputs: Inputs,
    profiles: Profiles,
    masks: Mapping[str, Mask],
    settled: Settled,
    scorers: tuple[ScorerName, ...],
) -> Iterator[Candidate]:
    """The recipe's controls, and masks by these scorers, all of the size of its own masks."""
    recipe = inputs.recipe
    if "random" in recipe.evaluate.controls:
        drawn = shuffled_together(settled.masks, recipe.seed)
        yield Candidate("random", moves(inputs, drawn))
    for scorer in scorers:
        yield _by_scorer(scorer, inputs, profiles, masks)
    if "interpolation" in recipe.evaluate.controls and len(inputs.specialists) == 1:
        ((name, model),) = inputs.specialists.items()
        strengths = {*recipe.evaluate.interpolations, recipe.transfer.strength} - {1.0}
        for strength in sorted(strengths):
            move = Move(name, model, shared_edits(inputs.target, model, strength))
            yield Candidate(f"interpolation {strength:g}", (move,))


def moves(inputs: Inputs, masks: Mapping[str, Mask]) -> tuple[Move, ...]:
    """What each specialist's mask moves, with embeddings, norms and head as chosen."""
    return moves_of(inputs.target, inputs.specialists, masks, inputs.recipe.transfer)


def _by_scorer(
    scorer: ScorerName, inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask]
) -> Candidate:
    """Masks of the same sizes by another scorer.

    Where the recipe refuses contested channels its own masks have none; these may have some, and
    then the specialist named first keeps them.
    """
    recipe = inputs.recipe
    others = {name: mask_by(scorer, inputs, profiles, name, mask) for name, mask in masks.items()}
    refuse = recipe.transfer.policy == "refuse"
    policy: PolicyName = "priority" if refuse else recipe.transfer.policy
    settled = settled_masks(inputs.target, recipe, profiles, others, scorer=scorer, policy=policy)
    return Candidate(scorer, moves(inputs, settled.masks))
