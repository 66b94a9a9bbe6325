"""Charts with spots that say what is there, to the pointer and to the arrow keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent

from act_gui.maps.card import Card
from act_gui.maps.chart import Chart
from act_gui.theme import Colours

_NEAR_EM = 1.0  # how near to a spot the pointer must be


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of a chart that says something, found by the pointer and by the arrow keys.

    Attributes:
        x, y: On the axes.
        text: Rich text of its card.
    """

    x: float
    y: float
    text: str


class SpotChart(Chart):
    """A chart whose spots show a card; arrow keys, Home and End step through them.

    Signals:
        spot_shown: The number of the spot whose card is shown, -1 for none.
    """

    spot_shown = Signal(int)
    _current = -1

    def set_empty(self, text: str) -> None:
        super().set_empty(text)
        self.hide_card()

    def writer(self, path: Path) -> Callable[[], None]:
        self.hide_card()
        return super().writer(path)

    def _lay_out(self) -> None:
        super()._lay_out()
        self._card = Card(self)

    def _restyle(self, colours: Colours) -> None:
        super()._restyle(colours)
        self._card.restyle(colours)

    def _spot_count(self) -> int:
        """How many spots there are."""
        return 0

    def _spot(self, index: int) -> Spot:
        """One of the spots."""
        raise NotImplementedError

    # ------------------------------------------------------------------------- card

    def spot_near(self, position: QPointF) -> int:
        """The number of the spot nearest to a place in pixels, -1 where none is near."""
        found, nearest = -1, _NEAR_EM * self.fontMetrics().height()
        place = self.place_at(position)
        unit_x, unit_y = self.plot.vb.viewPixelSize()
        for index in range(self._spot_count()):
            spot = self._spot(index)
            away = math.hypot((spot.x - place.x()) / unit_x, (spot.y - place.y()) / unit_y)
            if away < nearest:
                found, nearest = index, away
        return found

    def show_spot(self, index: int) -> None:
        """Show the card of a spot and make it the one that the arrow keys go on from."""
        spot = self._spot(index)
        self._current = index
        self._card.show_at(self.position_of(spot.x, spot.y), spot.text)
        self.spot_shown.emit(index)

    def hide_card(self) -> None:
        """Take the card away."""
        self._card.hide()
        if self._current >= 0:
            self._current = -1
            self.spot_shown.emit(-1)

    # --------------------------------------------------------------------------- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.hide_card()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.hide_card()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index = self.spot_near(event.position())
        if index < 0:
            self.hide_card()
        elif index != self._current:
            self.show_spot(index)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.hide_card()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        keys = Qt.Key
        last = self._spot_count() - 1
        steps: dict[int, int] = {
            keys.Key_Right: self._current + 1,
            keys.Key_Down: self._current + 1,
            keys.Key_Left: max(self._current, 0) - 1,
            keys.Key_Up: max(self._current, 0) - 1,
            keys.Key_Home: 0,
            keys.Key_End: last,
        }
        goal = steps.get(event.key())
        if goal is None or last < 0:
            super().keyPressEvent(event)
        else:
            self.show_spot(min(max(goal, 0), last))
