"""AIM: a merge held back where the ancestor's activations are large.

theta = theta_A + Delta * (1 - s_i (1 - omega)), Delta being a merge minus its ancestor A, i the
input coordinate of a linear module, and s_i = a_i / max a with a_i the mean of |x_i| over
calibration tokens in the ancestor (Heyrani Nobari et al., "Activation-Informed Merging of Large
Language Models", NeurIPS 2025, arXiv:2502.02421: adaptive relaxation). Its experiments take omega =
0.4; its authors recommend 0.2 to 0.6. The merge is task arithmetic, Delta = strength * sum over
models k of (theta_k - theta_A); tensors that are no linear module of a layer take Delta as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from act_core.baselines.activations import Sizes
from act_core.baselines.mergekit_config import ANCESTOR
from act_core.baselines.method import Point
from act_core.baselines.setting import TARGET, Setting
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.transfer.edits import Edit
from act_core.transfer.moves import Move


def aim_moves(point: Point, setting: Setting, sizes: Sizes) -> tuple[Move, ...]:
    """Moves on the target that make it the merge.

    Where the target is not the ancestor A, theta - theta_T = (1 - n c)(theta_A - theta_T) + sum
    over models k but the target of c (theta_k - theta_T), c being the factor of each of n models.

    Args:
        point: With `omega` and `strength`.
        setting: What is merged.
        sizes: Of the ancestor, by weight, float32 `[inputs]`.
    """
    factors = dict(_factors(point, setting.target, sizes))
    moves = [
        Move(name, model, _edits(setting.target, factors))
        for name, model in setting.tuned.items()
        if name != TARGET
    ]
    if setting.from_target:
        return tuple(moves)
    back = {name: 1 - len(setting.tuned) * factor for name, factor in factors.items()}
    return (Move(ANCESTOR, setting.ancestor, _edits(setting.target, back)), *moves)


def relaxed(sizes: NDArray[np.float32], omega: float) -> NDArray[np.float32]:
    """1 - s (1 - omega), float32 `[inputs]`; ones where nothing enters at all."""
    largest = float(sizes.max(initial=0.0))
    if not math.isfinite(largest) or largest <= 0:
        return np.ones_like(sizes)
    return (1 - sizes / np.float32(largest) * np.float32(1 - omega)).astype(np.float32)


def _factors(
    point: Point, target: Model, sizes: Sizes
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """By tensor, the factor of its difference: `[inputs]` for linear modules, else one number."""
    strength = np.float32(point.parameters["strength"])
    for name in target.facts:
        yield name, np.full(1, strength, np.float32)
    for module in layout_of(target).modules:
        for name in module.tensors:
            yield name, strength * relaxed(sizes[name], point.parameters["omega"])


def _edits(target: Model, factors: dict[str, NDArray[np.float32]]) -> tuple[Edit, ...]:
    return tuple(
        edit
        for name, factor in factors.items()
        if (edit := _edit(target, name, factor)) is not None
    )


def _edit(target: Model, name: str, factor: NDArray[np.float32]) -> Edit | None:
    """One tensor's edit; entries with factor zero stay."""
    shape = target.facts[name].shape
    transposed = name in _transposed(target)
    along_rows = len(factor) == 1 or transposed
    count = shape[0] if along_rows else shape[1]
    strengths = np.broadcast_to(factor, (count,)) if len(factor) == 1 else factor
    moved = np.flatnonzero(strengths)
    if not len(moved):
        return None
    rows, columns = (moved, None) if along_rows else (None, moved)
    return Edit(name, 1.0, rows, columns, strengths[moved].astype(np.float32))


def _transposed(target: Model) -> frozenset[str]:
    """Weights `[in, out]`, whose inputs are rows."""
    return frozenset(
        name for module in layout_of(target).modules if module.transposed for name in module.tensors
    )
