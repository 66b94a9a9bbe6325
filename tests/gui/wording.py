"""Which texts a person sees, and which of them did not go through the translation."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QTabBar,
    QWidget,
)

OPEN, CLOSE = "⟦", "⟧"


class Marker(QTranslator):
    """Translates every text of the program into itself between brackets."""

    def translate(
        self,
        context: str,
        source: str,
        _disambiguation: str | None = None,
        _number: int = -1,
    ) -> str:
        qt_fills_it = context != "act" and "%" in source
        return source if qt_fills_it else f"{OPEN}{source}{CLOSE}"

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's
        return False


def texts_of(root: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Every text that is written on something visible, and what is said of it."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget, widget.text()
        elif isinstance(widget, QGroupBox):
            yield widget, widget.title()
        elif isinstance(widget, QComboBox):
            yield from ((widget, widget.itemText(row)) for row in range(widget.count()))
        elif isinstance(widget, QTabBar):
            yield from ((widget, widget.tabText(place)) for place in range(widget.count()))
        elif isinstance(widget, QLineEdit):
            yield widget, widget.placeholderText()
        elif isinstance(widget, QMenuBar):
            for action in widget.actions():
                yield widget, action.text()
                menu = action.menu()
                yield from ((widget, entry.text()) for entry in menu.actions())
        yield widget, widget.toolTip()
        yield widget, widget.accessibleName()


def is_marked(text: str) -> bool:
    """Whether every word of it stands between brackets; values stand in them or beside them."""
    return OPEN in text and CLOSE in text
