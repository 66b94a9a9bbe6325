"""Spin boxes whose text keeps away from the edge: Qt leaves the theme's padding out at the left."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

_INDENT_PX = 5  # as far from the edge as in other fields


class SpinBox(QSpinBox):
    """For whole numbers.

    Args:
        parent: Owner.
        **properties: Of `QSpinBox`, e.g. `minimum=1`.
    """

    def __init__(self, parent: QWidget | None = None, **properties: Any) -> None:
        super().__init__(parent, **properties)
        self.lineEdit().setTextMargins(_INDENT_PX, 0, 0, 0)


class DoubleSpinBox(QDoubleSpinBox):
    """For decimal numbers.

    Args:
        parent: Owner.
        **properties: Of `QDoubleSpinBox`, e.g. `decimals=2`.
    """

    def __init__(self, parent: QWidget | None = None, **properties: Any) -> None:
        super().__init__(parent, **properties)
        self.lineEdit().setTextMargins(_INDENT_PX, 0, 0, 0)
