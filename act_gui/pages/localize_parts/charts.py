"""Where the score and the selection lie: concentration, layers, module kinds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from act_core.localize.rated import Rated
from act_core.localize.spread import Spread
from act_gui.maps.curve import ConcentrationCurve
from act_gui.maps.shares import SharesChart
from act_gui.text import tr

_LEAST_EM = (10, 9)
_GAP_PX = 12


class Charts(QWidget):
    """Three charts side by side; the two of the selection below the curve where it is narrow.

    Attributes:
        curve: Concentration with the budget line to drag.
        layers, kinds: Selected share of each.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve = ConcentrationCurve(self)
        self.layers = SharesChart(
            tr("Selected share of each layer"), x_name=tr("Layer"), parent=self
        )
        self.kinds = SharesChart(
            tr("Selected share of each kind"), Qt.Orientation.Horizontal, parent=self
        )
        self._row = QHBoxLayout()
        self._places = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._places.setContentsMargins(0, 0, 0, 0)
        for row in (self._row, self._places):
            row.setSpacing(_GAP_PX)
        self._places.addWidget(self.curve, 1)
        self._places.addLayout(self._row, 2)
        for chart in (self.layers, self.kinds):
            self._row.addWidget(chart, 1)
        self._fit()

    def set_rated(self, rated: Rated) -> None:
        """Show the curve of a score beside that of its control."""
        self.curve.set_curve(*rated.ladder.curve())
        shares, mass = rated.control.curve()
        is_control = rated.settings.scorer == "weight"
        self.curve.set_control(shares, None if is_control else mass, tr("weight"))

    def set_selection(self, share: float, spread: Spread) -> None:
        """Show a selection; quick enough for every step of a drag."""
        self.curve.set_share(share)
        layers = [str(layer) for layer in range(len(spread.layers))]
        self.layers.set_shares(layers, spread.layers, spread.share)
        self.kinds.set_shares(list(spread.kinds), list(spread.kinds.values()), spread.share)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        least = self._row.minimumSize()
        return QSize(least.width(), self._places.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        needed_px = self.curve.minimumWidth() + _GAP_PX + self._row.minimumSize().width()
        way = QBoxLayout.Direction
        fits = needed_px <= event.size().width()
        self._places.setDirection(way.LeftToRight if fits else way.TopToBottom)
        self._places.setStretch(1, 2 if fits else 1)
        super().resizeEvent(event)

    def _fit(self) -> None:
        """Three side by side may be smaller than one alone would be."""
        em = self.fontMetrics().height()
        for chart in (self.curve, self.layers, self.kinds):
            chart.setMinimumSize(_LEAST_EM[0] * em, _LEAST_EM[1] * em)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()
