"""A row of controls that bends where it is too long for the room there is."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

_SPACING_PX = 4


class BendingRow(QWidget):
    """Two groups of controls at both ends of a row; below each other where it is too narrow.

    Attributes:
        left, right: Rows to fill.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.left, self.right = QHBoxLayout(), QHBoxLayout()
        self._groups = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._groups.setContentsMargins(0, 0, 0, 0)
        self._groups.setSpacing(_SPACING_PX)
        for group in (self.left, self.right):
            group.setSpacing(_SPACING_PX)
        self._groups.addLayout(self.left)
        self._groups.addStretch(1)
        self._groups.addLayout(self.right)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        needed_px = sum(self._widths()) + _SPACING_PX
        way = QBoxLayout.Direction
        fits = needed_px <= event.size().width()
        self._groups.setDirection(way.LeftToRight if fits else way.TopToBottom)
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(max(self._widths()), self._groups.minimumSize().height())

    def _widths(self) -> tuple[int, int]:
        return self.left.minimumSize().width(), self.right.minimumSize().width()
