"""Channels that several specialists were selected for, by layer and module kind."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_core.report.numbers import count
from act_core.report.several import contested_table
from act_core.report.table import Table
from act_core.transfer.contest import Contest
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.labels import label, set_role

_MOST_ROWS = 8  # the others are scrolled to


class ContestedView(QWidget):
    """How many there are, beside chance, and where."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        card = Card(tr("Contested channels"))
        self.words = label(wrap=True, selectable=True)
        self.table = FigureTable()
        self.table.setAccessibleName(tr("Contested channels by layer and module kind"))
        card.body.addWidget(self.words)
        card.body.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)

    def show_error(self, error: ErrorRecord) -> None:
        """Say why nothing is known."""
        self.words.setText(f"{error.title}. {error.reason} {error.remedy}")
        self.table.setVisible(False)

    def show_contest(self, contest: Contest, *, refused: bool) -> None:
        """Show what is claimed by several, and that nothing is written while that is refused."""
        text = tr(
            "{contested} of {claimed} selected channels were selected for more than one "
            "specialist; by chance it would be {chance}.",
            contested=count(contest.total),
            claimed=count(contest.claimed),
            chance=count(round(contest.chance)),
        )
        if refused:
            text += " " + tr("They are refused, so nothing can be written: choose above otherwise.")
        self.words.setText(text)
        set_role(self.words, "warn" if refused else "")
        self.table.setVisible(contest.total > 0)
        if contest.total:
            self._show_table(contest)

    def _show_table(self, contest: Contest) -> None:
        found = contested_table(
            [
                {"layer": layer, "kind": kind, "channels": number}
                for (layer, kind), number in contest.by_place.items()
            ]
        )
        *layers, sums = found.rows
        words = {"Layer": tr("Layer"), "All": tr("All")}
        header = tuple(words.get(name, name) for name in found.header)
        rows = ((tr("All"), *sums[1:]), *layers)
        self.table.set_table(Table(header, rows))
        shown = range(min(len(rows), _MOST_ROWS))
        height = sum(self.table.rowHeight(row) for row in shown)
        frame = self.table.horizontalHeader().sizeHint().height() + 2 * self.table.frameWidth()
        self.table.setFixedHeight(height + frame)
