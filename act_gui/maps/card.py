"""The card beside a spot of a chart that says what is there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLabel, QWidget

from act_gui.theme import Colours

_ASIDE_PX = 14


class Card(QLabel):
    """A small label over its owner, never outside of it; the pointer goes through it."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setMargin(6)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def restyle(self, colours: Colours) -> None:
        """Paint in a theme's colours."""
        self.setStyleSheet(
            f"background: {colours.raised}; color: {colours.text};"
            f"border: 1px solid {colours.border}; border-radius: 4px;"
        )

    def show_at(self, place: QPointF, text: str) -> None:
        """Show rich text beside a place in the owner's pixels."""
        room = self._owner.size()
        self.setWordWrap(False)
        self.setText(text)
        if self.sizeHint().width() > 0.8 * room.width():
            self.setWordWrap(True)
            self.setFixedWidth(int(0.8 * room.width()))
        else:
            self.setMinimumWidth(0)
            self.setMaximumWidth(room.width())
        self.adjustSize()
        left = place.x() + _ASIDE_PX
        if left + self.width() > room.width():
            left = place.x() - _ASIDE_PX - self.width()
        top = place.y() - _ASIDE_PX - self.height()
        self.move(
            int(min(max(left, 0), max(0, room.width() - self.width()))),
            int(min(max(top, 0), max(0, room.height() - self.height()))),
        )
        self.show()
        self.raise_()
