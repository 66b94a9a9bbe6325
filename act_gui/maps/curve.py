"""How concentrated a score is: the share of its mass that the best channels hold."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from act_core.report.numbers import part
from act_gui.maps.axes import LogAxis, NumberAxis, percent
from act_gui.maps.captions import marked, muted, stacked
from act_gui.maps.chart import Chart, Table
from act_gui.text import tr
from act_gui.theme import Colours

_GRIP_PX = 10
_STEP, _FINE, _LEAP = 0.02, 0.002, 0.25  # decades a key moves the budget
_SAID = (0.001, 0.01, 0.05, 0.1, 0.5)


class ConcentrationCurve(Chart):
    """Share of channels (logarithmic) against share of the score's mass, with the budget to drag.

    Drag the budget line, or press anywhere to bring it there. Left and right move it (with Shift
    finely, Page keys in leaps, Home and End to the ends).

    Signals:
        share_changed: The budget while it moves.
        share_chosen: The budget once it rests.
    """

    share_changed = Signal(float)
    share_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._shares: NDArray[np.float64] = np.zeros(0)
        self._mass: NDArray[np.float64] = np.zeros(0)
        self._control: tuple[NDArray[np.float64], NDArray[np.float64], str] | None = None
        self._share = 0.05
        self._grip_px: float | None = None
        self._unsaid = False
        super().__init__(
            tr("Concentration curve"),
            NumberAxis("left", percent),
            LogAxis("bottom", lambda power: percent(10**power)),
            tr("Share of all channels, best first"),
            parent,
        )

    @property
    def share(self) -> float:
        """The budget as a share of all channels."""
        return self._share

    def set_curve(self, shares: ArrayLike, mass: ArrayLike) -> None:
        """Show a curve.

        Args:
            shares: Ascending shares of all channels, above 0 to 1; some hundred are enough.
            mass: Share of the score's mass in that share of channels.
        """
        self._shares, self._mass = np.asarray(shares, float), np.asarray(mass, float)
        self._share = self._inside(self._share)
        lowest = math.log10(float(self._shares[0])) if len(self._shares) else -3.0
        self.plot.vb.setRange(xRange=(lowest, 0.0), yRange=(0.0, 1.0), padding=0)
        self._curve.setData(np.log10(self._shares), self._mass)
        self._show_share()
        self._fit()

    def set_control(self, shares: ArrayLike, mass: ArrayLike | None, name: str) -> None:
        """Show a second curve, such as the weight mask's; `mass` None takes it away."""
        known = mass is not None
        self._control = (
            (np.asarray(shares, float), np.asarray(mass, float), name) if known else None
        )
        if self._control:
            self._other.setData(np.log10(self._control[0]), self._control[1])
        self._other.setVisible(known)
        self.changed()

    def set_share(self, share: float) -> None:
        """Move the budget line without a signal."""
        self._share = self._inside(share)
        self._show_share()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._held = pg.PlotCurveItem(antialias=True, fillLevel=0.0)
        self._other = pg.PlotCurveItem(antialias=True)
        self._curve = pg.PlotCurveItem(antialias=True)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._point = pg.ScatterPlotItem(size=11, useCache=False, antialias=True)
        for item in (self._held, self._other, self._curve, self._line, self._point):
            self.plot.add(item)
        self.plot.vb.setRange(xRange=(-3.0, 0.0), yRange=(0.0, 1.0), padding=0)
        self._left.setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        soft = QColor(colours.accent)
        soft.setAlphaF(0.18)
        self._held.setBrush(soft)
        self._held.setPen(None)
        self._curve.setPen(self._pen(colours.series[0], width=2))
        self._other.setPen(self._pen(colours.series[1], width=2, style=Qt.PenStyle.DashLine))
        self._line.setPen(self._pen(colours.accent, width=2))
        self._point.setPen(self._pen(colours.surface, width=2))
        self._point.setBrush(QColor(colours.accent))
        super()._restyle(colours)

    def _headline(self) -> str:
        legend = muted(tr("Share of the score held"), self._colours)
        if self._control:
            series = self._colours.series
            legend = marked(
                [("━", series[0], tr("this score")), ("╍", series[1], self._control[2])],
                self._colours,
            )
        return stacked(self._sentence(), legend)

    def _sentence(self) -> str:
        if not len(self._shares):
            return ""
        return tr(
            "{share} of channels hold {mass} of the score",
            share=part(self._share),
            mass=part(self._mass_at(self._share)),
        )

    def _words(self) -> str:
        if not len(self._shares):
            return tr("No scores yet.")
        said = [share for share in _SAID if share >= self._shares[0]]
        pairs = [f"{part(share)}: {part(self._mass_at(share))}" for share in said]
        return tr(
            "{now}. Share of channels and share of the score: {pairs}. "
            "Left and right arrows move the budget.",
            now=self._sentence(),
            pairs=", ".join(pairs),
        )

    def _table(self) -> Table:
        rows = zip(self._shares.tolist(), self._mass.tolist(), strict=True)
        return ("share_of_channels", "share_of_score"), list(rows)

    # -------------------------------------------------------------------- budget

    def _inside(self, share: float) -> float:
        lowest = float(self._shares[0]) if len(self._shares) else 1e-9
        return min(max(share, lowest), 1.0)

    def _mass_at(self, share: float) -> float:
        return float(np.interp(share, self._shares, self._mass))

    def _show_share(self) -> None:
        if not len(self._shares):
            return
        place, held = math.log10(self._share), self._mass_at(self._share)
        inside = int(np.searchsorted(self._shares, self._share))
        self._line.setValue(place)
        self._point.setData([place], [held])
        self._held.setData(
            np.append(np.log10(self._shares[:inside]), place), np.append(self._mass[:inside], held)
        )
        self.changed()

    def _move_to(self, share: float) -> None:
        share = self._inside(share)
        if share == self._share:
            return
        self._unsaid = True
        self.set_share(share)
        self.share_changed.emit(share)

    def _settle(self) -> None:
        """Say the share once it rests, if it has moved."""
        self._grip_px = None
        if self._unsaid:
            self._unsaid = False
            self.share_chosen.emit(self._share)

    def _line_px(self) -> float:
        return self.position_of(math.log10(self._share), 0.0).x()

    def _in_plot(self, position: QPointF) -> bool:
        return bool(self.plot.vb.viewRect().contains(self.place_at(position)))

    # ------------------------------------------------------------------------ Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        at = event.position()
        near = abs(at.x() - self._line_px()) <= _GRIP_PX
        if event.button() is not Qt.MouseButton.LeftButton or not len(self._shares):
            return
        if not near and not self._in_plot(at):
            return
        # A line that is gripped beside its middle must not jump there.
        self._grip_px = at.x() - self._line_px() if near else 0.0
        if not near:
            self._move_to(10 ** self.place_at(at).x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        at = event.position()
        if self._grip_px is not None:
            self._move_to(10 ** self.place_at(at - QPointF(self._grip_px, 0)).x())
            return
        near = len(self._shares) and abs(at.x() - self._line_px()) <= _GRIP_PX
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._grip_px is not None:
            self._settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        keys = Qt.Key
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = _FINE if shift else _STEP
        decades: dict[int, float] = {
            keys.Key_Left: -step,
            keys.Key_Down: -step,
            keys.Key_Right: step,
            keys.Key_Up: step,
            keys.Key_PageDown: -_LEAP,
            keys.Key_PageUp: _LEAP,
            keys.Key_Home: -math.inf,
            keys.Key_End: math.inf,
        }
        if event.key() not in decades or not len(self._shares):
            super().keyPressEvent(event)
        else:
            self._move_to(self._share * 10 ** decades[event.key()])

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        super().keyReleaseEvent(event)
        if not event.isAutoRepeat() and self._grip_px is None:
            self._settle()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self._settle()
