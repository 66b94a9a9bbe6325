"""One analysis on the page: what it asks, what it found, and the figure that a person chooses."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from act_core.analysis.findings import AnalysisName
from act_gui.pages.analysis_parts.figure_area import FigureArea
from act_gui.pages.analysis_parts.shown import Family, View, about
from act_gui.text import tr
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.labels import label
from act_gui.widgets.tab_order import order_inside

_MARGIN_PX = 10


class Section(QWidget):
    """A question, choosers, a sentence, the figure with its table; or what to do first.

    Args:
        name: Of the analysis.
        parent: Owner.

    Signals:
        written: The path of a file that was written.
        failed: An `ErrorRecord`: a file could not be written.
    """

    written = Signal(object)
    failed = Signal(object)

    def __init__(self, name: AnalysisName, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._family = Family()
        self._about = about(name)
        self.question = label(self._about.question, "muted", wrap=True)
        self.empty = EmptyState("analysis", "")
        self.found = QWidget()
        self._filled = False
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.addWidget(self.question)
        column.addWidget(self.empty, 1)
        column.addWidget(self.found, 1)
        self.show_family(Family(), "")

    def show_family(self, family: Family, hint: str) -> None:
        """Show findings, and of those still the figure that was chosen; or a hint without any."""
        self.empty.set_text(hint)
        self.empty.setVisible(not family.views)
        self.found.setVisible(bool(family.views))
        if family == self._family:
            return
        if not self._filled:
            self._fill()
        self._family = family
        _offer(self.subject, list(dict.fromkeys(view.subject for view in family.views)))
        self._on_subject()

    def _fill(self) -> None:
        """Make what findings are shown in, once there are some to look at."""
        self._filled = True
        self.subject = _chooser(tr("{analysis} of", analysis=self._about.title))
        self.view = _chooser(tr("Figure"))
        self.says = label("", wrap=True, selectable=True)
        self.area = FigureArea()
        choosers = QHBoxLayout()
        for box in (self.subject, self.view):
            choosers.addWidget(box)
        choosers.addStretch(1)
        inside = QVBoxLayout(self.found)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(choosers)
        inside.addWidget(self.says)
        inside.addWidget(self.area, 1)
        order_inside(self.found)
        self.subject.currentIndexChanged.connect(self._on_subject)
        self.view.currentIndexChanged.connect(self._show)
        self.area.failed.connect(self.failed)
        self.area.written.connect(self.written)

    def _of_subject(self) -> list[View]:
        subject = self.subject.currentText()
        return [view for view in self._family.views if view.subject == subject]

    def _on_subject(self) -> None:
        _offer(self.view, [view.name for view in self._of_subject()])
        self._show()

    def _show(self) -> None:
        name = self.view.currentText()
        view = next((view for view in self._of_subject() if view.name == name), None)
        if view is not None:
            self.says.setText(view.says)
            self.area.show_view(view)


def _chooser(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _offer(box: QComboBox, names: list[str]) -> None:
    """Offer names without a word to anyone; what was chosen stays chosen where it is offered."""
    chosen = box.currentText()
    box.blockSignals(True)
    box.clear()
    box.addItems(names)
    if chosen in names:
        box.setCurrentText(chosen)
    box.blockSignals(False)
    box.setVisible(len(names) > 1)
