"""Live maps fill as rows come; stored profiles are read and damaged ones told."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from act_core.events import MapRow
from act_core.profile.devices import available_devices, used_bytes
from act_core.profile.store import save_profile
from act_core.profile.stored import stored_profiles
from act_core.profile.tables import TableKey, Tables
from act_core.runs import RunFolder
from tests.core.localize.small import profile_of, small_layout

LAYOUT = small_layout(3, 2, 3, 2)
KEY = TableKey("donor", "german", "matched")


def row(layer: int, kind: str, *values: float, statistic: str = "matched") -> MapRow:
    return MapRow("donor", "german", statistic, layer, kind, np.array(values, np.float32))


def test_rows_land_in_their_places_and_the_rest_stays_unknown() -> None:
    tables = Tables(LAYOUT)

    changed = tables.take([row(1, "a", 1, 2, 3), row(0, "b", 4, 5), row(0, "b", 6, 7)])

    assert changed == {KEY: [2, 1, 1]}
    values = tables.values(KEY)
    assert values is not None
    np.testing.assert_array_equal(
        values, np.array([np.nan] * 3 + [6, 7] + [1, 2, 3] + [np.nan] * 2, np.float32)
    )
    assert tables.known_share(KEY) == 0.5


def test_rows_that_belong_to_another_model_are_left_out() -> None:
    tables = Tables(LAYOUT)
    assert tables.take([row(7, "a", 1, 2, 3), row(0, "a", 1, 2)]) == {}
    assert tables.keys == ()
    assert tables.values(KEY) is None
    assert tables.known_share(KEY) == 0.0


def test_a_stored_profile_is_known_whole() -> None:
    tables = Tables(LAYOUT)
    tables.take_profile(profile_of(LAYOUT, {"matched": range(10), "weight": range(10)}))
    assert tables.keys == (KEY, TableKey("donor", "german", "weight"))
    assert tables.known_share(KEY) == 1.0


def test_the_first_new_row_begins_a_stored_map_anew() -> None:
    tables = Tables(LAYOUT)
    stored = profile_of(LAYOUT, {"matched": range(10), "weight": range(10)})
    tables.take_profile(stored)

    tables.take([row(0, "b", 4, 5)])

    assert tables.known_share(KEY) == 0.25
    assert tables.known_share(TableKey("donor", "german", "weight")) == 1.0
    assert stored.statistic("matched").tolist() == list(range(10))


def test_stored_profiles_are_found_and_damaged_ones_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    made = profile_of(LAYOUT, {"matched": range(10)})
    save_profile(made, folder.profile_path("donor", "german"))
    folder.profile_path("donor", "maths").write_bytes(b"cut")
    pairs = [("donor", "german"), ("donor", "maths"), ("donor", "code")]

    found = stored_profiles(folder, pairs, LAYOUT)

    assert list(found.profiles) == [("donor", "german")]
    assert list(found.faults) == [("donor", "maths")]
    assert found.measured_at == folder.profile_path("donor", "german").stat().st_mtime


def test_devices_begin_with_auto_and_cpu() -> None:
    first, second, *_ = available_devices()
    assert (first.name, second.name) == ("auto", "cpu")
    assert second.total_bytes > 1 << 30
    assert used_bytes("cpu") > 1 << 20
