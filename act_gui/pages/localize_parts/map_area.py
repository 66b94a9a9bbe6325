"""The map of the score with the selection on it, alone or beside another score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from act_core.localize.rated import Rated
from act_core.localize.scorers import SCORERS
from act_core.models.channels import ChannelLayout
from act_gui.maps.compare import CompareMaps
from act_gui.maps.map_view import ChannelMap
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.tab_order import order_inside

_SIGNED = ("attributed",)
_BY_RANK = "rank"  # scores have different units


class MapArea(QWidget):
    """Shows scores and selection.

    Signals:
        region_edited: int64 flat channels, and `add`, `remove` or `replace`.
        comparison_wanted: Name of the scorer beside which the score is to be shown.
        failed: An `ErrorRecord`.
    """

    region_edited = Signal(object, str)
    comparison_wanted = Signal(str)
    failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rated: Rated | None = None
        self._selected: NDArray[np.bool_] | None = None
        self._layout_shown: ChannelLayout | None = None
        self._compare: CompareMaps | None = None
        self._build()
        self.map.region_chosen.connect(self.region_edited)
        self.map.failed.connect(self.failed)
        self.other.activated.connect(self._on_other)

    @property
    def compared_with(self) -> str:
        """The scorer beside which the score is shown; empty where it stands alone."""
        return str(self.other.currentData() or "")

    @property
    def compare(self) -> CompareMaps:
        """The score beside another one; made when it is needed first."""
        if self._compare is None:
            self._compare = made = CompareMaps(self._ground)
            made.hide()
            made.measure_box.setCurrentIndex(made.measure_box.findData(_BY_RANK))
            made.measure_box.activated.emit(made.measure_box.currentIndex())
            made.failed.connect(self.failed)
            if self._layout_shown is not None:
                made.set_layout(self._layout_shown)
            self._pictures.addWidget(made, 1)
            order_inside(self._ground)
        return self._compare

    def set_layout(self, layout: ChannelLayout) -> None:
        """Show the channels of a target."""
        if layout is not self._layout_shown:
            self._layout_shown = layout
            self._rated = self._selected = None
            self.map.set_layout(layout)
            if self._compare is not None:
                self._compare.set_layout(layout)

    def set_scorers(self, names: Sequence[str]) -> None:
        """Offer scorers to compare with."""
        chosen = self.compared_with
        with QSignalBlocker(self.other):
            self.other.clear()
            self.other.addItem(tr("nothing"), "")
            for name in names:
                self.other.addItem(tr(SCORERS[name].title), name)
            self.other.setCurrentIndex(max(0, self.other.findData(chosen)))

    def set_rated(self, rated: Rated) -> None:
        """Show scores."""
        self._rated = rated
        self.title.setText(tr(SCORERS[rated.settings.scorer].title))
        self.map.set_values(rated.scores, signed=rated.settings.scorer in _SIGNED)
        self.map.set_weight(rated.weight)
        self._on_other(self.other.currentIndex())

    def set_compared(self, scorer: str, scores: NDArray[np.float32]) -> None:
        """Show another score beside the one that is shown."""
        if self._rated is None or scorer != self.compared_with:
            return
        own = self._rated.settings.scorer
        self.compare.set_maps(
            tr(SCORERS[own].title),
            self._rated.scores,
            tr(SCORERS[scorer].title),
            scores,
            signed=own in _SIGNED or scorer in _SIGNED,
        )
        self.compare.set_mask(self._selected)
        self._show_compared(True)

    def set_mask(self, selected: NDArray[np.bool_]) -> None:
        """Show the selection; quick enough for every step of a drag."""
        self._selected = selected
        if self._compare is not None and self._compare.isVisibleTo(self):
            self._compare.set_mask(selected)
        else:
            self.map.set_mask(selected)

    def set_busy(self, busy: bool) -> None:
        """While another score is being ranked, the selection cannot be edited."""
        self._ground.setEnabled(not busy)
        self.note.setText(tr("Ranking…") if busy else "")

    def _build(self) -> None:
        self.title = label("", "heading")
        self.note = label("", "muted")
        self.other = QComboBox(self)
        self.other.setAccessibleName(tr("Compare with"))
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._ground = QWidget(self)
        self.map = ChannelMap(self._ground)
        self.map.set_empty_text(tr("Ranking…"))
        # Not a stack: what is hidden must not ask for room.
        self._pictures = QVBoxLayout(self._ground)
        self._pictures.setContentsMargins(0, 0, 0, 0)
        self._pictures.addWidget(self.map, 1)
        row = QHBoxLayout()
        row.addWidget(self.title)
        row.addWidget(self.note)
        row.addStretch(1)
        row.addWidget(label(tr("Compare with"), "muted"))
        row.addWidget(self.other)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._ground, 1)
        self.set_scorers(())

    def _show_compared(self, compared: bool) -> None:
        self.map.setVisible(not compared)
        if self._compare is not None:
            self._compare.setVisible(compared)

    def _on_other(self, _index: int) -> None:
        if self.compared_with:
            self.comparison_wanted.emit(self.compared_with)
            return
        self._show_compared(False)
        if self._selected is not None:
            self.map.set_mask(self._selected)
