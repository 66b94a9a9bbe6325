"""Figures of lm-evaluation-harness: target and exported result by its tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.report.tasks import task_table
from act_gui.text import tr
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.labels import label


class TaskFigures(QWidget):
    """A table with standard errors, and why figures are missing; hidden without tasks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label("", "heading")
        self.table = FigureTable()
        self.table.setAccessibleName(tr("Tasks of lm-evaluation-harness"))
        self.words = label("", "muted", wrap=True, selectable=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        for widget in (self.title, self.table, self.words):
            column.addWidget(widget)
        self.setVisible(False)

    def show_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Show what metrics.json says of tasks."""
        tasks = metrics.get("tasks") or {}
        figures, missing = bool(tasks.get("figures")), str(tasks.get("missing", ""))
        self.setVisible(figures or bool(missing))
        self.table.setVisible(figures)
        self.title.setText(tr("Tasks of lm-evaluation-harness"))
        error = tr("Plus or minus is the standard error.") if figures else ""
        self.words.setText(" ".join(filter(None, (error, missing))))
        if figures:
            self.table.set_table(task_table(metrics))
