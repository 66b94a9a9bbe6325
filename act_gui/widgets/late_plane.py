"""The plane in a tab that is not looked at first: kept as data until it is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.report.plane import PlanePoint
from act_gui.maps.plane import RecoveredLostPlane
from act_gui.widgets.tab_order import order_inside


class LatePlane(QWidget):
    """Makes a `RecoveredLostPlane` when it is shown first, and takes what such a plane shows.

    Signals:
        point_chosen: The name of the point.
    """

    point_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plane: RecoveredLostPlane | None = None
        self._points: tuple[PlanePoint, ...] = ()
        self._limit: float | None = None
        self._empty = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def set_points(self, points: Sequence[PlanePoint]) -> None:
        """Show these candidates."""
        self._points = tuple(points)
        if self._plane is not None:
            self._plane.set_points(self._points)

    def add_point(self, point: PlanePoint) -> None:
        """Show one more; a point of the same name is replaced."""
        self.set_points([*(old for old in self._points if old.name != point.name), point])

    def set_limit(self, limit: float | None) -> None:
        """Mark the most that may be lost; None takes the mark away."""
        self._limit = limit
        if self._plane is not None:
            self._plane.set_limit(limit)

    def set_empty(self, text: str) -> None:
        """Say the next step in place of points; empty where there are some."""
        self._empty = text
        if self._plane is not None:
            self._plane.set_empty(text)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if self._plane is None:
            self._plane = plane = RecoveredLostPlane(self)
            self._column.addWidget(plane)
            order_inside(self)
            plane.point_chosen.connect(self.point_chosen)
            plane.set_empty(self._empty)
            plane.set_limit(self._limit)
            plane.set_points(self._points)
            plane.show()
