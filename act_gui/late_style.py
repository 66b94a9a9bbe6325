"""A new style reaches what is seen at once, and the other parts of the window when there is time.

To style all widgets of all pages takes half a second, most of it for pages that nobody sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

_POLISHED = Qt.WidgetAttribute.WA_WState_Polished
_OWN_STYLE = Qt.WidgetAttribute.WA_SetStyle


@contextmanager
def left_behind(app: QApplication) -> Iterator[None]:
    """Let the application's style change in here without any widget being styled or told.

    Qt styles no widget that was never polished, and tells none that has a style of its own.
    Afterwards every widget has to be styled, by `style_all`.
    """
    widgets = [widget for widget in app.allWidgets() if not widget.testAttribute(_OWN_STYLE)]
    for widget in widgets:
        widget.setAttribute(_POLISHED, False)
        widget.setAttribute(_OWN_STYLE, True)
    try:
        yield
    finally:
        for widget in widgets:
            widget.setAttribute(_OWN_STYLE, False)


def style_whole(part: QWidget) -> None:
    """Give a part of the window, with all that it holds, the application's style."""
    style_all([part, *part.findChildren(QWidget)])


def style_all(widgets: Sequence[QWidget]) -> None:
    """Give widgets the application's style; an owner stands before what it holds.

    Owners take fonts and colours first, and are told last: they measure what they hold.
    """
    for widget in widgets:
        QApplication.sendEvent(widget, QEvent(QEvent.Type.Polish))
    for widget in reversed(widgets):
        QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
        widget.update()
