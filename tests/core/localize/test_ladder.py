"""The budget ladder selects what `select` selects, channel for channel, and counts it right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from act_core.analysis.concentration import top_masses
from act_core.errors import MaskError
from act_core.localize.ladder import Ladder
from act_core.localize.localize import localize
from act_core.localize.masks import Mask
from act_core.localize.select import select
from act_core.localize.spread import spread
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.reference import resolve
from act_core.recipe import Budget, Localize
from tests.core.localize.small import profile_of, small_layout
from tests.core.tiny import write_tiny

RANKINGS = ("global", "module", "normalised")


def settings(ranking: str, **budget: object) -> Localize:
    return Localize.model_validate({"ranking": ranking, "budget": budget or {"share": 0.5}})


def random_case(seed: int) -> tuple[np.ndarray, ChannelLayout]:
    """Modules of different width, scores with ties, negatives and dead channels."""
    generator = np.random.default_rng(seed)
    layout = small_layout(
        *generator.integers(1, 14, size=6).tolist(), inputs=generator.integers(1, 9, 6).tolist()
    )
    scores = np.round(generator.normal(size=layout.total), 1).astype(np.float32)
    scores[generator.random(layout.total) < generator.choice([0, 0.3, 0.9])] = 0
    if seed % 7 == 0:
        scores[layout.slice_of(2)] = 0
    return scores, layout


def random_groups(seed: int, total: int) -> np.ndarray:
    """Groups of one to five channels, scattered over all modules, each named by its lowest."""
    generator = np.random.default_rng(1000 + seed)
    names = generator.integers(0, max(1, total // generator.integers(1, 6)), size=total)
    _, first, group = np.unique(names, return_index=True, return_inverse=True)
    return first[group].astype(np.int64)


def expected(scores: np.ndarray, layout: ChannelLayout, how: Localize, *more: object) -> np.ndarray:
    try:
        return select(scores, layout, how, *more)  # type: ignore[arg-type]
    except MaskError:
        return np.zeros(layout.total, dtype=np.bool_)


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("seed", range(25))
def test_selects_what_select_selects_at_every_size(seed: int, ranking: str) -> None:
    scores, layout = random_case(seed)
    ladder = Ladder(scores, layout, settings(ranking))
    for count in range(1, layout.total + 1):
        share = count / layout.total
        wanted = select(scores, layout, settings(ranking, share=share))
        np.testing.assert_array_equal(ladder.selected(share), wanted)


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("seed", range(25))
def test_selects_whole_groups_as_select_does(seed: int, ranking: str) -> None:
    scores, layout = random_case(seed)
    groups = random_groups(seed, layout.total)
    ladder = Ladder(scores, layout, settings(ranking), groups)
    for count in range(1, layout.total + 1):
        share = count / layout.total
        wanted = expected(scores, layout, settings(ranking, share=share), groups)
        np.testing.assert_array_equal(ladder.selected(share), wanted)


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("share", [1e-9, 0.0001, 0.003, 0.0137, 0.05, 0.29, 0.5, 0.77, 0.999, 1.0])
def test_selects_the_same_among_many_channels(share: float, ranking: str) -> None:
    generator = np.random.default_rng(4)
    layout = small_layout(*[400, 100, 1100, 1100, 400, 37] * 4)
    scores = generator.standard_normal(layout.total).astype(np.float32)
    scores[generator.random(layout.total) < 0.2] = 0
    groups = np.arange(layout.total)
    for start in layout.starts[1:-1:6]:  # heads of 50 channels, whole
        groups[start : start + 100] = start + np.arange(100) // 50 * 50
    how = settings(ranking, share=share)
    for ties in (None, groups):
        got = Ladder(scores, layout, how, ties).selected(share)
        np.testing.assert_array_equal(got, expected(scores, layout, how, ties))


@pytest.mark.parametrize("seed", range(10))
def test_figures_are_those_of_the_selection(seed: int) -> None:
    scores, layout = random_case(seed)
    moved = layout.parameters_of_channel()
    moved[::3] += 5
    ladder = Ladder(scores, layout, settings("module"), None, moved)
    for share in (0.02, 0.3, 0.11, 0.8, 1.0):
        selected = ladder.selected(share)
        where = spread(Mask(layout, selected))
        assert ladder.count(share) == selected.sum()
        assert ladder.parameters(share) == moved[selected].sum()
        assert ladder.size_bytes(share, 2) == 2 * moved[selected].sum()
        assert ladder.layers(share) == where.layers
        assert ladder.kinds(share) == where.kinds


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("seed", range(10))
def test_shares_for_a_size_are_the_last_that_do_not_exceed_it(seed: int, ranking: str) -> None:
    scores, layout = random_case(seed)
    ladder = Ladder(scores, layout, settings(ranking))
    whole = ladder.parameters(1.0)
    for size in np.linspace(1, whole, 9, dtype=int).tolist():
        share = ladder.share_for_parameters(size)
        count = ladder.count(share)
        assert ladder.parameters(share) <= size or count == 1
        assert share == 1.0 or ladder.parameters(share + 1 / layout.total) > size
    assert ladder.share_for_parameters(whole) == 1.0


@pytest.mark.parametrize("ranking", RANKINGS)
def test_positive_share_is_what_a_positive_budget_selects(ranking: str) -> None:
    scores, layout = random_case(3)
    groups = random_groups(3, layout.total)
    for ties in (None, groups):
        positive = select(scores, layout, settings(ranking, positive=True), ties)
        ladder = Ladder(scores, layout, settings(ranking), ties)
        assert ladder.positive_share == positive.sum() / layout.total
    assert Ladder(-np.abs(scores), layout, settings(ranking)).positive_share == 0


def test_the_curve_is_the_mass_of_the_best_channels() -> None:
    scores, layout = random_case(5)
    shares, mass = Ladder(scores, layout, settings("module")).curve(40)

    best = np.sort(np.maximum(scores.astype(np.float64), 0))[::-1]
    assert shares[0] == 1 / layout.total
    assert shares[-1] == 1
    assert np.all(np.diff(shares) > 0)
    for share, value in zip(shares, mass, strict=True):
        count = round(share * layout.total)
        assert value == pytest.approx(best[:count].sum() / best.sum())
    assert mass[-1] == 1


def test_the_curve_meets_the_concentration_that_reports_name() -> None:
    generator = np.random.default_rng(1)
    layout = small_layout(500, 500)
    scores = generator.standard_normal(1000).astype(np.float32)
    shares, mass = Ladder(scores, layout, settings("global")).curve(1000)
    (named,) = top_masses(scores, (0.1,))
    assert mass[np.flatnonzero(shares == 0.1)[0]] == pytest.approx(named)


def test_the_curve_of_scores_without_gain_is_flat() -> None:
    layout = small_layout(3, 4)
    shares, mass = Ladder(np.full(7, -1, np.float32), layout, settings("global")).curve()
    assert len(shares) == 7
    assert not mass.any()


@pytest.mark.parametrize("tie", [(), ("rotary",), ("kv",), ("rotary", "kv", "neuron")])
@pytest.mark.parametrize("ranking", RANKINGS)
def test_a_models_mask_is_the_one_that_localize_makes(
    ranking: str, tie: tuple[str, ...], tmp_path: Path
) -> None:
    model = resolve(write_tiny(tmp_path / "target", "llama", seed=1))
    layout = layout_of(model)
    generator = np.random.default_rng(2)
    values = generator.lognormal(size=layout.total).astype(np.float32)
    profile = profile_of(layout, {"matched": values})
    for share in (0.1, 0.4):
        how = Localize(ranking=ranking, budget=Budget(share=share), tie=tie)  # type: ignore[arg-type]
        wanted = localize(model, [profile], [], how, seed=0)
        made = Ladder.of(model, values, how).mask(share, {"scorer": "matched"})
        np.testing.assert_array_equal(made.selected, wanted.selected)
        assert made.facts == {"scorer": "matched"}
        assert made.columns.keys() == wanted.columns.keys()
        for tensor, columns in wanted.columns.items():
            np.testing.assert_array_equal(made.columns[tensor], columns)


def test_a_share_that_holds_no_group_selects_nothing_and_makes_no_mask() -> None:
    layout = small_layout(4, 4)
    groups = np.array([0, 0, 0, 0, 4, 4, 4, 4])
    ladder = Ladder(np.arange(1, 9, dtype=np.float32), layout, settings("global"), groups)
    assert ladder.count(0.3) == 0
    assert ladder.kinds(0.3) == {"a": 0, "b": 0}
    with pytest.raises(MaskError, match="not one group") as caught:
        ladder.mask(0.3, {})
    assert "larger share" in caught.value.remedy
    assert ladder.mask(0.5, {}).rows(1).tolist() == [0, 1, 2, 3]
