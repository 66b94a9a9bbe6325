"""Where each channel lies on a map: a row for each module, its channels as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from act_core.models.channels import ChannelLayout

Order = Literal["kind", "layer"]
_GAPS = 0.07  # of the map's height is left between groups, however many there are


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows that belong together: those of a module kind, or those of a layer.

    Attributes:
        layer: Their layer, or None where they are of many.
        kind: Their module kind, or empty where they are of many.
        first, count: The rows.
    """

    layer: int | None
    kind: str
    first: int
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class MapGrid:
    """Rows and columns of a map.

    Rows differ in width: right of its last channel a row is empty. Vertical places count rows; the
    gaps between groups are in the same unit, so row `r` reaches from `tops[r]` to `tops[r] + 1`.

    Attributes:
        layout: The channels.
        order: Rows by module kind and within it by layer, or as they lie in the model.
        modules: int64 `[rows]`, number of each row's module.
        starts: int64 `[rows]`, first channel of each row on the flat axis.
        widths: int64 `[rows]`, channels of each row.
        tops: float64 `[rows]`, upper edges.
        groups: Of rows, from the top.
    """

    layout: ChannelLayout
    order: Order = "kind"
    modules: NDArray[np.int64] = field(init=False, repr=False)
    starts: NDArray[np.int64] = field(init=False, repr=False)
    widths: NDArray[np.int64] = field(init=False, repr=False)
    tops: NDArray[np.float64] = field(init=False, repr=False)
    groups: tuple[RowGroup, ...] = field(init=False, repr=False)
    _rows: dict[tuple[int, str], int] = field(init=False, repr=False)
    _row_of_module: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kinds = list(dict.fromkeys(module.kind for module in self.layout.modules))
        numbers = list(range(len(self.layout.modules)))
        if self.order == "kind":
            found = self.layout.modules
            numbers.sort(key=lambda n: (kinds.index(found[n].kind), found[n].layer, n))
        modules = np.array(numbers, dtype=np.int64)
        groups = _groups(self.layout, numbers, self.order)
        counts = [group.count for group in groups]
        place = np.repeat(np.arange(len(groups)), counts)
        gap = _GAPS * len(numbers) / len(groups) if groups else 0.0
        row_of_module = np.empty(len(numbers), np.int64)
        row_of_module[modules] = np.arange(len(numbers))
        keys = ((self.layout.modules[n].layer, self.layout.modules[n].kind) for n in numbers)
        for name, value in (
            ("modules", modules),
            ("starts", self.layout.starts[:-1][modules]),
            ("widths", np.diff(self.layout.starts)[modules]),
            ("tops", np.arange(len(numbers)) + gap * place),
            ("groups", groups),
            ("_rows", {key: row for row, key in enumerate(keys)}),
            ("_row_of_module", row_of_module),
        ):
            object.__setattr__(self, name, value)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.modules)

    @property
    def columns(self) -> int:
        """Channels of the widest row."""
        return int(self.widths.max(initial=0))

    @property
    def height(self) -> float:
        """Height of all rows with the gaps between groups."""
        return float(self.tops[-1]) + 1.0 if self.rows else 0.0

    def row_of(self, layer: int, kind: str) -> int:
        """The row of a module.

        Raises:
            KeyError: The model has no such module.
        """
        return self._rows[layer, kind]

    def name_of(self, row: int) -> tuple[int, str]:
        """Layer and module kind of a row."""
        module = self.layout.modules[int(self.modules[row])]
        return module.layer, module.kind

    def place_of(self, channel: int) -> tuple[int, int]:
        """Row and column of a channel of the flat axis."""
        module = int(np.searchsorted(self.layout.starts, channel, side="right")) - 1
        return int(self._row_of_module[module]), channel - int(self.layout.starts[module])

    def channel_at(self, row: int, column: int) -> int | None:
        """The flat channel at a place; None right of a row's end."""
        if not (0 <= row < self.rows and 0 <= column < self.widths[row]):
            return None
        return int(self.starts[row]) + column

    def channels_in(self, rows: range, columns: range) -> NDArray[np.int64]:
        """The flat channels of a rectangle, sorted, int64; both ranges may stand out."""
        first = max(columns.start, 0)
        parts = [
            np.arange(first, max(first, min(columns.stop, self.widths[row]))) + self.starts[row]
            for row in range(max(rows.start, 0), min(rows.stop, self.rows))
        ]
        return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def _groups(layout: ChannelLayout, numbers: Sequence[int], order: Order) -> tuple[RowGroup, ...]:
    groups: list[RowGroup] = []
    for row, number in enumerate(numbers):
        module = layout.modules[number]
        by_kind = order == "kind"
        layer, kind = None if by_kind else module.layer, module.kind if by_kind else ""
        if groups and (groups[-1].layer, groups[-1].kind) == (layer, kind):
            last = groups.pop()
            groups.append(RowGroup(layer, kind, last.first, last.count + 1))
        else:
            groups.append(RowGroup(layer, kind, row, 1))
    return tuple(groups)
