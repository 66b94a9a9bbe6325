"""A widget with the name that screen readers say, in one expression."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QLineEdit, QWidget

AnyWidget = TypeVar("AnyWidget", bound=QWidget)


def named(widget: AnyWidget, name: str) -> AnyWidget:
    """The same widget, with its accessible name."""
    widget.setAccessibleName(name)
    return widget


def search_line(name: str) -> QLineEdit:
    """A line that filters or finds; its name stands in it while it is empty."""
    line = named(QLineEdit(placeholderText=name, clearButtonEnabled=True), name)
    # Qt's own button for clearing has an icon and no name.
    for button in line.findChildren(QWidget):
        button.setAccessibleName(name)
    return line
