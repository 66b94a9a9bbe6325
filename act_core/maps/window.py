"""The part of a map that is seen, and how zooming, panning and following change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from act_core.maps.grid import MapGrid

_LEAST_CHANNELS = 8.0  # a view is never narrower
_LEAST_HEIGHT = 3.0  # nor lower, in rows


@dataclass(frozen=True, slots=True)
class MapWindow:
    """What is seen: channels from left to right, rows (with the grid's gaps) from top to bottom.

    Attributes:
        first: Left end in channels.
        span: Width in channels.
        top: Upper end in rows.
        height: Height in rows.
    """

    first: float
    span: float
    top: float
    height: float

    @staticmethod
    def whole(grid: MapGrid) -> MapWindow:
        """All of a map."""
        return MapWindow(0.0, float(max(grid.columns, 1)), 0.0, max(grid.height, 1.0))

    def inside(self, grid: MapGrid) -> MapWindow:
        """The nearest window that a map can show."""
        whole = MapWindow.whole(grid)
        span = min(max(self.span, min(_LEAST_CHANNELS, whole.span)), whole.span)
        height = min(max(self.height, min(_LEAST_HEIGHT, whole.height)), whole.height)
        first = min(max(self.first, 0.0), whole.span - span)
        top = min(max(self.top, 0.0), whole.height - height)
        return MapWindow(first, span, top, height)

    def zoomed(self, channels: float, rows: float, at_x: float, at_y: float) -> MapWindow:
        """Wider and higher by these factors; the place at these shares of the window stays."""
        span, height = self.span * channels, self.height * rows
        return MapWindow(
            self.first + at_x * (self.span - span),
            span,
            self.top + at_y * (self.height - height),
            height,
        )

    def moved(self, right: float, down: float) -> MapWindow:
        """Shifted by shares of the window."""
        return replace(
            self, first=self.first + right * self.span, top=self.top + down * self.height
        )

    def showing(self, column: int, row_top: float) -> MapWindow:
        """Shifted no further than needed to have a channel and its row in sight."""
        first, top = self.first, self.top
        if not first <= column or not column + 1 <= first + self.span:
            first = column + 0.5 - 0.5 * self.span
        if not top <= row_top or not row_top + 1 <= top + self.height:
            top = row_top + 0.5 - 0.5 * self.height
        return replace(self, first=first, top=top)
