"""Selection against a plain, slow reference, and its edges."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from act_core.errors import MaskError
from act_core.localize.select import select
from act_core.models.channels import ChannelLayout
from act_core.recipe import Localize
from tests.core.localize.small import small_layout


def settings(ranking: str, **budget: float | bool) -> Localize:
    return Localize.model_validate({"ranking": ranking, "budget": budget})


def chosen(scores: list[float], layout: ChannelLayout, how: Localize, **more: object) -> list[int]:
    values = np.asarray(scores, dtype=np.float32)
    return np.flatnonzero(select(values, layout, how, **more)).tolist()  # type: ignore[arg-type]


def in_order(scores: list[float], items: list[int]) -> list[int]:
    """Best first; equal ones by number; those of score 0 last."""
    return sorted(items, key=lambda item: (scores[item] == 0, -scores[item], item))


def reference_by_module(scores: list[float], widths: list[int], count: int) -> list[int]:
    """Largest remainders over live channels, in fractions and lists."""
    edges = list(itertools.accumulate([0, *widths]))
    modules = [list(range(a, b)) for a, b in itertools.pairwise(edges)]
    live = [[c for c in in_order(scores, m) if scores[c] != 0] for m in modules]
    total = sum(len(m) for m in live)
    spread = min(count, total)
    shares = [Fraction(spread * len(m), total) for m in live]
    quotas = [int(share) for share in shares]
    waiting = [m[q] if q < len(m) else None for m, q in zip(live, quotas, strict=True)]
    by_remainder = sorted(
        (m for m in range(len(modules)) if waiting[m] is not None),
        key=lambda m: (quotas[m] - shares[m], -scores[waiting[m]], waiting[m]),
    )
    for module in by_remainder[: spread - sum(quotas)]:
        quotas[module] += 1
    result = [c for m, q in zip(live, quotas, strict=True) for c in m[:q]]
    dead = [c for c in range(edges[-1]) if scores[c] == 0]
    return sorted(result + dead[: count - spread])


def random_scores(generator: np.random.Generator, count: int) -> list[float]:
    """With ties, zeros and negative values."""
    return np.round(generator.normal(size=count), 1).astype(np.float32).tolist()


@pytest.mark.parametrize("seed", range(30))
def test_global_ranking_takes_the_highest_scores(seed: int) -> None:
    generator = np.random.default_rng(seed)
    layout = small_layout(*generator.integers(1, 12, size=5).tolist())
    scores = random_scores(generator, layout.total)
    count = int(generator.integers(1, layout.total + 1))

    got = chosen(scores, layout, settings("global", share=count / layout.total))

    assert got == sorted(in_order(scores, list(range(layout.total)))[:count])


@pytest.mark.parametrize("seed", range(60))
def test_module_ranking_gives_every_module_the_same_share(seed: int) -> None:
    generator = np.random.default_rng(seed)
    widths = generator.integers(1, 12, size=6).tolist()
    layout = small_layout(*widths)
    scores = random_scores(generator, layout.total)
    count = int(generator.integers(1, layout.total + 1))

    got = chosen(scores, layout, settings("module", share=count / layout.total))

    assert len(got) == count
    assert got == reference_by_module(scores, widths, count)


def test_module_ranking_is_even_where_raw_scores_are_not() -> None:
    layout = small_layout(10, 20)
    scores = [float(c + 1) for c in range(10)] + [100.0 + c for c in range(20)]

    raw = select(np.float32(scores), layout, settings("global", share=0.2))
    even = select(np.float32(scores), layout, settings("module", share=0.2))

    assert [int(raw[:10].sum()), int(raw[10:].sum())] == [0, 6]
    assert [int(even[:10].sum()), int(even[10:].sum())] == [2, 4]


@pytest.mark.parametrize("seed", range(20))
def test_normalised_ranking_divides_by_the_modules_mean(seed: int) -> None:
    generator = np.random.default_rng(seed)
    layout = small_layout(4, 9, 5)
    scores = (generator.normal(size=18) * np.repeat([1, 100, 1e-3], [4, 9, 5])).tolist()
    scores = np.float32(scores).tolist()
    parts = [scores[:4], scores[4:13], scores[13:]]
    divided = [s / (sum(map(abs, part)) / len(part)) for part in parts for s in part]

    got = chosen(scores, layout, settings("normalised", share=0.5))

    assert got == sorted(in_order(divided, list(range(18)))[:9])


def test_normalised_ranking_survives_a_module_of_zeros() -> None:
    got = chosen([0, 0, 3, 1], small_layout(2, 2), settings("normalised", share=0.5))

    assert got == [2, 3]


@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
def test_whole_budget_takes_everything(ranking: str) -> None:
    layout = small_layout(3, 4, 2)

    got = chosen([0, -1, 5, 0, 0, 2, -3, 0, 0], layout, settings(ranking, share=1.0))

    assert got == list(range(9))


@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
def test_a_share_below_one_channel_takes_the_best_one(ranking: str) -> None:
    got = chosen([1, 2, 5, 3], small_layout(4), settings(ranking, share=0.01))

    assert got == [2]


@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
def test_all_zero_scores_still_fill_the_budget(ranking: str) -> None:
    got = chosen([0.0] * 10, small_layout(5, 5), settings(ranking, share=0.3))

    assert got == [0, 1, 2]


@pytest.mark.parametrize("ranking", ["module", "global"])
def test_dead_channels_come_after_harmful_ones(ranking: str) -> None:
    layout = small_layout(4, 4)
    scores = [0, 1, 0, 0, 0, -2, 0, -1]

    assert chosen(scores, layout, settings(ranking, share=3 / 8)) == [1, 5, 7]
    assert chosen(scores, layout, settings(ranking, share=4 / 8)) == [0, 1, 5, 7]


def test_a_share_is_rounded_as_a_person_reads_it() -> None:
    layout = small_layout(100)

    assert len(chosen(list(range(1, 101)), layout, settings("global", share=0.29))) == 29
    assert len(chosen(list(range(1, 101)), layout, settings("global", share=0.299))) == 29


@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
def test_equal_scores_choose_the_same_channels_every_time(ranking: str) -> None:
    layout = small_layout(50, 50)

    first = chosen([1.0] * 100, layout, settings(ranking, share=0.1))

    assert first == chosen([1.0] * 100, layout, settings(ranking, share=0.1))
    assert first == (list(range(10)) if ranking != "module" else [*range(5), *range(50, 55)])


@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
@pytest.mark.parametrize("seed", range(10))
def test_parameters_are_never_exceeded_and_nothing_more_fits(ranking: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    inputs = generator.integers(2, 20, size=4).tolist()
    layout = small_layout(6, 9, 4, 11, inputs=inputs)
    each = layout.parameters_of_channel()
    budget = int(generator.integers(min(inputs), each.sum() + 1))
    scores = random_scores(generator, layout.total)

    picked = select(np.float32(scores), layout, settings(ranking, parameters=budget))

    left = budget - int(each[picked].sum())
    assert left >= 0
    assert all(left < cost for cost in each[~picked])


def test_global_parameters_buy_the_best_that_fits() -> None:
    layout = small_layout(2, 3, inputs=[10, 3])
    scores = [5, 4, 3, 2, 1]

    assert chosen(scores, layout, settings("global", parameters=17)) == [0, 2, 3]
    assert chosen(scores, layout, settings("global", parameters=20)) == [0, 1]
    assert chosen(scores, layout, settings("global", parameters=9)) == [2, 3, 4]


def test_module_parameters_spend_the_same_share_in_every_module() -> None:
    layout = small_layout(10, 10, inputs=[7, 50])
    scores = list(range(1, 21))

    got = chosen(scores, layout, settings("module", parameters=(70 + 500) // 5))

    assert got == [8, 9, 18, 19]


def test_too_few_parameters_are_refused() -> None:
    with pytest.raises(MaskError, match=r"at least 4 parameters"):
        chosen([1, 2], small_layout(2), settings("global", parameters=3))


@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
def test_positive_takes_what_gains_more_than_it_costs(ranking: str) -> None:
    got = chosen([1, -1, 0, 0.5, -2, 3], small_layout(3, 3), settings(ranking, positive=True))

    assert got == [0, 3, 5]


def test_positive_refuses_where_nothing_gains() -> None:
    with pytest.raises(MaskError, match="Lower the price"):
        chosen([-1, 0, -2], small_layout(3), settings("global", positive=True))


def test_groups_are_chosen_whole_by_their_mean() -> None:
    layout = small_layout(6)
    groups = np.array([0, 1, 0, 1, 4, 5])
    scores = [9, 4, 1, 5, 6, 3]  # means: 5, 4.5, 6, 3

    assert chosen(scores, layout, settings("global", share=3 / 6), groups=groups) == [0, 2, 4]
    assert chosen(scores, layout, settings("global", share=2 / 6), groups=groups) == [4, 5]
    assert chosen(scores, layout, settings("global", share=5 / 6), groups=groups) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
@pytest.mark.parametrize("seed", range(20))
def test_groups_are_never_split_nor_the_budget_exceeded(ranking: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    layout = small_layout(12, 12, 8)
    # The first two modules are tied to each other, the third in pairs.
    groups = np.arange(32)
    groups[12:24] = groups[:12] = np.repeat([0, 3, 9], [3, 6, 3])
    groups[24:] = np.repeat(np.arange(24, 32, 2), 2)
    scores = np.float32(random_scores(generator, 32))
    budget = int(generator.integers(6, 33))

    picked = select(scores, layout, settings(ranking, share=budget / 32), groups)

    for group in np.unique(groups):
        assert len(set(picked[groups == group].tolist())) == 1
    left = budget - int(picked.sum())
    sizes = [int((groups == group).sum()) for group in np.unique(groups[~picked])]
    assert left >= 0
    assert all(left < size for size in sizes)


def test_module_ranking_shares_one_quota_among_tied_modules() -> None:
    layout = small_layout(4, 4, 8)
    groups = np.array([0, 1, 2, 3, 0, 1, 2, 3, *range(8, 16)])
    scores = [1, 5, 2, 3, 1, 5, 2, 3, *range(100, 108)]

    got = chosen(scores, layout, settings("module", share=0.5), groups=groups)

    assert got == [1, 3, 5, 7, 12, 13, 14, 15]


def test_a_share_smaller_than_every_group_is_refused() -> None:
    with pytest.raises(MaskError, match="2 channels"):
        chosen([1, 2, 3, 4], small_layout(4), settings("global", share=0.25),
               groups=np.array([0, 0, 2, 2]))  # fmt: skip


def test_columns_that_move_along_are_paid_for() -> None:
    layout = small_layout(3, inputs=[4])

    got = chosen(
        [3, 2, 1], layout, settings("global", parameters=13), parameters=np.array([14, 9, 4])
    )

    assert got == [1, 2]


def test_a_large_layout_agrees_with_a_plain_sort() -> None:
    generator = np.random.default_rng(5)
    layout = small_layout(30_000, 70_000, 1, 12_345)
    scores = generator.normal(size=layout.total).astype(np.float32)
    scores[generator.random(layout.total) < 0.5] = 0.25  # a great tie across the threshold

    picked = select(scores, layout, settings("global", share=0.3))

    order = np.lexsort((np.arange(layout.total), -scores.astype(np.float64)))
    expected = np.sort(order[: int(0.3 * layout.total)])
    np.testing.assert_array_equal(np.flatnonzero(picked), expected)
