"""Writing in its roles: titles, headings, explanations, states."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

Role = Literal["", "title", "heading", "muted", "good", "warn", "bad", "mono"]


def label(
    text: str = "", role: Role = "", *, wrap: bool = False, selectable: bool = False
) -> QLabel:
    """A text.

    Args:
        text: Plain, never rich: names of files and models come from outside.
        role: Its look.
        wrap: It breaks into lines.
        selectable: It can be marked and copied.
    """
    made = QLabel(text, textFormat=Qt.TextFormat.PlainText, wordWrap=wrap)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    set_role(made, role)
    return made


def set_role(widget: QWidget, role: Role) -> None:
    """Give a widget the look of a role."""
    set_look(widget, "role", role)


def set_look(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and look again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
