"""Rows of a form whose fields say what they mean, and fields for decimal numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QWidget


def decimal_field(low: float, high: float, decimals: int, step: float) -> QDoubleSpinBox:
    """A field for a decimal number, which speaks once it was written in full."""
    field = QDoubleSpinBox(minimum=low, maximum=high, decimals=decimals, singleStep=step)
    field.setKeyboardTracking(False)
    return field


def plain_form() -> QFormLayout:
    """A form without margins of its own."""
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
    return form


def add_row(form: QFormLayout, name: str, field: QWidget, words: str) -> None:
    """Put a field below the others, with its name and what it means."""
    form.addRow(name, field)
    explain(field, name, words)


def explain(field: QWidget, name: str, words: str) -> None:
    """Say what a field is called, where it says nothing of itself, and what it means."""
    if not field.accessibleName():
        field.setAccessibleName(name)
    field.setToolTip(words)
    field.setAccessibleDescription(words)
