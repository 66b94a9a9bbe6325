from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from act_core.maps.table import (
    csv_parts,
    facts_of,
    next_strongest,
    rank_of,
    ranks,
    strongest,
    top_table,
)
from tests.core.maps.forms import layout, values


def test_ranks_are_places_in_a_plain_sort() -> None:
    form = layout()
    found = values(form)
    found[[4, 90]] = np.nan
    found[[10, 20, 30]] = found.max(initial=0, where=~np.isnan(found)) + 1  # three that are equal
    ordered = sorted(found[~np.isnan(found)].tolist(), reverse=True)
    wanted = [0 if np.isnan(v) else ordered.index(v) + 1 for v in found.tolist()]
    assert ranks(found).tolist() == wanted
    assert wanted[10] == wanted[30] == 1
    assert [rank_of(found, channel) or 0 for channel in range(form.total)] == wanted


@pytest.mark.parametrize("count", [1, 7, 64, 65, 500, 10**6])
def test_the_strongest_are_those_of_a_plain_sort(count: int) -> None:
    found = np.round(values(layout(20)), 1)  # many equal ones
    found[::50] = np.nan
    wanted = [c for c in np.argsort(-found, kind="stable").tolist() if not np.isnan(found[c])]
    assert strongest(found, count).tolist() == wanted[:count]


def test_the_next_strongest_walks_through_all_channels_in_order() -> None:
    found = np.round(values(layout(1)), 1)
    found[[3, 8]] = np.nan
    walked: list[int] = []
    channel = next_strongest(found, None)
    while channel is not None:
        walked.append(channel)
        channel = next_strongest(found, channel)
    assert walked == strongest(found, len(found)).tolist()
    assert next_strongest(found, 3) == walked[0]
    assert next_strongest(np.full(4, np.nan, np.float32), None) is None


def test_the_facts_of_a_channel() -> None:
    form = layout()
    found = values(form)
    place = form.slice_of(9)
    channel = place.start + 5
    mask = np.zeros(form.total, bool)
    mask[channel] = True
    facts = facts_of(form, found, channel, selected=mask, weight=found * 2)
    assert (facts.layer, facts.kind, facts.channel) == (1, form.modules[9].kind, 5)
    assert facts.value == found[channel]
    assert facts.rank == 1 + int((found > found[channel]).sum())
    assert facts.module_rank == 1 + int((found[place] > found[channel]).sum())
    assert facts.selected is True
    assert facts.weight == 2 * found[channel]
    assert facts_of(form, found, channel).selected is None
    filled = np.ones(len(form.modules), bool)
    filled[9] = False
    assert facts_of(form, found, channel, filled=filled).there is False


def test_csv_holds_every_value_to_the_last_bit() -> None:
    form = layout()
    found = values(form)
    found[7] = np.nan
    mask = np.random.default_rng(2).random(form.total) < 0.2
    channels = np.arange(form.total)[::-1].copy()
    rows = list(csv.DictReader("".join(csv_parts(form, found, mask, channels)).splitlines()))
    assert len(rows) == form.total
    ranked = ranks(found)
    for row, channel in zip(rows, channels.tolist(), strict=True):
        facts = facts_of(form, found, channel)
        assert (int(row["layer"]), row["module_kind"], int(row["channel"])) == (
            facts.layer,
            facts.kind,
            facts.channel,
        )
        assert int(row["in_mask"]) == mask[channel]
        if channel == 7:
            assert row["value"] == row["rank"] == ""
        else:
            assert np.float32(row["value"]) == found[channel]
            assert int(row["rank"]) == ranked[channel]
    bare = "".join(csv_parts(form, found, None, np.array([3])))
    assert bare.splitlines()[1].endswith(",")


def test_the_top_table_agrees_with_the_facts_of_each_channel() -> None:
    form = layout(20)
    found = np.round(values(form), 1)
    mask = found > 5
    table = top_table(form, found, 50, mask)
    assert [facts.index for facts in table] == strongest(found, 50).tolist()
    for facts in table:
        whole = facts_of(form, found, facts.index, selected=mask)
        assert replace(whole, module_rank=None) == facts
