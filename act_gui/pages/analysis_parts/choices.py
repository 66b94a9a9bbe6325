"""Which analyses to run: all of them unless a person says otherwise."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from act_core.analysis.findings import ANALYSES, AnalysisName
from act_gui.pages.analysis_parts.shown import about
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.unfold import Unfold


class Choices(Unfold):
    """A check for each analysis, with what it needs.

    Signals:
        changed: Other analyses are chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.boxes: dict[AnalysisName, QCheckBox] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(ANALYSES):
            said = about(name)
            box = QCheckBox(said.title)
            box.setChecked(True)
            box.setAccessibleName(tr("Analyse: {title}", title=said.title))
            box.setAccessibleDescription(said.cost)
            box.toggled.connect(self._on_box)
            grid.addWidget(box, row, 0)
            grid.addWidget(label(said.cost, "muted", wrap=True), row, 1)
            self.boxes[name] = box
        self.body.addLayout(grid)
        self._count()

    @property
    def chosen(self) -> tuple[AnalysisName, ...]:
        """What is checked, in the order in which it is found."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def set_busy(self, busy: bool) -> None:
        """While a job runs its choice is made."""
        for box in self.boxes.values():
            box.setEnabled(not busy)

    def _on_box(self, _checked: bool) -> None:
        self._count()
        self.changed.emit()

    def _count(self) -> None:
        chosen, all_of = len(self.chosen), len(self.boxes)
        self.set_text(
            tr("What to analyse: all")
            if chosen == all_of
            else tr("What to analyse: {count} of {all}", count=chosen, all=all_of)
        )
