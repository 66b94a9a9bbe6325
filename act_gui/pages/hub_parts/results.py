"""What a search has found, or why there is nothing: empty, out of reach, still being asked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from act_core.errors import ErrorRecord
from act_core.hub.rows import FoundModel
from act_gui.context import Context
from act_gui.pages.hub_parts.found_model import NAME, VERDICT, FoundTableModel
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.hub_fault import hub_fault
from act_gui.widgets.labels import label
from act_gui.widgets.rows import list_rows

_WIDTHS_EM = (20, 7, 6, 5, 6, 7, 6, 4, 6, 7, 5)
_ROW_EM = 1.7
_LEAST_NAME_EM = 12
_LEAST_ROWS = 4


class Results(QWidget):
    """The table with its states, and a line below it that says how things stand.

    Args:
        context: Opens the settings.

    Signals:
        chosen: A `FoundModel` that the person went to; None: none is there any more.
        more_wanted: The person has come to the end of what is there.
        retry_wanted: What failed should be tried again.
        stop_wanted: The check should be stopped.
        without_words_wanted: The check should not heed the words of the search.
    """

    chosen = Signal(object)
    more_wanted = Signal()
    retry_wanted = Signal()
    stop_wanted = Signal()
    without_words_wanted = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.fault: Fault | None = None
        self.model = FoundTableModel(self)
        self.table = _table(self.model)
        self.table.setColumnHidden(VERDICT, True)
        self.empty = EmptyState("search", "", tr("Look further"), self._on_empty)
        self._by_words = False
        self._faults = QWidget()
        self._fault_column = QVBoxLayout(self._faults)
        self._fault_column.setContentsMargins(0, 0, 0, 0)
        self._fault_column.addStretch(1)
        self.stack = QStackedWidget()
        for part in (self.table, self.empty, self._faults):
            self.stack.addWidget(part)
        self.status = label("", "muted")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(tr("Models checked"))
        self.stop_button = push_button(tr("Stop checking"), self.stop_wanted.emit, "stop")
        self.words_button = push_button(tr("Without the words"), self.without_words_wanted.emit)
        self.words_button.hide()
        line = QHBoxLayout()
        line.addWidget(self.status, 1)
        line.addWidget(self.bar)
        line.addWidget(self.stop_button)
        line.addWidget(self.words_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.stack, 1)
        column.addLayout(line)
        self.set_checking(None)
        self._fit()
        self.model.more_wanted.connect(self.more_wanted)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.model.modelReset.connect(lambda: self.chosen.emit(None))

    def show_table(self, *, verdicts: bool) -> None:
        """Show the rows, with or without what a check has found."""
        self.table.setColumnHidden(VERDICT, not verdicts)
        self._fit_name()
        self.stack.setCurrentWidget(self.table)

    def show_empty(self, text: str, *, further: bool = False, by_words: bool = False) -> None:
        """Say that nothing was found.

        Args:
            text: Why.
            further: It may be looked for further.
            by_words: The words of the search may be why; a check can do without them.
        """
        self.empty.set_text(text)
        self._by_words = by_words
        self.empty.button.setText(tr("Without the words") if by_words else tr("Look further"))
        self.empty.button.setVisible(further or by_words)
        self.stack.setCurrentWidget(self.empty)

    def show_error(self, error: ErrorRecord) -> None:
        """Say why nothing can be found."""
        fault = hub_fault(
            error,
            self._context.command_wanted.emit,
            self.retry_wanted.emit,
            still=tr("Models that were fetched work all the same: see On this computer."),
        )
        self.fault = replace_fault(self._fault_column, self.fault, fault)
        self.stack.setCurrentWidget(self._faults)

    def has_failed(self) -> bool:
        """Whether an error stands where the table would."""
        return self.stack.currentWidget() is self._faults

    def set_checking(self, done: int | None, total: int = 0) -> None:
        """Show how many models of those known were checked; None: no check runs."""
        self.bar.setVisible(done is not None)
        self.stop_button.setVisible(done is not None)
        self.words_button.hide()
        if done is not None:
            self.bar.setMaximum(total)
            self.bar.setValue(done)

    def current(self) -> FoundModel | None:
        """The model that the person went to."""
        index = self.table.currentIndex()
        return self.model.row(index.row()) if index.isValid() else None

    def _on_empty(self) -> None:
        (self.without_words_wanted if self._by_words else self.more_wanted).emit()

    def _on_row_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit(self.model.row(now.row()))

    def _fit(self) -> None:
        """Widths and heights in the size of the writing."""
        height_px = self.fontMetrics().height()
        for column, width_em in enumerate(_WIDTHS_EM):
            self.table.setColumnWidth(column, width_em * height_px)
        self._fit_name()
        rows = self.table.verticalHeader()
        rows.setDefaultSectionSize(round(_ROW_EM * height_px))
        head_px = self.table.horizontalHeader().sizeHint().height()
        self.stack.setMinimumHeight(head_px + round(_LEAST_ROWS * _ROW_EM * height_px))
        self.bar.setFixedWidth(8 * height_px)

    def _fit_name(self) -> None:
        """The name gets what others leave, and scrolls with them rather than vanish."""
        header = self.table.horizontalHeader()
        least_px = _LEAST_NAME_EM * self.fontMetrics().height()
        others_px = header.length() - header.sectionSize(NAME)
        modes = QHeaderView.ResizeMode
        if self.width() - others_px >= least_px:
            header.setSectionResizeMode(NAME, modes.Stretch)
        else:
            header.setSectionResizeMode(NAME, modes.Interactive)
            header.resizeSection(NAME, least_px)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit_name()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()


def _table(model: FoundTableModel) -> QTableView:
    table = QTableView()
    table.setAccessibleName(tr("Models on the Hub"))
    table.setModel(model)
    list_rows(table)
    table.setAlternatingRowColors(True)
    table.horizontalHeader().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
    return table
