"""What each candidate recovers of the ability against what it loses of the others."""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from act_core.report.numbers import Scale
from act_core.report.plane import PlanePoint, front
from act_gui.maps.axes import NumberAxis, percent
from act_gui.maps.captions import marked, muted, stacked
from act_gui.maps.chart import Table
from act_gui.maps.intervals import crosses, ends_of
from act_gui.maps.kinds import (
    KINDS,
    group_colour,
    group_symbol,
    kind_colour,
    kind_name,
    kind_symbol,
    symbol_mark,
)
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_SHARE = Scale(100, 1, " %")
_SIZES = {
    "result": 18, "specialist": 13, "control": 11, "baseline": 12, "target": 13, "point": 10,
}  # fmt: skip

_FADED = 0.25


class RecoveredLostPlane(SpotChart):
    """Every candidate as a point: lost share to the right, recovered share upwards.

    Click a point, or step to it with the arrow keys and press Enter, to choose it.

    Signals:
        point_chosen: The name of the point.
    """

    point_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._points: tuple[PlanePoint, ...] = ()
        self._shown: tuple[PlanePoint, ...] = ()
        self._groups: list[str] = []
        self._limit: float | None = None
        super().__init__(
            tr("Recovered and lost shares"),
            NumberAxis("left", percent),
            NumberAxis("bottom", percent),
            tr("Lost share of abilities to keep, less is better"),
            parent,
        )

    def set_points(self, points: Sequence[PlanePoint]) -> None:
        """Show these candidates; those without a finite place are only counted."""
        current = self._shown[self._current].name if self._current >= 0 else None
        self._points = tuple(points)
        self._shown = tuple(
            sorted(
                (point for point in points if point.has_place),
                key=lambda point: (point.lost, point.recovered),
            )
        )
        groups = (point.group for point in self._points if point.kind == "point")
        self._groups = list(dict.fromkeys(groups))
        self.hide_card()
        self._set_range()
        self._restyle(self._colours)
        self.changed()
        for index, point in enumerate(self._shown):
            if point.name == current:  # who stands on a point stays there while others appear
                self.show_spot(index)

    def set_limit(self, limit: float | None) -> None:
        """Mark the most that may be lost; None takes the mark away."""
        self._limit = limit
        self._set_range()
        self._restyle(self._colours)
        self.changed()

    def add_point(self, point: PlanePoint) -> None:
        """Show one more; a point of the same name is replaced."""
        self.set_points([*(old for old in self._points if old.name != point.name), point])

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._zero, self._one = (
            pg.InfiniteLine(pos=pos, angle=angle, movable=False) for pos, angle in ((0, 90), (1, 0))
        )
        self._most = pg.InfiniteLine(angle=90, movable=False)
        self._most_name = pg.TextItem(anchor=(0, 1))
        self._front = pg.PlotCurveItem(antialias=True)
        self._better = pg.TextItem(anchor=(0, 0))
        self._bars: list[pg.PlotCurveItem] = []
        self._dots = pg.ScatterPlotItem(useCache=False, antialias=True)  # a cache spoils SVG
        self._cursor = pg.ScatterPlotItem(size=24, brush=None, useCache=False, antialias=True)
        for item in (
            self._zero, self._one, self._most, self._front, self._dots, self._cursor, self._better,
            self._most_name,
        ):  # fmt: skip
            self.plot.add(item)
        self._better.setZValue(-1)
        self._most_name.setZValue(-1)
        self._left.setGrid(255)
        self._bottom.setGrid(255)
        self._set_range()
        self.spot_shown.connect(self._on_spot_shown)

    def _set_range(self) -> None:
        """At least from nothing to everything; further where points and intervals are."""
        across = [0.0, 1.0, *ends_of((p.lost, p.lost_low, p.lost_high) for p in self._shown)]
        up = [
            0.0, 1.0,
            *ends_of((p.recovered, p.recovered_low, p.recovered_high) for p in self._shown),
        ]  # fmt: skip
        if self._shown:
            # Losses are small where transfers go well: their axis ends where the points do.
            across.remove(1.0)
            across.append(0.1)
        if self._limit is not None:
            across.append(self._limit)
        x_pad, y_pad = (0.06 * (max(ends) - min(ends)) for ends in (across, up))
        x_range = (min(across) - x_pad, max(across) + x_pad)
        y_range = (min(up) - y_pad, max(up) + 2.5 * y_pad)
        self.plot.vb.setRange(xRange=x_range, yRange=y_range, padding=0)
        self._better.setPos(0.0, y_range[1])
        self._most.setPos(self._limit or 0.0)
        self._most_name.setPos(self._limit or 0.0, y_range[0])

    def _restyle(self, colours: Colours) -> None:
        quiet = self._pen(colours.muted, width=1, style=Qt.PenStyle.DotLine)
        self._most.setPen(self._pen(colours.warn, width=1.5, style=Qt.PenStyle.DashLine))
        self._most_name.setText(tr("limit"), color=QColor(colours.warn))
        self._most_name.setFont(self.font())
        for item in (self._most, self._most_name):
            item.setVisible(self._limit is not None)
        self._zero.setPen(quiet)
        self._one.setPen(quiet)
        soft = QColor(colours.good)
        soft.setAlphaF(0.45)
        self._front.setPen(self._pen(soft, width=4))
        best = front(self._shown)
        self._front.setData([p.lost for p in best], [p.recovered for p in best])
        self._better.setText(tr("↖ better"), color=QColor(colours.good))
        self._better.setFont(self.font())
        self._cursor.setPen(self._pen(colours.cursor, width=2))
        self._draw_lines(colours)
        self._dots.setData(
            spots=[
                {
                    "pos": (point.lost, point.recovered),
                    "symbol": self._symbol(point),
                    "size": _SIZES[point.kind],
                    "brush": self._brush(point, colours),
                    "pen": self._pen(colours.surface, width=1),
                }
                for point in sorted(self._shown, key=lambda point: -KINDS.index(point.kind))
            ]
        )
        super()._restyle(colours)

    def _draw_lines(self, colours: Colours) -> None:
        """Intervals in the colour of their points, and series of growing share."""
        for item in self._bars:
            self.plot.remove(item)
        self._bars = []
        measured = [point for point in self._shown if not point.dropped]
        for colour, points in _grouped(measured, lambda p: self._colour(p, colours)):
            xs, ys = crosses(points)
            faint = QColor(colour)
            faint.setAlphaF(0.5)
            self._add_line(xs, ys, faint, "pairs")
        swept = [p for p in measured if p.kind == "point" and p.share is not None]
        for _, points in _grouped(swept, lambda p: f"{p.group}\n{p.strength}"):
            ordered = sorted(points, key=lambda point: point.share or 0.0)
            solid = QColor(self._colour(ordered[0], colours))
            self._add_line([p.lost for p in ordered], [p.recovered for p in ordered], solid, "all")

    def _add_line(self, xs: list[float], ys: list[float], colour: QColor, connect: str) -> None:
        item = pg.PlotCurveItem(
            xs, ys, pen=self._pen(colour, width=1.2), connect=connect, antialias=True
        )
        item.setSegmentedLineMode("on")  # a path of hundreds of lines takes too long to paint
        item.setZValue(-0.5)
        self._bars.append(item)
        self.plot.add(item)

    def _colour(self, point: PlanePoint, colours: Colours) -> str:
        if point.kind == "point":
            return group_colour(self._groups.index(point.group), colours)
        return kind_colour(point.kind, colours)

    def _brush(self, point: PlanePoint, colours: Colours) -> QColor:
        """Faded where a sweep dropped the point: its place is only roughly known."""
        colour = QColor(self._colour(point, colours))
        if point.dropped:
            colour.setAlphaF(_FADED)
        return colour

    def _symbol(self, point: PlanePoint) -> str:
        if point.kind == "point":
            return group_symbol(self._groups.index(point.group))
        return kind_symbol(point.kind)

    def _headline(self) -> str:
        entries = [
            (symbol_mark(kind_symbol(kind)), kind_colour(kind, self._colours), kind_name(kind))
            for kind in KINDS
            if kind != "point" and any(point.kind == kind for point in self._shown)
        ]
        entries += [
            (symbol_mark(group_symbol(number)), group_colour(number, self._colours), group)
            for number, group in enumerate(self._groups)
        ]
        title = tr("Recovered share of abilities to bring over, more is better")
        hidden = len(self._points) - len(self._shown)
        unplaced = tr("Not shown, without a clear gap: {hidden}", hidden=hidden) if hidden else ""
        return stacked(
            muted(title, self._colours),
            marked(entries, self._colours),
            muted(unplaced, self._colours) if unplaced else "",
        )

    def _words(self) -> str:
        if not self._shown:
            return tr("No candidate was measured yet.")
        best = {point.name for point in front(self._shown)}
        said = [
            tr(
                "{name} ({kind}): recovered {recovered}, lost {lost}{front}{dropped}",
                name=point.name,
                kind=kind_name(point.kind),
                recovered=_SHARE.text(point.recovered),
                lost=_SHARE.text(point.lost),
                front=tr(", none better in both") if point.name in best else "",
                dropped=tr(", dropped early") if point.dropped else "",
            )
            for point in self._shown
        ]
        if self._limit is not None:
            said.append(tr("Limit of what may be lost: {limit}", limit=_SHARE.text(self._limit)))
        return ". ".join(said) + ". " + tr("Arrows step, Enter chooses.")

    def _table(self) -> Table:
        head = (
            "name", "kind", "group", "share", "strength", "recovered", "recovered_low",
            "recovered_high", "lost", "lost_low", "lost_high", "dropped", "detail",
        )  # fmt: skip
        return head, [[getattr(point, field) for field in head] for point in self._points]

    # --------------------------------------------------------------------- spots

    def _spot_count(self) -> int:
        return len(self._shown)

    def _spot(self, index: int) -> Spot:
        point = self._shown[index]
        kind = point.group if point.kind == "point" and point.group else kind_name(point.kind)
        rows = [
            f"<b>{html.escape(point.name)}</b> · {html.escape(kind)}",
            _share(tr("recovered"), point.recovered, point.recovered_low, point.recovered_high),
            _share(tr("lost"), point.lost, point.lost_low, point.lost_high),
            html.escape(point.detail),
            *([html.escape(tr("Dropped early, on a part of the items"))] if point.dropped else []),
        ]
        return Spot(point.lost, point.recovered, stacked(*rows))

    def _on_spot_shown(self, index: int) -> None:
        at = [(self._shown[index].lost, self._shown[index].recovered)] if index >= 0 else []
        self._cursor.setData(pos=at)

    # ------------------------------------------------------------------------ Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index = self.spot_near(event.position())
        if event.button() is Qt.MouseButton.LeftButton and index >= 0:
            self.show_spot(index)
            self.point_chosen.emit(self._shown[index].name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        over = self.spot_near(event.position()) >= 0
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if enter and self._current >= 0:
            self.point_chosen.emit(self._shown[self._current].name)
        else:
            super().keyPressEvent(event)


def _grouped(
    points: Iterable[PlanePoint], key: Callable[[PlanePoint], str]
) -> Iterator[tuple[str, list[PlanePoint]]]:
    for name, group in itertools.groupby(sorted(points, key=key), key=key):
        yield name, list(group)


def _share(name: str, value: float, low: float | None, high: float | None) -> str:
    entry = {"value": value, "low": low, "high": high}
    return f"{name} {_SHARE.interval(entry)}"
