"""Transfer only, tuning only, and both, as they were measured on the page Evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QWidget

from act_core.pipeline.tuned import TRANSFER_ONLY
from act_core.pipeline.tuning import TUNING
from act_core.report.results import RESULT, TARGET
from act_core.report.table import Table, figure_table
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.labels import label

_ROWS = 4
_LINES = 3.0  # of a row: a figure, its share, and air


class ComparisonCard(Card):
    """A small table, or the next step to it.

    Signals:
        measure_wanted: The person wants to go where it is measured.
    """

    measure_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Transfer, tuning, and both"), parent)
        self.hint = label("", "muted", wrap=True)
        self.table = FigureTable()
        self.table.setAccessibleName(tr("Transfer only, tuning only, and both"))
        self.measure_button = push_button(
            tr("Measure on the page Evaluate"), self.measure_wanted.emit
        )
        self.head.addWidget(self.measure_button)
        for widget in (self.hint, self.table):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self._fit()
        self.show_metrics({}, current=False)

    def show_metrics(self, metrics: Mapping[str, Any], *, current: bool) -> None:
        """Show figures.

        Args:
            metrics: As in metrics.json; without figures of a tuning the next step is told.
            current: They are of the settings as they are now.
        """
        found = _table(metrics)
        self.table.setVisible(found is not None)
        self.measure_button.setVisible(not current)
        if found is not None:
            self.table.set_table(found)
        if found is not None and current:
            self.hint.setText(tr("On unseen examples, with 95 % intervals."))
        elif found is not None:
            self.hint.setText(tr("Of earlier settings: measure again."))
        else:
            self.hint.setText(
                tr("Once it is tuned, Evaluate measures these three on unseen examples. Tuning "
                   "only trains the untouched target on the same tokens, so that you see what the "
                   "transfer itself brings.")
            )  # fmt: skip

    def _fit(self) -> None:
        row_px = round(_LINES * self.fontMetrics().lineSpacing())
        self.table.setMinimumHeight((_ROWS + 1) * row_px)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()


def _table(metrics: Mapping[str, Any]) -> Table | None:
    """The rows that are compared; None where no tuning was measured."""
    figures = metrics.get("figures") or ()
    if TRANSFER_ONLY not in {figure["candidate"] for figure in figures}:
        return None
    names = {
        TARGET: tr("target (before)"),
        TRANSFER_ONLY: tr("transfer only"),
        TUNING: tr("tuning only"),
        RESULT: tr("both (the result)"),
    }
    return figure_table(metrics, names)
