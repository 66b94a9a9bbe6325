"""Whether the work fits into memory, a line a task, with what was assumed on demand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from act_core.profile.fit import TaskFit
from act_core.report.numbers import size
from act_gui.text import tr
from act_gui.widgets.labels import Role, label
from act_gui.widgets.unfold import Unfold

_ROLES: dict[str, Role] = {"fits": "good", "tight": "warn", "no": "bad", "unknown": "muted"}


def task_title(task: str) -> str:
    """A task in a word."""
    return {
        "profile": tr("Profile"),
        "transfer": tr("Transfer"),
        "tune": tr("Tune"),
        "evaluate": tr("Evaluate"),
    }[task]


def verdict_word(verdict: str) -> str:
    """A verdict in a word or two."""
    return {
        "fits": tr("fits"),
        "tight": tr("tight"),
        "no": tr("does not fit"),
        "unknown": tr("unknown"),
    }[verdict]


class FitView(QWidget):
    """Estimates of all tasks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[TaskFit, ...] = ()
        self._lines = QWidget()
        self._grid = QGridLayout(self._lines)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)
        self.unfold = Unfold(tr("What was assumed"))
        self._assumptions = label("", "muted", wrap=True, selectable=True)
        self.unfold.body.addWidget(self._assumptions)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label(tr("Memory"), "heading"))
        column.addWidget(self._lines)
        column.addWidget(self.unfold)

    def set_fits(self, fits: Sequence[TaskFit]) -> None:
        """Show estimates."""
        if tuple(fits) == self._shown:
            return
        self._shown = tuple(fits)
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row, fit in enumerate(fits):
            word = label(verdict_word(fit.verdict), _ROLES[fit.verdict])
            figures = tr(
                "{need} of {free} free", need=size(fit.need_bytes), free=size(fit.free_bytes)
            )
            word.setAccessibleName(f"{task_title(fit.task)}: {word.text()}, {figures}")
            self._grid.addWidget(label(task_title(fit.task), "muted"), row, 0)
            self._grid.addWidget(word, row, 1)
            self._grid.addWidget(label(figures, wrap=True), row, 2)
        paragraphs = [
            f"{task_title(fit.task)}: " + "; ".join(fit.assumptions) + "." for fit in fits
        ]
        rule = tr("Tight: more than 70 % of what is free now. The program itself is not counted.")
        self._assumptions.setText("\n".join([*paragraphs, rule]))

    def text(self) -> str:
        """Everything that is shown, assumptions included."""
        lines = [f"{task_title(f.task)}: {verdict_word(f.verdict)}" for f in self._shown]
        return "\n".join([*lines, self._assumptions.text()])
