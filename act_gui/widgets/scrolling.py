"""Areas that scroll, so that a page fits on a small screen and with large letters."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QScrollArea,
    QScrollBar,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

_CARDS_EM = 25
_PICTURES_EM = (21, 14)


class ScrollArea(QScrollArea):
    """An area without a frame, which Tab passes by on its way to what is in it.

    Args:
        inner: What scrolls; None: it is set later.
        parent: Owner.
    """

    def __init__(self, inner: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if inner is not None:
            self.setWidget(inner)


class SideColumn(ScrollArea):
    """A column of cards beside a picture: it scrolls up and down, and its cards are never cut.

    The wheel scrolls it wherever the pointer is: it changes a field only where that has the focus.

    Attributes:
        ground: Owner of the cards.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        self.ground = QWidget()
        super().__init__(self.ground, parent)
        self._column = QVBoxLayout(self.ground)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(12)
        self._column.addStretch(1)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def add_card(self, card: QWidget) -> None:
        """Put a card below the others."""
        self._column.insertWidget(self._column.count() - 1, card)
        for kind in (QComboBox, QAbstractSpinBox, QAbstractSlider):
            for field in card.findChildren(kind):
                if not isinstance(field, QScrollBar):
                    field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        unfocused = isinstance(watched, QWidget) and not watched.hasFocus()
        if event.type() == QEvent.Type.Wheel and unfocused:
            event.ignore()  # so that it goes on to the column
            return True
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        bar_px = self.verticalScrollBar().sizeHint().width()
        least_px = _CARDS_EM * self.fontMetrics().height()
        return QSize(max(self.ground.minimumSizeHint().width(), least_px) + bar_px, 0)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return self.minimumSizeHint()


class Pictures(ScrollArea):
    """Pictures that fill the room there is, and scroll where it is less than they need.

    Args:
        low_em: Below this height, in lines of writing, there is room for the essential only.
        parent: Owner.

    Signals:
        lowered: Whether there is.
    """

    lowered = Signal(bool)

    def __init__(self, low_em: int, parent: QWidget | None = None) -> None:
        self._low_em = low_em
        super().__init__(parent=parent)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        self.lowered.emit(event.size().height() < self._low_em * self.fontMetrics().height())
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        em = self.fontMetrics().height()
        return QSize(_PICTURES_EM[0] * em, _PICTURES_EM[1] * em)


def add_side_by_side(stack: QStackedWidget, side: SideColumn, pictures: Pictures) -> None:
    """Put a column at the left and pictures, which take the room there is, into a stack.

    Fill both afterwards: what gets another parent is styled anew with all that it holds.
    """
    split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
    stack.addWidget(split)
    split.addWidget(side)
    split.addWidget(pictures)
    split.setStretchFactor(0, 0)
    split.setStretchFactor(1, 1)
