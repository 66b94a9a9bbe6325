"""The order in which the tab key goes through widgets, where it is not that of their making."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def order_tabs(first: QWidget, *others: QWidget) -> None:
    """Let the tab key go from a widget to these others, in their order."""
    # From the back, each right behind the first: Qt leaves alone what follows already, and in a
    # ring the first widget of all follows the last.
    for widget in reversed(others):
        QWidget.setTabOrder(first, widget)
