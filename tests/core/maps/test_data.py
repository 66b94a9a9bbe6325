from __future__ import annotations

import numpy as np
import pytest

from act_core.events import MapRow
from act_core.maps.data import MapData
from tests.core.maps.forms import layout, values


def test_nan_infinite_and_dead_channels_are_counted_apart() -> None:
    form = layout()
    given = values(form)
    given[[3, 70]] = np.nan
    given[100] = np.inf
    given[[5, 6, 7, 300]] = 0
    data = MapData(form, given)
    assert (data.nan_count, data.dead_count, data.missing_rows) == (3, 4, 0)
    assert np.isnan(data.values[100])
    assert np.isinf(given[100])  # the caller's array stays as it was


def test_rows_that_are_not_there_yet_are_neither_nan_nor_dead() -> None:
    form = layout()
    filled = np.ones(len(form.modules), bool)
    filled[[0, 4]] = False
    given = np.zeros(form.total, np.float32)
    given[form.slice_of(1).start] = np.nan
    data = MapData(form, given, filled=filled)
    absent = form.modules[0].width + form.modules[4].width
    assert (data.nan_count, data.dead_count, data.missing_rows) == (1, form.total - absent - 1, 2)


def test_rows_fill_one_by_one_and_strangers_are_left_out() -> None:
    form = layout()
    data = MapData(form)
    row = np.full(16, 2.5, np.float32)
    data.put([MapRow("s", "a", "matched", 1, "k", row)])
    data.put([MapRow("s", "a", "matched", 9, "k", row), MapRow("s", "a", "matched", 1, "q", row)])
    (number,) = np.flatnonzero(data.filled)
    assert (form.modules[number].layer, form.modules[number].kind) == (1, "k")
    assert data.values[form.slice_of(int(number))].tolist() == [2.5] * 16
    assert int(np.isfinite(data.values).sum()) == 16
    with pytest.raises(ValueError, match="channels"):
        MapData(form, row)
