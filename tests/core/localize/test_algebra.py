"""Masks obey the laws of sets, and chance is what random masks show."""

from __future__ import annotations

import numpy as np
import pytest

from act_core.errors import MaskError
from act_core.localize.algebra import (
    complement,
    difference,
    intersection,
    overlap,
    random_like,
    union,
)
from act_core.localize.masks import Mask
from tests.core.localize.small import small_layout

LAYOUT = small_layout(30, 20, 40, 10, inputs=[8, 30, 8, 40])
B, D = LAYOUT.modules[1].tensor, LAYOUT.modules[3].tensor


def a_mask(seed: int, share: float = 0.4) -> Mask:
    generator = np.random.default_rng(seed)
    columns = {
        tensor: np.flatnonzero(generator.random(inputs) < share)
        for tensor, inputs in ((B, 30), (D, 40))
    }
    return Mask(LAYOUT, generator.random(LAYOUT.total) < share, columns, {"scorer": "matched"})


def members(mask: Mask) -> set[tuple[str, int]]:
    """Channels and columns as plain Python."""
    rows = {("", int(channel)) for channel in np.flatnonzero(mask.selected)}
    return rows | {(t, int(c)) for t, columns in mask.columns.items() for c in columns}


def everything() -> set[tuple[str, int]]:
    columns = {(B, c) for c in range(30)} | {(D, c) for c in range(40)}
    return {("", channel) for channel in range(LAYOUT.total)} | columns


@pytest.mark.parametrize("seed", range(5))
def test_operations_are_those_of_sets(seed: int) -> None:
    first, second = a_mask(seed), a_mask(seed + 100)
    a, b = members(first), members(second)

    assert members(union(first, second)) == a | b
    assert members(intersection(first, second)) == a & b
    assert members(difference(first, second)) == a - b
    assert members(complement(first)) == everything() - a


@pytest.mark.parametrize("seed", range(5))
def test_laws_hold(seed: int) -> None:
    a, b, c = a_mask(seed), a_mask(seed + 100), a_mask(seed + 200)

    assert members(union(a, b)) == members(union(b, a))
    assert members(union(a, union(b, c))) == members(union(union(a, b), c))
    assert members(intersection(a, union(b, c))) == members(
        union(intersection(a, b), intersection(a, c))
    )
    assert members(complement(union(a, b))) == members(intersection(complement(a), complement(b)))
    assert members(complement(complement(a))) == members(a)
    assert members(difference(a, b)) == members(intersection(a, complement(b)))
    assert members(union(difference(a, b), intersection(a, b))) == members(a)


def test_columns_stay_sorted_and_of_one_dtype() -> None:
    a, b = a_mask(1), Mask(LAYOUT, a_mask(2).selected, {B: np.array([0, 29])})

    for mask in (union(a, b), intersection(a, b), difference(b, a), complement(a)):
        for columns in mask.columns.values():
            assert columns.dtype == np.int64
            assert columns.tolist() == sorted(set(columns.tolist()))
    assert union(a, b).columns[D].tolist() == a.columns[D].tolist()


def test_a_mask_without_columns_has_a_complement_without_columns() -> None:
    mask = Mask(LAYOUT, a_mask(1).selected)

    assert dict(complement(mask).columns) == {}


def test_masks_of_different_models_do_not_mix() -> None:
    other = Mask(small_layout(100), np.zeros(100, dtype=np.bool_))
    for function in (union, intersection, difference, overlap):
        with pytest.raises(MaskError, match="different form"):
            function(a_mask(1), other)


def test_a_random_mask_has_the_same_size_everywhere() -> None:
    mask = a_mask(3)

    drawn = random_like(mask, seed=7)

    assert drawn.counts().tolist() == mask.counts().tolist()
    assert {t: len(c) for t, c in drawn.columns.items()} == {
        t: len(c) for t, c in mask.columns.items()
    }
    assert members(drawn) != members(mask)
    assert members(drawn) == members(random_like(mask, seed=7))
    assert members(drawn) != members(random_like(mask, seed=8))
    assert drawn.columns[B].tolist() == sorted(set(drawn.columns[B].tolist()))


def test_overlap_counts_what_is_shared() -> None:
    first, second = a_mask(1), a_mask(2)
    a, b = members(first), members(second)

    result = overlap(first, second)

    assert result.shared == len(a & b)
    assert result.jaccard == len(a & b) / len(a | b)
    assert overlap(first, first).jaccard == 1
    assert overlap(first, complement(first)).jaccard == 0


def test_the_chance_level_is_what_random_masks_show() -> None:
    """Sizes differ much by module, so a chance level from the totals alone would be far off."""
    selected = np.zeros(LAYOUT.total, dtype=np.bool_)
    selected[:28] = selected[50:54] = True
    mask = Mask(LAYOUT, selected, {B: np.arange(20)})

    shown = [
        overlap(random_like(mask, seed), random_like(mask, seed + 10_000)).jaccard
        for seed in range(400)
    ]

    assert overlap(mask, random_like(mask, 1)).chance == pytest.approx(np.mean(shown), abs=0.01)


def test_empty_masks_are_equal() -> None:
    empty = Mask(LAYOUT, np.zeros(LAYOUT.total, dtype=np.bool_))

    assert overlap(empty, empty).jaccard == 1
    assert overlap(empty, a_mask(1)).jaccard == 0
    assert members(random_like(empty, 1)) == set()
