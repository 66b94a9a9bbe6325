"""How long the items of an ability are, and how many are cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from act_core.report.numbers import count
from act_gui.maps.axes import NumberAxis, nice_above
from act_gui.maps.captions import marked, stacked
from act_gui.maps.chart import Table
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_BINS = 30
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)


class LengthHistogram(SpotChart):
    """Token lengths of calibration and held-out items as two outlines, the cut as a dashed line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._lengths: tuple[NDArray[np.int64], NDArray[np.int64]] = (_none(), _none())
        self._counts = (_none(), _none())
        self._edges = np.zeros(1, np.int64)
        self._cut_tokens = 0
        whole = NumberAxis("left", _whole)
        tokens = NumberAxis("bottom", _whole)
        super().__init__(tr("Lengths of items"), whole, tokens, tr("Tokens per item"), parent)

    def set_lengths(
        self, calibration: Sequence[int], heldout: Sequence[int], length_tokens: int
    ) -> None:
        """Show lengths before the cut.

        Args:
            calibration: Tokens of each calibration item.
            heldout: Tokens of each held-out item.
            length_tokens: Where items are cut.
        """
        self._lengths = (np.asarray(calibration, np.int64), np.asarray(heldout, np.int64))
        self._cut_tokens = length_tokens
        longest = max([length_tokens, *calibration, *heldout])
        width = max(1, int(nice_above(longest / _BINS)))
        self._edges = np.arange(0, longest + 2 * width, width, dtype=np.int64)
        found = [np.histogram(lengths, self._edges)[0] for lengths in self._lengths]
        self._counts = (found[0], found[1])
        for item, counts in zip(self._outlines, self._counts, strict=True):
            item.setData(self._edges, counts, stepMode="center")
            item.setVisible(bool(counts.any()))
        self._line.setValue(length_tokens)
        self._beyond.setRegion((length_tokens, float(self._edges[-1])))
        self._beyond.setVisible(self._cut_count() > 0)
        top = max(1, *(int(counts.max(initial=0)) for counts in self._counts))
        self.plot.vb.setRange(xRange=(0, float(self._edges[-1])), yRange=(0, 1.08 * top), padding=0)
        self._fit()
        self.changed()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._beyond = pg.LinearRegionItem(movable=False)
        self._outlines = tuple(pg.PlotCurveItem(fillLevel=0.0, antialias=True) for _ in range(2))
        self._line = pg.InfiniteLine(angle=90, movable=False)
        for item in (self._beyond, *self._outlines, self._line):
            self.plot.add(item)
        self._left.setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        for number, item in enumerate(self._outlines):
            soft = QColor(colours.series[number])
            soft.setAlphaF(0.15)
            item.setPen(self._pen(colours.series[number], width=2, style=_STYLES[number]))
            item.setBrush(soft)
        ground = QColor(colours.warn)
        ground.setAlphaF(0.12)
        self._beyond.setBrush(ground)
        for edge in self._beyond.lines:
            edge.setPen(pg.mkPen(None))
        self._line.setPen(self._pen(colours.warn, width=2, style=Qt.PenStyle.DashLine))
        super()._restyle(colours)

    def _cut_count(self) -> int:
        return sum(int((lengths > self._cut_tokens).sum()) for lengths in self._lengths)

    def _sentence(self) -> str:
        total = sum(len(lengths) for lengths in self._lengths)
        if not total:
            return ""
        cut = self._cut_count()
        if not cut:
            return tr("No item is longer than {most} tokens", most=count(self._cut_tokens))
        return tr(
            "{cut} of {total} items are longer than {most} tokens and are cut",
            cut=count(cut),
            total=count(total),
            most=count(self._cut_tokens),
        )

    def _headline(self) -> str:
        names = (tr("calibration"), tr("held out"))
        entries = [
            (mark, self._colours.series[number], f"{name} ({count(len(lengths))})")
            for number, (mark, name, lengths) in enumerate(
                zip("━╍", names, self._lengths, strict=True)
            )
            if len(lengths)
        ]
        return stacked(self._sentence(), marked(entries, self._colours))

    def _words(self) -> str:
        if not any(len(lengths) for lengths in self._lengths):
            return tr("No items yet.")
        said = [self._sentence() + "."]
        for name, lengths in zip((tr("Calibration"), tr("Held out")), self._lengths, strict=True):
            if len(lengths):
                said.append(
                    tr(
                        "{name}: {items} items of {least} to {most} tokens, half up to {median}.",
                        name=name,
                        items=count(len(lengths)),
                        least=count(int(lengths.min())),
                        most=count(int(lengths.max())),
                        median=count(int(np.median(lengths))),
                    )
                )
        return " ".join(said)

    def _table(self) -> Table:
        columns = (self._edges[:-1], self._edges[1:], *self._counts)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return ("from_tokens", "below_tokens", "calibration", "heldout"), list(rows)

    # --------------------------------------------------------------------- spots

    def spot_near(self, position: QPointF) -> int:
        place = self.place_at(position)
        if not self.plot.vb.viewRect().contains(place):
            return -1
        index = int(np.searchsorted(self._edges, place.x(), side="right")) - 1
        return index if 0 <= index < len(self._counts[0]) else -1

    def _spot_count(self) -> int:
        return len(self._counts[0])

    def _spot(self, index: int) -> Spot:
        first, end = int(self._edges[index]), int(self._edges[index + 1])
        calibration, heldout = (int(counts[index]) for counts in self._counts)
        text = tr(
            "<b>{first} to {last} tokens</b><br>calibration: {calibration}<br>held out: {heldout}",
            first=count(first),
            last=count(end - 1),
            calibration=count(calibration),
            heldout=count(heldout),
        )
        return Spot((first + end) / 2, max(calibration, heldout), text)


def _none() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


def _whole(number: float) -> str:
    return f"{number:,.0f}" if abs(number - round(number)) < 1e-6 else ""
