from __future__ import annotations

import numpy as np

from act_core.maps.compare import difference
from tests.core.maps.forms import layout, values


def test_the_difference_of_values_and_of_ranks() -> None:
    form = layout()
    first, second = values(form, 1), values(form, 2) * 1e6
    first[5] = second[9] = np.nan
    plain = difference(first, second)
    assert np.array_equal(plain, first - second, equal_nan=True)
    ranked = difference(first, second, "rank")
    assert np.flatnonzero(np.isnan(ranked)).tolist() == [5, 9]
    assert np.nanmax(np.abs(ranked)) <= 1
    # Ranks heed no unit: the same map in another unit differs nowhere.
    assert not np.nan_to_num(difference(first, first * 64, "rank")).any()
    best, worst = int(np.nanargmax(first)), int(np.nanargmin(first))
    own = difference(first, np.zeros(form.total, np.float32) + 1, "rank")
    assert own[best] - own[worst] == 1.0
