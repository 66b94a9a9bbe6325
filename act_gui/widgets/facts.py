"""Pairs of a name and a value, such as the facts of a model or a plan."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from act_gui.widgets.labels import label


class FactGrid(QWidget):
    """Names on the left, values on the right; values can be marked and copied.

    Args:
        columns: Pairs side by side.
    """

    def __init__(self, columns: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._shown: dict[str, str] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(4)
        for column in range(columns):
            self._grid.setColumnStretch(2 * column + 1, 1)

    def set_facts(self, facts: Mapping[str, str]) -> None:
        """Show these pairs; empty values are left out."""
        shown = {name: value for name, value in facts.items() if value}
        if shown == self._shown:
            return
        self._shown = shown
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for number, (name, value) in enumerate(shown.items()):
            row, column = divmod(number, self._columns)
            said = label(value, wrap=True, selectable=True)
            said.setAccessibleName(f"{name}: {value}")
            top = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(label(name, "muted"), row, 2 * column, top)
            self._grid.addWidget(said, row, 2 * column + 1, top)

    def facts(self) -> Mapping[str, str]:
        """What is shown."""
        return dict(self._shown)
