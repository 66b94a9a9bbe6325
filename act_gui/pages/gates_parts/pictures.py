"""Losses, where gates are open, and the map of all gates, of one specialist at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from act_core.localize.spread import Spread
from act_core.models.channels import ChannelLayout
from act_gui.maps.losses import LossChart
from act_gui.maps.map_view import ChannelMap
from act_gui.maps.shares import SharesChart
from act_gui.text import tr
from act_gui.widgets.labels import label

_LEAST_EM = (12, 12)
_LOSSES_EM = 18  # wide


class GatePictures(QSplitter):
    """Charts above, the map below.

    Attributes:
        losses: The losses of every ability.
        layers, kinds: Open share of each.
        map: The gates.
        specialist: Whose gates are shown.

    Signals:
        specialist_chosen: The person wants to see those of another one.
    """

    specialist_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setChildrenCollapsible(False)
        self._layout_shown: ChannelLayout | None = None
        charts, ground = QWidget(self), QWidget(self)
        self.losses = LossChart(charts)
        self.layers = SharesChart(tr("Open gates in each layer"), x_name=tr("Layer"), parent=charts)
        self.kinds = SharesChart(
            tr("Open gates in each kind"), Qt.Orientation.Horizontal, parent=charts
        )
        row = QHBoxLayout(charts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for chart, stretch in ((self.losses, 2), (self.layers, 1), (self.kinds, 1)):
            row.addWidget(chart, stretch)
        self._build_map(ground)
        self.setStretchFactor(0, 2)
        self.setStretchFactor(1, 3)
        self._fit()

    @property
    def shown(self) -> str:
        """The specialist whose gates are shown."""
        return self.specialist.currentText()

    def set_layout(self, layout: ChannelLayout) -> None:
        """Show the channels of a target."""
        if layout is not self._layout_shown:
            self._layout_shown = layout
            self.map.set_layout(layout)

    def set_specialists(self, names: Sequence[str]) -> None:
        """Offer specialists; there is a choice only where there are several."""
        several = len(names) > 1
        for widget in (self._title, self.specialist):
            widget.setVisible(several)
        shown = [self.specialist.itemText(row) for row in range(self.specialist.count())]
        if shown == list(names):
            return
        before = self.shown
        with QSignalBlocker(self.specialist):
            self.specialist.clear()
            self.specialist.addItems(list(names))
            self.specialist.setCurrentIndex(max(0, self.specialist.findText(before)))

    def show_spread(self, spread: Spread | None, empty: str) -> None:
        """Show where gates are open; None: say the next step."""
        for chart in (self.layers, self.kinds):
            chart.set_empty("" if spread is not None else empty)
        if spread is None:
            return
        layers = [str(layer) for layer in range(len(spread.layers))]
        self.layers.set_shares(layers, spread.layers, spread.share)
        self.kinds.set_shares(list(spread.kinds), list(spread.kinds.values()), spread.share)

    def show_gates(self, gates: Mapping[str, NDArray[np.float32]], *, signed: bool) -> None:
        """Show the gates of the chosen specialist, float32 `[channels]`; none: an empty map."""
        if self._layout_shown is not None:
            self.map.set_values(gates.get(self.shown), signed=signed)

    def _build_map(self, ground: QWidget) -> None:
        self._title = label(tr("Specialist"), "muted")
        self.specialist = QComboBox()
        self.specialist.setAccessibleName(tr("Specialist"))
        self.specialist.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.specialist.currentIndexChanged.connect(lambda _index: self.specialist_chosen.emit())
        self.map = ChannelMap(ground)
        self.map.counts.zero_words = tr("{n} closed (exactly 0)")
        self.map.set_empty_text(tr("Choose a target: its channels are drawn here."))
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self.specialist)
        head.addStretch(1)
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.map, 1)

    def _fit(self) -> None:
        """Three side by side may be smaller than one alone would be."""
        em = self.fontMetrics().height()
        for chart in (self.losses, self.layers, self.kinds):
            chart.setMinimumSize(_LEAST_EM[0] * em, _LEAST_EM[1] * em)
        self.losses.setMinimumWidth(_LOSSES_EM * em)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()
