"""The values of a map: one float32 a channel, some rows of which may not be there yet."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from act_core.events import MapRow
from act_core.models.channels import ChannelLayout

Values = NDArray[np.float32]
Flags = NDArray[np.bool_]


class MapData:
    """Values on the flat axis. What is not finite, or not there yet, is NaN.

    Args:
        layout: The channels.
        values: float32 `[channels]`, copied; None: no row is there yet.
        filled: bool `[modules]`, which rows are there; None: all of them if there are values.
        signed: Values have a meaningful sign. Others are not negative.

    Raises:
        ValueError: The values are not one per channel.
    """

    def __init__(
        self,
        layout: ChannelLayout,
        values: Values | None = None,
        *,
        filled: Flags | None = None,
        signed: bool = False,
    ) -> None:
        if values is not None and values.shape != (layout.total,):
            raise ValueError(f"{values.shape} values for {layout.total} channels")
        self.layout = layout
        self.signed = signed
        self._numbers = {(m.layer, m.kind): n for n, m in enumerate(layout.modules)}
        there = values is not None
        self.filled = np.full(len(layout.modules), there) if filled is None else filled.copy()
        if values is None:
            self.values = np.full(layout.total, np.nan, np.float32)
            self.filled[:] = False
            return
        self.values = _finite(values)
        for number in np.flatnonzero(~self.filled).tolist():
            self.values[layout.slice_of(number)] = np.nan

    def put(self, rows: Iterable[MapRow]) -> None:
        """Take rows that have become final; rows of another model are left out."""
        for row in rows:
            number = self._numbers.get((row.layer, row.kind))
            if number is None or len(row.values) != self.layout.modules[number].width:
                continue
            self.values[self.layout.slice_of(number)] = _finite(row.values)
            self.filled[number] = True

    @property
    def missing_rows(self) -> int:
        """Rows that are not there yet."""
        return int(np.count_nonzero(~self.filled))

    @property
    def nan_count(self) -> int:
        """Channels of the rows that are there whose value is not finite."""
        widths = np.diff(self.layout.starts)
        absent = int(widths[~self.filled].sum())
        return int(np.count_nonzero(np.isnan(self.values))) - absent

    @property
    def dead_count(self) -> int:
        """Channels whose value is exactly 0."""
        return int(np.count_nonzero(self.values == 0))


def _finite(values: Values) -> Values:
    """A float32 copy, with NaN for infinite numbers."""
    copied: Values = np.array(values, dtype=np.float32)
    finite = np.isfinite(copied)
    if not finite.all():
        copied[~finite] = np.nan
    return copied
