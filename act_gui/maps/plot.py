"""An area for a chart's items, with its axes around it."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtWidgets import QGraphicsGridLayout, QGraphicsItem

_PLACES = {"left": (1, 0), "right": (1, 2), "bottom": (2, 1)}
_AREA = (1, 1)


class Plot(pg.GraphicsWidget):  # type: ignore[misc]
    """In place of pyqtgraph's `PlotItem`, which makes eighty widgets of a menu that nobody opens.

    Attributes:
        vb: The area; it follows neither the mouse nor the extent of its items.
    """

    def __init__(self) -> None:
        super().__init__()
        self.vb = pg.ViewBox(parent=self, enableMouse=False, enableMenu=False)
        self.vb.disableAutoRange()
        self._grid = QGraphicsGridLayout()
        self._grid.setSpacing(0)
        self._grid.addItem(self.vb, *_AREA)
        self.setLayout(self._grid)

    def add_axis(self, axis: pg.AxisItem) -> None:
        """Put an axis on its side; its grid lies below the items."""
        axis.linkToView(self.vb)
        axis.setZValue(self.vb.zValue() - 1)
        axis.setFlag(QGraphicsItem.GraphicsItemFlag.ItemNegativeZStacksBehindParent)
        self._grid.addItem(axis, *_PLACES[axis.orientation])

    def set_margins(self, left: float, top: float, right: float, bottom: float) -> None:
        """Leave room around, in pixels."""
        self._grid.setContentsMargins(left, top, right, bottom)

    def add(self, item: QGraphicsItem) -> None:
        """Draw an item in the area."""
        self.vb.addItem(item, ignoreBounds=True)

    def remove(self, item: QGraphicsItem) -> None:
        """Draw it no more."""
        self.vb.removeItem(item)
