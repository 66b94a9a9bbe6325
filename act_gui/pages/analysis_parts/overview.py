"""All findings of all analyses as plain sentences below each other."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from act_core.analysis.findings import ANALYSES, AnalysisName
from act_gui.pages.analysis_parts.shown import Family, about
from act_gui.text import tr
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.labels import label

_MARGIN_PX = 10


class Overview(QWidget):
    """A heading and the sentences of each analysis; what to do first where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = EmptyState("analysis", "")
        self.intervals = label(
            tr(
                "In parentheses: 95 % intervals, of scores and masks over parts of the data, of "
                "held-out figures over items; ranges over random divisions. Overlap: channels in "
                "both masks over channels in either."
            ),
            "muted",
            wrap=True,
        )
        self.texts: dict[AnalysisName, QLabel] = {}
        self._headings: dict[AnalysisName, QLabel] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.addWidget(self.empty, 1)
        for name in ANALYSES:
            self._headings[name] = label(about(name).title, "heading")
            self.texts[name] = label("", wrap=True, selectable=True)
            column.addWidget(self._headings[name])
            column.addWidget(self.texts[name])
        column.addWidget(self.intervals)
        column.addStretch(1)

    def show_families(self, found: Mapping[AnalysisName, Family], hint: str) -> None:
        """Show what was found; `hint` where nothing was."""
        anything = any(family.views for family in found.values())
        self.empty.set_text(hint)
        self.empty.setVisible(not anything)
        self.intervals.setVisible(anything)
        for name, text in self.texts.items():
            family = found.get(name, Family())
            says = family.says or tuple(view.says for view in family.views[:1])
            text.setText("\n".join(f"• {one}" for one in says) or tr("Not analysed yet."))
            text.setVisible(anything)
            self._headings[name].setVisible(anything)
