"""Masks as sets: union, intersection, difference, complement, random ones, and overlap.

Columns take part as sets of their own. A mask speaks of the columns of those weights that its
`columns` name, so the laws of sets hold among masks that were made with the same ties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.errors import MaskError
from act_core.localize.masks import Mask, counts_by_module

Columns = NDArray[np.int64]
_NONE: Columns = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much two masks have in common.

    Attributes:
        shared: Channels and columns in both.
        jaccard: `shared` over those in either; 1 where both masks are empty.
        chance: What `jaccard` would be about for independent masks of these sizes per module.
    """

    shared: int
    jaccard: float
    chance: float


def union(first: Mask, second: Mask) -> Mask:
    """Channels in either mask.

    Raises:
        MaskError: The masks belong to models of different form (so do all functions of two masks).
    """
    return _combined("union", first, second, np.logical_or, np.union1d)


def intersection(first: Mask, second: Mask) -> Mask:
    """Channels in both masks."""
    return _combined("intersection", first, second, np.logical_and, np.intersect1d)


def difference(first: Mask, second: Mask) -> Mask:
    """Channels in the first mask but not in the second."""
    return _combined("difference", first, second, np.greater, np.setdiff1d)


def complement(mask: Mask) -> Mask:
    """Channels that are not in the mask; of columns, the others of the weights that it names."""
    inputs = {module.tensor: module.columns for module in mask.layout.modules}
    columns = {
        tensor: np.setdiff1d(np.arange(inputs[tensor]), chosen)
        for tensor, chosen in mask.columns.items()
    }
    return Mask(mask.layout, ~mask.selected, columns, {"made": "complement"})


def random_like(mask: Mask, seed: int) -> Mask:
    """A random mask of equal size in every module, and of as many columns of every weight.

    Args:
        mask: What it is like.
        seed: Of the draw.

    Each vector is drawn alone, so ties are not kept: the control that keeps them is to localize
    with the scorer `random` and the same ties.
    """
    generator = np.random.default_rng(seed)
    layout = mask.layout
    selected = np.zeros(layout.total, dtype=np.bool_)
    for index, module in enumerate(layout.modules):
        rows = generator.choice(module.width, len(mask.rows(index)), replace=False)
        selected[layout.slice_of(index)][rows] = True
    inputs = {module.tensor: module.columns for module in layout.modules}
    columns = {
        tensor: np.sort(generator.choice(inputs[tensor], len(chosen), replace=False))
        for tensor, chosen in mask.columns.items()
    }
    facts = {"made": "random of equal size", "seed": str(seed)}
    return Mask(layout, selected, columns, facts)


def shuffled_together(masks: Mapping[str, Mask], seed: int) -> dict[str, Mask]:
    """Masks whose channels, and columns, are shuffled within every module, in all of them alike.

    So each keeps its size in every module, and any of them share as many channels as before.

    Args:
        masks: By name, all of one layout.
        seed: Of the shuffle.
    """
    generator = np.random.default_rng(seed)
    layout = next(iter(masks.values())).layout
    selected = {name: np.empty_like(mask.selected) for name, mask in masks.items()}
    columns: dict[str, dict[str, NDArray[np.int64]]] = {name: {} for name in masks}
    for index, module in enumerate(layout.modules):
        span = layout.slice_of(index)
        order, across = (generator.permutation(size) for size in (module.width, module.columns))
        for name, mask in masks.items():
            selected[name][span] = mask.selected[span][order]
            if module.tensor in mask.columns:
                columns[name][module.tensor] = np.sort(across[mask.columns[module.tensor]])
    facts = {"made": "shuffled within every module", "seed": str(seed)}
    return {name: Mask(layout, selected[name], columns[name], facts) for name in masks}


def overlap(first: Mask, second: Mask) -> Overlap:
    """Jaccard index of two masks beside its chance level.

    The chance level is the index of the expected intersection: per module |A|·|B| / width for
    independent A and B (mean of the hypergeometric distribution).
    """
    _check_same_form(first, second)
    modules = first.layout.modules
    inputs = {module.tensor: module.columns for module in modules}
    tied = [tensor for tensor in inputs if tensor in first.columns or tensor in second.columns]
    pairs = [
        (first.columns.get(tensor, _NONE), second.columns.get(tensor, _NONE)) for tensor in tied
    ]
    shared = counts_by_module(first.selected & second.selected, first.layout)
    return overlap_of_counts(
        np.array([*first.counts(), *(len(ours) for ours, _ in pairs)], dtype=np.int64),
        np.array([*second.counts(), *(len(theirs) for _, theirs in pairs)], dtype=np.int64),
        np.array(
            [*shared, *(len(np.intersect1d(ours, theirs)) for ours, theirs in pairs)],
            dtype=np.int64,
        ),
        np.array(
            [*(module.width for module in modules), *(inputs[tensor] for tensor in tied)],
            dtype=np.int64,
        ),
    )


def overlap_of_counts(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    both: NDArray[np.int64],
    widths: NDArray[np.int64],
) -> Overlap:
    """The same from channels of each module: in either mask, in both, and all of them."""
    expected = float((first * second / np.maximum(widths, 1)).sum())
    shared, total = int(both.sum()), int(first.sum()) + int(second.sum())
    if total == 0:
        return Overlap(0, 1.0, 1.0)
    return Overlap(shared, shared / (total - shared), expected / (total - expected))


def _combined(
    made: str,
    first: Mask,
    second: Mask,
    channels: Callable[..., NDArray[np.bool_]],
    columns: Callable[[Columns, Columns], Columns],
) -> Mask:
    _check_same_form(first, second)
    tensors = dict.fromkeys((*first.columns, *second.columns))
    merged = {
        tensor: columns(first.columns.get(tensor, _NONE), second.columns.get(tensor, _NONE))
        for tensor in tensors
    }
    selected = channels(first.selected, second.selected)
    return Mask(first.layout, selected, merged, {"made": made})


def _check_same_form(first: Mask, second: Mask) -> None:
    same = first.layout is second.layout
    if not same and first.layout.fingerprint() != second.layout.fingerprint():
        raise MaskError(
            "The two masks were made for models of different form.",
            remedy="Localize both with the same target.",
        )
