"""The first rows of a data set as a table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from act_core.abilities.items import Row
from act_gui.text import tr

_MOST_COLUMNS = 30
_LONGEST = 300
_WIDTH_EM = 16
_LINES = 7


class FirstRows(QTableWidget):
    """Read only; long texts are cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("First rows"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        em = self.fontMetrics().height()
        header.setDefaultSectionSize(_WIDTH_EM * em)
        self.setMinimumHeight(round(_LINES * 1.6 * em))

    def set_rows(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Show rows."""
        shown = columns[:_MOST_COLUMNS]
        self.clear()
        self.setColumnCount(len(shown))
        self.setHorizontalHeaderLabels(list(shown))
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, name in enumerate(shown):
                text = str(row.get(name, ""))
                cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
                self.setItem(number, column, QTableWidgetItem(cut.replace("\n", " ⏎ ")))
