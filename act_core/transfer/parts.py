"""Embeddings, norms, head and router: what no mask covers, by the choice of every specialist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from act_core.errors import MaskError
from act_core.models.reference import Model
from act_core.recipe import PARTS, Part, PartName, Transfer
from act_core.transfer.edits import Edit
from act_core.transfer.policies import POLICIES


def part_edits(
    target: Model, specialists: Iterable[str], choices: Transfer
) -> dict[str, tuple[Edit, ...]]:
    """What each specialist does with embeddings, norms, head and router.

    One specialist alone moves a tensor as `blend` does. Several change it to
    T + sum over k of f_k * (S_k - T), f_k being each one's share as `part_shares` says.

    Args:
        target: The target.
        specialists: Their names, in the recipe's order.
        choices: What is chosen for all of them, and for each.

    Raises:
        MaskError: As `part_shares`.
    """
    found: dict[str, list[Edit]] = {name: [] for name in specialists}
    for part in PARTS:
        tensors = _tensors_of(target, part)
        if not tensors:
            continue
        shares = part_shares(part, {name: choices.part(name, part) for name in found}, choices)
        for name, share in shares.items():
            for tensor in tensors:
                if len(shares) == 1:
                    found[name].append(Edit(tensor, share))
                else:
                    summed = np.array([share], dtype=np.float32)
                    found[name].append(Edit(tensor, 1.0, strengths=summed))
    return {name: tuple(edits) for name, edits in found.items()}


def part_shares(part: PartName, chosen: Mapping[str, Part], choices: Transfer) -> dict[str, float]:
    """How far each specialist moves a part; those that leave it are not named.

    Shares of blends are those that were chosen. Where one of several moves the part whole it is
    contested as a channel is, and the policy settles it: refused (also by `strongest`, as a part
    has no score to compare); or the first that moves it whole has it (`priority`); or all of them
    move it, whole being 1, by the sum or the mean.

    Raises:
        MaskError: The part is contested, and the policy is to refuse or compares scores.
    """
    shares = {
        name: 1.0 if choice == "move" else choice
        for name, choice in chosen.items()
        if choice != "leave"
    }
    whole = [name for name, choice in chosen.items() if choice == "move"]
    if len(shares) < 2 or not whole:
        return shares
    policy = POLICIES[choices.policy]
    if policy.sharing is not None:
        factor = float(policy.sharing(np.array([len(shares)]))[0])
        return {name: share * factor for name, share in shares.items()}
    if policy.keeper is not None and not policy.needs_scores:
        return {whole[0]: 1.0}
    *first, last = shares
    raise MaskError(
        f"{', '.join(first)} and {last} both change the {part}, and {whole[0]} moves "
        f"{'it' if part in ('head', 'router') else 'them'} whole."
        + (" Only channels have scores that can be compared." if policy.needs_scores else ""),
        remedy="Let one of them leave the target's, let all of them blend, or choose a policy that "
        "settles parts too: priority (the first named moves it), sum or mean.",
        title=f"Specialists contest the {part}",
    )


def _tensors_of(target: Model, part: PartName) -> tuple[str, ...]:
    """Names of a part's tensors in the target; of a tied head none."""
    family = target.family
    if part == "embeddings":
        return tuple(name for name in family.embeddings if name in target.facts)
    if part == "norms":
        return tuple(name for name in target.facts if family.is_norm(name))
    if part == "head":
        return () if target.tied else (family.head,)
    return tuple(name for name in target.facts if family.is_router(name))
