"""Prompts that were kept, with the answers of target, specialists and result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QWidget

from act_core.errors import ErrorRecord
from act_core.pipeline.probes import known_probes
from act_core.recipe import Probe
from act_core.report.probes import probe_table
from act_gui.context import Context
from act_gui.pages.try_parts.board import candidate_title
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.job_line import JobLine
from act_gui.widgets.labels import label

_LEAST_LINES = 7
_BESIDE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ProbesCard(Card):
    """The project's probes in a table, and what can be done with them.

    Args:
        context: Whose probes.

    Signals:
        answering: Missing answers are about to be given.
    """

    answering = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(tr("Probes"), parent)
        self._context = context
        self.words = label("", "muted", wrap=True)
        self.table = FigureTable()
        self.table.setAccessibleName(tr("Probes"))
        self.table.setMinimumHeight(_LEAST_LINES * self.fontMetrics().lineSpacing())
        self.answer_button = push_button(tr("Answer probes"), self._on_answer, "play")
        self.remove_button = push_button(tr("Remove probe"), self._on_remove, "remove")
        row = QHBoxLayout()
        row.addWidget(self.answer_button)
        row.addWidget(self.remove_button)
        row.addStretch(1)
        self.body.addWidget(self.words)
        self.body.addWidget(self.table)
        self.body.addLayout(row)
        self.job_line = JobLine(context, ("probes",))
        self.body.addWidget(self.job_line)
        self.table.itemSelectionChanged.connect(self._show_buttons)
        self._may_answer = False
        self._show(())

    def refresh(self) -> None:
        """Show the probes of the recipe as it is now, with the answers that are known."""
        draft = self._context.project.draft
        if draft.missing() or not draft.evaluate.probes:
            self._context.lookups.forget("known probes")
            self._show([])
            return
        recipe = draft.complete()
        self._context.lookups.ask(
            "known probes", lambda: known_probes(recipe), self._show, self._on_no_answers
        )

    def keep(self, probe: Probe) -> None:
        """Let every later result answer a probe."""
        kept = self._context.project.draft.evaluate.probes
        if probe not in kept:
            self._context.project.edit_section("evaluate", probes=(*kept, probe))
        self._context.notices.note(tr("Kept as a probe: every later result answers it."), "good")

    def _show(self, probes: Sequence[Mapping[str, Any]]) -> None:
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
        self._may_answer = missing > 0 and not self.job_line.busy
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

    def _on_answer(self) -> None:
        self.answering.emit()
        self._context.start("probes", tr("Answer probes"))

    def _on_remove(self) -> None:
        rows = self.table.selectedIndexes()
        if rows:
            place, kept = rows[0].row(), self._context.project.draft.evaluate.probes
            left = kept[:place] + kept[place + 1 :]
            self._context.project.edit_section("evaluate", probes=left)

    def _on_no_answers(self, error: ErrorRecord) -> None:
        self.words.setText(f"{error.reason} {error.remedy}")
