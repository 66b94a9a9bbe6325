"""Tabs on a page that scrolls: as high as what is shown needs, and as there is room in sight."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QTabWidget, QWidget

_LEAST_LINES = 16
_MOST_LINES = 40
_FRAME_PX = 4


class FittedTabs(QTabWidget):
    """Takes the room in sight between two bounds, and more only where the page that is shown must.

    A plain tab widget is as high as the highest of its pages, whichever is shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._room_px = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.currentChanged.connect(lambda _index: self.updateGeometry())

    def set_room(self, room_px: int) -> None:
        """Tell how much is in sight, from the upper edge of the tabs."""
        if room_px != self._room_px:
            self._room_px = room_px
            self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(super().sizeHint().width(), self._height_px())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(super().minimumSizeHint().width(), self._height_px())

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Qt's own would ask the pages that are not shown, too."""
        return False

    def _height_px(self) -> int:
        line = self.fontMetrics().lineSpacing()
        fitting = max(_LEAST_LINES * line, min(self._room_px, _MOST_LINES * line))
        if not self.count():
            return fitting
        shown = self.currentWidget()
        needed = max(shown.minimumSizeHint().height(), shown.minimumHeight())
        return max(fitting, needed + self.tabBar().sizeHint().height() + _FRAME_PX)
