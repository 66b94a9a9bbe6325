"""What a running profile has measured so far, as one flat array for every map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.events import MapRow
from act_core.models.channels import ChannelLayout
from act_core.profile.store import Profile


@dataclass(frozen=True, slots=True)
class TableKey:
    """Which map: one statistic of a specialist on an ability."""

    specialist: str
    ability: str
    statistic: str


class Tables:
    """Maps by key, float32 `[channels]`; NaN where a layer has not been finished yet.

    Args:
        layout: The channels.
    """

    def __init__(self, layout: ChannelLayout) -> None:
        self.layout = layout
        self._values: dict[TableKey, NDArray[np.float32]] = {}
        self._known: dict[TableKey, NDArray[np.bool_]] = {}
        self._stored: set[TableKey] = set()
        self._places = {(m.layer, m.kind): i for i, m in enumerate(layout.modules)}

    @property
    def keys(self) -> tuple[TableKey, ...]:
        """All maps that hold something, in the order of their coming."""
        return tuple(self._values)

    def take(self, rows: Iterable[MapRow]) -> dict[TableKey, list[int]]:
        """Put finished rows in their places; rows of another model are left out.

        The first row of a map that came from a stored profile begins that map anew.

        Returns:
            Numbers of the modules that changed, by map.
        """
        changed: dict[TableKey, list[int]] = {}
        for row in rows:
            module = self._places.get((row.layer, row.kind))
            if module is None or len(row.values) != self.layout.modules[module].width:
                continue
            key = TableKey(row.specialist, row.ability, row.statistic)
            self._table(key)[self.layout.slice_of(module)] = row.values
            self._known[key][module] = True
            changed.setdefault(key, []).append(module)
        return changed

    def take_profile(self, profile: Profile) -> None:
        """Put a whole profile in its places."""
        for statistic, values in profile.statistics.items():
            key = TableKey(profile.specialist, profile.ability, statistic)
            self._values[key] = values
            self._known[key] = np.ones(len(self.layout.modules), dtype=np.bool_)
            self._stored.add(key)

    def values(self, key: TableKey) -> NDArray[np.float32] | None:
        """A map, or None where nothing of it is known."""
        return self._values.get(key)

    def known(self, key: TableKey) -> NDArray[np.bool_] | None:
        """Which modules' rows of a map are known, bool `[modules]`."""
        return self._known.get(key)

    def known_share(self, key: TableKey) -> float:
        """Share of the modules whose row is known."""
        known = self._known.get(key)
        return 0.0 if known is None or not len(known) else float(known.mean())

    def _table(self, key: TableKey) -> NDArray[np.float32]:
        if key not in self._values or key in self._stored:
            self._stored.discard(key)
            self._values[key] = np.full(self.layout.total, np.nan, dtype=np.float32)
            self._known[key] = np.zeros(len(self.layout.modules), dtype=np.bool_)
        return self._values[key]
