"""How a tab of the dialog that adds abilities is laid out."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QPlainTextEdit, QVBoxLayout, QWidget


def fill_tab(tab: QWidget, *parts: QWidget | QFormLayout) -> None:
    """Put parts one below the other; only a text to write takes the room that is left."""
    column = QVBoxLayout(tab)
    column.setContentsMargins(14, 12, 14, 12)
    column.setSpacing(8)
    for part in parts:
        if isinstance(part, QWidget):
            column.addWidget(part)
        else:
            column.addLayout(part)
    if not isinstance(parts[-1], QPlainTextEdit):
        column.addStretch(1)
