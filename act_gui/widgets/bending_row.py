"""A row of controls that bends where it is too long for the room there is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
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

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            needed_px = sum(self._widths()) + _SPACING_PX
            way = QBoxLayout.Direction
            wanted = way.LeftToRight if needed_px <= self.width() else way.TopToBottom
            if wanted != self._groups.direction():
                self._groups.setDirection(wanted)
        return super().event(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(max(self._widths()), self._groups.minimumSize().height())

    def _widths(self) -> tuple[int, int]:
        """Pixels that each group needs; buttons would take less, and cut their texts."""
        return self.left.sizeHint().width(), self.right.sizeHint().width()
