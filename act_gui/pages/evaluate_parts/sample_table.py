"""Listed samples as rows: item, prompt, what is right, and each candidate's outcome beside it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from act_core.evaluate.listing import Listing, Row
from act_core.evaluate.samples import Outcome
from act_core.report.numbers import MISSING, measure_scale
from act_gui.icons import icon
from act_gui.text import tr
from act_gui.theme import colours_of
from act_gui.widgets.rows import list_rows

ITEM, PROMPT, REFERENCE, FIRST_CANDIDATE = range(4)
_ITEM_CHARACTERS, _LEAST_CHARACTERS = 26, 14
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROLES = Qt.ItemDataRole
_Index = QModelIndex | QPersistentModelIndex


class SampleModel(QAbstractTableModel):
    """Makes a cell's text when it is looked at, so that many thousands of rows cost nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._widget = parent
        self._listing: Listing | None = None
        self._rows: tuple[Row, ...] = ()
        self._heads: tuple[str, ...] = ()

    def set_listing(self, listing: Listing | None, labels: tuple[str, ...]) -> None:
        """Show a list.

        Args:
            listing: The list; None empties the table.
            labels: Of the shown candidates, for people.
        """
        self.beginResetModel()
        self._listing = listing
        self._rows = () if listing is None else listing.rows
        self._heads = ()
        if listing is not None:
            right = tr("Text") if self._is_loss() else tr("Right answer")
            self._heads = (tr("Item"), tr("Prompt"), right, *labels)
        self.endResetModel()

    def row(self, number: int) -> Row:
        """The item of a row."""
        return self._rows[number]

    def row_of(self, name: str) -> int | None:
        """The row of an item; None where it is not listed."""
        return next((n for n, row in enumerate(self._rows) if row.id == name), None)

    def _is_loss(self) -> bool:
        return self._listing is not None and self._listing.wanted.measure == "loss"

    # ----------------------------------------------------------------------------- Qt

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = _ROLES.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ROLES.TextAlignmentRole and section >= FIRST_CANDIDATE and self._is_loss():
            return _RIGHT
        return self._heads[section] if role == _ROLES.DisplayRole else None

    def data(self, index: _Index, role: int = _ROLES.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if column < FIRST_CANDIDATE:
            text = (row.id, row.prompt, row.reference)[column]
            return text if role in (_ROLES.DisplayRole, _ROLES.ToolTipRole) else None
        outcome = row.outcomes[column - FIRST_CANDIDATE]
        if self._is_loss():
            return _loss(outcome, role)
        return self._answer(outcome, role)

    def _answer(self, outcome: Outcome, role: int) -> Any:
        """A mark and what was said; who cannot see the mark is told in words."""
        if outcome.value is None:
            return MISSING if role == _ROLES.DisplayRole else None
        said = MISSING if outcome.said is None else outcome.said
        if role == _ROLES.DisplayRole:
            return said
        if role in (_ROLES.ToolTipRole, _ROLES.AccessibleTextRole):
            return f"{tr('right') if outcome.value else tr('wrong')}: {said}"
        if role == _ROLES.DecorationRole:
            colours = colours_of(self._widget)
            return icon("check", colours.good) if outcome.value else icon("close", colours.bad)
        return None


def _loss(outcome: Outcome, role: int) -> Any:
    if role in (_ROLES.DisplayRole, _ROLES.ToolTipRole):
        return measure_scale("loss").text(outcome.value)
    if role == _ROLES.TextAlignmentRole:
        return _RIGHT
    return None


class SampleTable(QTableView):
    """The list; arrow keys go from item to item, Ctrl+C copies one.

    Signals:
        row_chosen: Number of the row that the person went to.
        copy_wanted: The person wants the current item as text.
    """

    row_chosen = Signal(int)
    copy_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.samples = SampleModel(self)
        self.setModel(self.samples)
        self.setAccessibleName(tr("Items"))
        list_rows(self)
        self.setAlternatingRowColors(True)
        self.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self._fit()

    def set_listing(self, listing: Listing | None, labels: tuple[str, ...]) -> None:
        """Show a list; the item that was looked at stays where it is listed, else the first."""
        current = self.current_row()
        name = "" if current is None else self.samples.row(current).id
        self.samples.set_listing(listing, labels)
        self._fit()
        if self.samples.rowCount():
            self.selectRow(self.samples.row_of(name) or 0)

    def current_row(self) -> int | None:
        """The row that is looked at."""
        index = self.currentIndex()
        return index.row() if index.isValid() else None

    def _fit(self) -> None:
        """All columns but the item's share the room evenly, down to a width that can be read."""
        metrics = self.fontMetrics()
        self.verticalHeader().setDefaultSectionSize(round(1.7 * metrics.height()))
        header = self.horizontalHeader()
        header.setMinimumSectionSize(_LEAST_CHARACTERS * metrics.averageCharWidth())
        modes = QHeaderView.ResizeMode
        for column in range(self.samples.columnCount()):
            is_item = column == ITEM
            header.setSectionResizeMode(column, modes.Interactive if is_item else modes.Stretch)
        if self.samples.columnCount():
            self.setColumnWidth(ITEM, _ITEM_CHARACTERS * metrics.averageCharWidth())

    def _on_row_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.row_chosen.emit(now.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()
