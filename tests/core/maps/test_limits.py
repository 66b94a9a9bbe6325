from __future__ import annotations

import numpy as np
import pytest

from act_core.maps.limits import ColourScale, exact_scale, histogram, robust_scale, sample_of
from tests.core.maps.forms import layout, values

SCALES = [
    ColourScale(1.0, 5.0),
    ColourScale(-2.0, 5.0),
    ColourScale(0.01, 100.0, log=True),
    ColourScale(0.0, 100.0, log=True),
    ColourScale(-4.0, 4.0, signed=True),
    ColourScale(-4.0, 4.0, log=True, signed=True),
]


@pytest.mark.parametrize("scale", SCALES)
def test_places_and_values_are_inverse_and_ascend_from_limit_to_limit(scale: ColourScale) -> None:
    places = np.linspace(0, 1, 33)
    found = np.array([scale.value_at(place) for place in places])
    assert (np.diff(found) > 0).all()
    assert scale.places(found) == pytest.approx(places, abs=1e-5)
    assert found[-1] == pytest.approx(scale.high)
    assert found[0] == pytest.approx(scale.floor if scale.log and not scale.signed else scale.low)


def test_a_signed_scale_has_zero_in_its_middle() -> None:
    for scale in SCALES[4:]:
        assert float(scale.places(np.zeros(1, np.float32))[0]) == 0.5
        assert scale.with_limits(-4.0, 9.0).low == -9.0
        assert scale.with_limits(-1.0, 4.0).high == 1.0


def test_exact_limits_are_those_of_all_finite_values() -> None:
    found = values(layout())
    found[[3, 77]] = [1e6, np.nan]
    scale = exact_scale(found, signed=False)
    assert (scale.low, scale.high) == (float(np.nanmin(found)), 1e6)
    both = exact_scale(-found, signed=True)
    assert (both.low, both.high) == (-1e6, 1e6)
    found[5] = 0
    assert exact_scale(found, signed=False, log=True).low == found[found > 0].min()


def test_robust_limits_heed_neither_few_huge_nor_dead_channels() -> None:
    found = values(layout(20))
    plain = robust_scale(found, signed=False)
    found[::500] = 1e9
    found[1::3] = 0
    found[2::30] = np.nan
    robust = robust_scale(found, signed=False)
    assert robust.high < 3 * plain.high
    assert 0.3 * plain.low < robust.low < 3 * plain.low
    assert plain.low == pytest.approx(np.percentile(values(layout(20)), 1))


@pytest.mark.parametrize("found", [np.zeros(9), np.full(9, np.nan), np.full(9, 3.0)])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_maps_without_a_spread_have_limits_too(found: np.ndarray, log: bool, signed: bool) -> None:
    for made in (exact_scale, robust_scale):
        scale = made(found.astype(np.float32), signed=signed, log=log)
        assert scale.low < scale.high
        assert np.isfinite(scale.places(np.array([0.0, 3.0], np.float32))).all()
        assert np.isfinite([scale.value_at(0.0), scale.value_at(1.0)]).all()


def test_limits_are_put_in_order_and_kept_apart() -> None:
    scale = ColourScale(0.0, 1.0)
    assert scale.with_limits(5.0, 2.0) == ColourScale(2.0, 5.0)
    close = scale.with_limits(3.0, 3.0)
    assert close.low == 3.0 < close.high


def test_the_histogram_counts_each_value_in_its_bin_and_strays_at_the_ends() -> None:
    found = np.array([0, np.nan, 0.5, 1.5, 1.6, 9.5, 50, -3], np.float32)
    assert histogram(found, ColourScale(0.0, 10.0), 10).tolist() == [2, 2, 0, 0, 0, 0, 0, 0, 0, 2]


def test_a_sample_of_many_channels_falls_into_step_with_no_width() -> None:
    found = np.ones(14 * (1 << 17), np.float32)
    found[::128] = 2.0  # one channel of each head
    share = float((sample_of(found) == 2).mean())
    assert share == pytest.approx(1 / 128, rel=0.05)
