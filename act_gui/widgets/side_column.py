"""A column of cards beside a picture: it scrolls up and down, and its cards are never cut."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

_LEAST_EM = 25


class SideColumn(QScrollArea):
    """As wide at least as its cards need, with room for the scroll bar."""

    def __init__(self, cards: Sequence[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inner = QWidget()
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(12)
        for card in cards:
            column.addWidget(card)
        column.addStretch(1)
        self.setWidget(self._inner)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        bar_px = self.verticalScrollBar().sizeHint().width()
        least_px = _LEAST_EM * self.fontMetrics().height()
        return QSize(max(self._inner.minimumSizeHint().width(), least_px) + bar_px, 0)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return self.minimumSizeHint()
