"""The mask library as a table: name, channels, overlap with the selection beside chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from act_core.localize.algebra import Overlap
from act_core.localize.hand import is_edited
from act_core.localize.library import Entry
from act_core.report.numbers import MISSING, count, part
from act_gui.icons import icon
from act_gui.text import tr
from act_gui.widgets.rows import list_rows

NAME, CHANNELS, OVERLAP, CHANCE = range(4)
_PATH = int(Qt.ItemDataRole.UserRole)
_ROWS_SHOWN = 5
_PADDING_PX = 18
# The control that stands first: no file, made anew for every selection.
WEIGHT = Path("weight control")


class MaskTable(QTableWidget):
    """Masks that people kept. A name is changed in its cell (F2 or a double click).

    Signals:
        renamed: Path and the new name.
        delete_wanted: Path of the mask on which Delete was pressed.
        chosen: Path of the mask in the current row, or None.
    """

    renamed = Signal(object, str)
    delete_wanted = Signal(object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self._paths: tuple[Path, ...] = ()
        self.setAccessibleName(tr("Mask library"))
        self.setHorizontalHeaderLabels([tr("Mask"), tr("Channels"), tr("Overlap"), tr("Chance")])
        for column, words in (
            (OVERLAP, tr("Jaccard index: channels in both masks, over those in either")),
            (CHANCE, tr("What two independent masks of these sizes would have in common")),
        ):
            head = self.horizontalHeaderItem(column)
            assert head is not None
            head.setToolTip(words)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        list_rows(self)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
        )
        self.itemChanged.connect(self._on_item_changed)
        self.itemSelectionChanged.connect(lambda: self.chosen.emit(self.current_path()))

    def current_path(self) -> Path | None:
        """The chosen mask."""
        rows = self.selectionModel().selectedRows()
        return self._paths[rows[0].row()] if rows else None

    def choose(self, path: Path | None) -> None:
        """Choose a mask by its path."""
        if path in self._paths:
            self.selectRow(self._paths.index(path))

    def set_entries(self, entries: Sequence[Entry], used: Path | None) -> None:
        """Show masks; the one in use is marked."""
        chosen = self.current_path()
        with QSignalBlocker(self):
            self._paths = (WEIGHT, *(entry.path for entry in entries))
            self.setRowCount(len(self._paths))
            self._set_row(0, tr("Weight mask"), None, editable=False)
            self._cell(0, NAME).setToolTip(
                tr("The mask of equal size that weight changes alone would select")
            )
            for row, entry in enumerate(entries, start=1):
                self._set_entry(row, entry, entry.path == used)
            self.clearSelection()
            if chosen in self._paths:
                self.selectRow(self._paths.index(chosen))
        self._fit()
        self.chosen.emit(self.current_path())

    def set_overlaps(self, overlaps: Mapping[Path, Overlap], sizes: Mapping[Path, int]) -> None:
        """Say how much each mask has in common with the selection; unknown ones show a dash."""
        with QSignalBlocker(self):
            for row, path in enumerate(self._paths):
                found = overlaps.get(path)
                self._cell(row, OVERLAP).setText(part(found.jaccard) if found else MISSING)
                self._cell(row, CHANCE).setText(part(found.chance) if found else MISSING)
                if path in sizes:
                    self._cell(row, CHANNELS).setText(count(sizes[path]))

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        assert item is not None
        return item

    def _set_entry(self, row: int, entry: Entry, used: bool) -> None:
        size = entry.mask.count if entry.mask else None
        self._set_row(row, tr("edited by hand") if is_edited(entry.path) else entry.name, size)
        name = self._cell(row, NAME)
        if entry.error:
            name.setIcon(icon("warning"))
            name.setToolTip(f"{entry.error.reason} {entry.error.remedy}")
            self._cell(row, CHANNELS).setText(tr("unusable"))
        elif used:
            name.setIcon(icon("check"))
            name.setToolTip(tr("In use as the specialist's mask, so its name stays"))
            name.setFlags(name.flags() & ~Qt.ItemFlag.ItemIsEditable)

    def _set_row(self, row: int, name: str, size: int | None, *, editable: bool = True) -> None:
        texts = (name, count(size), MISSING, MISSING)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(text if column == NAME else "")
            if column != NAME:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if not editable or column != NAME:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            self.setItem(row, column, item)

    def _fit(self) -> None:
        """Tall enough for some rows and no taller than its content; numbers are never cut."""
        metrics = self.fontMetrics()
        for column, widest in (
            (CHANNELS, "1,359,872"),
            (OVERLAP, tr("Overlap")),
            (CHANCE, tr("Chance")),
        ):
            self.setColumnWidth(column, metrics.horizontalAdvance(widest) + _PADDING_PX)
        shown = min(max(self.rowCount(), 2), _ROWS_SHOWN)
        row_px = self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + shown * row_px + 6)

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        path, text = self._paths[item.row()], item.text().strip()
        if item.column() == NAME and text != path.stem:
            self.renamed.emit(path, text)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        path = self.current_path()
        if event.key() == Qt.Key.Key_Delete and path is not None:
            self.delete_wanted.emit(path)
        else:
            super().keyPressEvent(event)
