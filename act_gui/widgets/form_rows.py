"""Rows of a form whose fields say what they mean, and fields for decimal numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QLayout, QWidget

from act_gui.widgets.labels import label
from act_gui.widgets.number_field import FaultLine, NumberField
from act_gui.widgets.spin_boxes import DoubleSpinBox


class FormRows(QGridLayout):
    """Names at the left, fields at the right.

    Unlike Qt's own form it gives a text that comes to wrap into more lines the room for them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setColumnStretch(1, 1)

    def add(self, name: str, field: QWidget, words: str) -> None:
        """Put a field below the others, with its name and what it means."""
        self._add_name(name).setBuddy(field)
        self.addWidget(field, self.rowCount() - 1, 1)
        explain(field, name, words)
        if isinstance(field, NumberField):
            self.add_below(FaultLine(field))

    def add_fields(self, name: str, fields: QLayout) -> None:
        """Put several fields into one row; each of them says by itself what it means."""
        self._add_name(name)
        self.addLayout(fields, self.rowCount() - 1, 1)

    def add_below(self, widget: QWidget) -> None:
        """Put something below the last field that needs no name beside it."""
        self.addWidget(widget, self.rowCount(), 1)

    def show_row(self, field: QWidget, *, shown: bool) -> None:
        """Show a row or leave it out."""
        row = self.getItemPosition(self.indexOf(field))[0]  # type: ignore[index] # Qt's tuple
        for column in range(2):
            item = self.itemAtPosition(row, column)
            if item is not None and (widget := item.widget()) is not None:
                widget.setVisible(shown)

    def _add_name(self, name: str) -> QLabel:
        said = label(name)
        self.addWidget(said, self.rowCount(), 0)
        return said


def decimal_field(low: float, high: float, decimals: int, step: float) -> QDoubleSpinBox:
    """A field for a decimal number, which speaks once it was written in full."""
    field = DoubleSpinBox(minimum=low, maximum=high, decimals=decimals, singleStep=step)
    field.setKeyboardTracking(False)
    return field


def explain(field: QWidget, name: str, words: str) -> None:
    """Say what a field is called, where it says nothing of itself, and what it means."""
    if not field.accessibleName():
        field.setAccessibleName(name)
    field.setToolTip(words)
    field.setAccessibleDescription(words)
