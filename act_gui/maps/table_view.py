"""The strongest channels as a table: the map for those who do not see its colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from act_core.maps.table import ChannelFacts
from act_core.report.numbers import MISSING, count
from act_gui.maps.map_card import value_text
from act_gui.text import tr

ROWS = 500
_Index = QModelIndex | QPersistentModelIndex
_TEXTS = (2, 5)  # columns that hold words


def _rank(facts: ChannelFacts) -> int:
    return facts.rank or 0


# What a column sorts by, and how it is written.
_KEYS: tuple[Callable[[ChannelFacts], Any], ...] = (
    _rank,
    lambda facts: facts.layer,
    lambda facts: facts.kind,
    lambda facts: facts.channel,
    lambda facts: facts.value,
    lambda facts: not facts.selected,
)
_WORDS: tuple[Callable[[ChannelFacts], str], ...] = (
    lambda facts: count(facts.rank),
    lambda facts: str(facts.layer),
    lambda facts: facts.kind,
    lambda facts: count(facts.channel),
    lambda facts: value_text(facts.value),
    lambda facts: MISSING if facts.selected is None else tr("yes") if facts.selected else tr("no"),
)


def _heads() -> tuple[str, ...]:
    return tr("Rank"), tr("Layer"), tr("Module"), tr("Channel"), tr("Value"), tr("In mask")


def _alignment(column: int) -> Qt.AlignmentFlag:
    flags = Qt.AlignmentFlag
    side = flags.AlignHCenter if column in _TEXTS else flags.AlignRight
    return side | flags.AlignVCenter


class TopModel(QAbstractTableModel):
    """Facts of channels, sortable by any column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ChannelFacts] = []
        self._places: dict[int, int] = {}
        self._sorted = (0, Qt.SortOrder.AscendingOrder)

    def set_rows(self, rows: Sequence[ChannelFacts]) -> None:
        """Show channels, in the order that was chosen last."""
        self.beginResetModel()
        self._rows = list(rows)
        self._order()
        self.endResetModel()

    def facts(self, row: int) -> ChannelFacts:
        """The channel of a row."""
        return self._rows[row]

    def row_of(self, channel: int) -> int | None:
        """The row of a flat channel; None where it is not in the table."""
        return self._places.get(channel)

    def _order(self) -> None:
        column, order = self._sorted
        descending = order is Qt.SortOrder.DescendingOrder
        self._rows.sort(key=_rank)
        self._rows.sort(key=_KEYS[column], reverse=descending)
        self._places = {facts.index: row for row, facts in enumerate(self._rows)}

    # ----------------------------------------------------------------------------- Qt

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(_KEYS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return _WORDS[index.column()](self._rows[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        return None

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _heads()[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        kept = [(i, self._rows[i.row()].index) for i in self.persistentIndexList()]
        self._sorted = (max(column, 0), order)
        self._order()
        for index, channel in kept:
            moved = self.index(self._places[channel], index.column())
            self.changePersistentIndex(index, moved)
        self.layoutChanged.emit()


class TopTable(QTableView):
    """The channels of the highest values.

    Signals:
        channel_chosen: The flat channel of the row that a person went to.
    """

    channel_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = TopModel(self)
        self.setModel(self._model)
        self.setAccessibleName(tr("Strongest channels"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(round(1.6 * self.fontMetrics().height()))
        header = self.horizontalHeader()
        header.setStretchLastSection(True)
        header.setResizeContentsPrecision(0)  # the rows in sight: all of them take too long
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.selectionModel().currentRowChanged.connect(self._on_row_changed)

    def set_rows(self, rows: Sequence[ChannelFacts], cursor: int | None) -> None:
        """Show channels, the highest first, and mark the one at the cursor."""
        self._model.set_rows(rows)
        self.show_cursor(cursor)

    def show_cursor(self, channel: int | None) -> None:
        """Mark a channel, without a signal; none where it is not in the table."""
        selection = self.selectionModel()
        row = None if channel is None else self._model.row_of(channel)
        blocked = selection.blockSignals(True)
        if row is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        elif row != self.currentIndex().row():
            self.selectRow(row)
        selection.blockSignals(blocked)
        if row is not None:
            self.scrollTo(self._model.index(row, 0))
        self.viewport().update()

    def _on_row_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.channel_chosen.emit(self._model.facts(now.row()).index)

    # ----------------------------------------------------------------------------- Qt

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        cells = [self.sizeHintForColumn(n) for n in range(len(_KEYS))]
        heads = [self.horizontalHeader().sectionSizeHint(n) for n in range(len(_KEYS))]
        width = sum(max(cell, head) for cell, head in zip(cells, heads, strict=True))
        return QSize(width + 2 * self.fontMetrics().height(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.sizeHint().width() // 2, super().minimumSizeHint().height())
