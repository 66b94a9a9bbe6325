"""Prompts that were kept, with the answers of target, specialists and result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QWidget

from act_core.report.probes import probe_table
from act_gui.pages.try_parts.board import candidate_title
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.labels import label

_LEAST_LINES = 7
_BESIDE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ProbesCard(Card):
    """A table of probes.

    Signals:
        answers_wanted: Missing answers are to be given.
        remove_wanted: Place of a probe that is to go.
    """

    answers_wanted = Signal()
    remove_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Probes"), parent)
        self.words = label("", "muted", wrap=True)
        self.table = FigureTable()
        self.table.setAccessibleName(tr("Probes"))
        self.table.setMinimumHeight(_LEAST_LINES * self.fontMetrics().lineSpacing())
        self.answer_button = push_button(tr("Answer probes"), self.answers_wanted.emit, "play")
        self.remove_button = push_button(tr("Remove probe"), self._on_remove, "remove")
        row = QHBoxLayout()
        row.addWidget(self.answer_button)
        row.addWidget(self.remove_button)
        row.addStretch(1)
        self.body.addWidget(self.words)
        self.body.addWidget(self.table)
        self.body.addLayout(row)
        self.table.itemSelectionChanged.connect(self._show_buttons)
        self._may_answer = False
        self.show_probes((), may_answer=False)

    def show_probes(self, probes: Sequence[Mapping[str, Any]], *, may_answer: bool) -> None:
        """Show probes with what is known of their answers.

        Args:
            probes: As `known_probes` gives them.
            may_answer: Nothing stands against answering now.
        """
        self.table.setVisible(bool(probes))
        missing = 0
        if probes:
            table = probe_table(probes, candidate_title)
            self.table.set_table(table)
            self.table.setHorizontalHeaderLabels([tr("Probe"), *table.header[1:]])
            for row in range(self.table.rowCount()):
                for column in range(self.table.columnCount()):
                    if (item := self.table.item(row, column)) is not None:
                        item.setTextAlignment(_BESIDE)
            mode = QHeaderView.ResizeMode.Stretch
            self.table.horizontalHeader().setSectionResizeMode(mode)
            answers = [answer for probe in probes for answer in probe["answers"]]
            missing = sum("text" not in answer for answer in answers)
        self._may_answer = may_answer and missing > 0
        self.words.setText(self._said(len(probes), missing))
        self._show_buttons()

    def _said(self, probes: int, missing: int) -> str:
        if not probes:
            return tr(
                "A prompt that is kept as a probe is answered by every later result, and its "
                "answers stand in the report."
            )
        if missing:
            return tr("Answers still to be given: {count}.", count=missing)
        return tr("Every probe was answered, always with the likeliest token.")

    def _show_buttons(self) -> None:
        self.answer_button.setEnabled(self._may_answer)
        self.remove_button.setEnabled(bool(self.table.selectedIndexes()))
        for button in (self.answer_button, self.remove_button):
            button.setVisible(not self.table.isHidden())

    def _on_remove(self) -> None:
        rows = self.table.selectedIndexes()
        if rows:
            self.remove_wanted.emit(rows[0].row())
