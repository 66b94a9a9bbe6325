"""The writing around a channel map: rows on the left, channel numbers below."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from act_core.maps.grid import MapGrid, RowGroup
from act_core.maps.window import MapWindow
from act_core.report.numbers import count
from act_gui.maps.axes import nice_above
from act_gui.text import tr
from act_gui.theme import Colours

_PAD_PX = 6.0
_TICK_PX = 4.0
_LINE_ROOM = 1.05  # a label's room over the height of its text
_Flag = Qt.AlignmentFlag


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window of a map lies on a widget.

    Attributes:
        plot: The pixels of the map, in logical pixels.
        window: What is seen there.
    """

    plot: QRectF
    window: MapWindow

    def x_of(self, channel: float) -> float:
        """Where a channel's left edge lies."""
        share = (channel - self.window.first) / self.window.span
        return self.plot.left() + share * self.plot.width()

    def y_of(self, row: float) -> float:
        """Where a height in rows lies."""
        share = (row - self.window.top) / self.window.height
        return self.plot.top() + share * self.plot.height()


def caption_of(group: RowGroup) -> str:
    """What a group of rows is called."""
    return group.kind if group.layer is None else str(group.layer)


def row_label(grid: MapGrid, row: int) -> str:
    """What a row is called within its group."""
    layer, kind = grid.name_of(row)
    return str(layer) if grid.order == "kind" else kind


def plot_rect(size: QRectF, font: QFont, grid: MapGrid) -> QRectF:
    """The room of a map's pixels within a widget: whole logical pixels."""
    metrics, bold = QFontMetricsF(font), QFontMetricsF(_bold(font))
    line = math.ceil(metrics.height())
    captions = [caption_of(group) for group in grid.groups] + [_heads(grid)[0]]
    labels = {row_label(grid, row) for row in range(grid.rows)} | {_heads(grid)[1]}
    left = max(bold.horizontalAdvance(text) for text in captions)
    left += max(metrics.horizontalAdvance(text) for text in labels)
    left = max(left + 4 * _PAD_PX, metrics.horizontalAdvance(tr("Channel")) + 2 * _PAD_PX)
    top, bottom = 1.5 * line + _PAD_PX, line + _TICK_PX + _PAD_PX
    right = 0.5 * metrics.horizontalAdvance(count(grid.columns)) + _PAD_PX
    inner = size.adjusted(math.ceil(left), math.ceil(top), -math.ceil(right), -math.ceil(bottom))
    return QRectF(inner.topLeft(), inner.size().expandedTo(QRectF(0, 0, 1, 1).size()))


def draw_axes(
    painter: QPainter, place: Place, grid: MapGrid, font: QFont, colours: Colours
) -> None:
    """Write the rows' names and the channels' numbers."""
    painter.setFont(font)
    _draw_heads(painter, place, grid, font, colours)
    _draw_rows(painter, place, grid, font, colours)
    _draw_channels(painter, place, font, colours)


def _heads(grid: MapGrid) -> tuple[str, str]:
    names = (tr("Module"), tr("Layer"))
    return names if grid.order == "kind" else (names[1], names[0])


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _draw_heads(
    painter: QPainter, place: Place, grid: MapGrid, font: QFont, colours: Colours
) -> None:
    line = QFontMetricsF(font).height()
    head = QRectF(0, place.plot.top() - 1.5 * line, place.plot.left() - 2 * _PAD_PX, line)
    painter.setPen(QColor(colours.muted))
    painter.drawText(head.adjusted(_PAD_PX, 0, 0, 0), _Flag.AlignLeft, _heads(grid)[0])
    painter.drawText(head, _Flag.AlignRight, _heads(grid)[1])


def _draw_rows(
    painter: QPainter, place: Place, grid: MapGrid, font: QFont, colours: Colours
) -> None:
    line = QFontMetricsF(font).height()
    right = place.plot.left() - 2 * _PAD_PX
    end = place.plot.top() - line  # of the last caption
    for group in grid.groups:
        top = max(place.y_of(float(grid.tops[group.first])), place.plot.top())
        last = group.first + group.count - 1
        bottom = min(place.y_of(float(grid.tops[last]) + 1), place.plot.bottom())
        middle = (top + bottom) / 2
        if top < bottom and middle - line / 2 >= end:
            painter.setFont(_bold(font))
            painter.setPen(QColor(colours.text))
            box = QRectF(_PAD_PX, middle - line / 2, right, line)
            painter.drawText(box, _Flag.AlignLeft | _Flag.AlignVCenter, caption_of(group))
            end = middle + line / 2
    painter.setFont(font)
    painter.setPen(QColor(colours.muted))
    for row, y in _labelled(place, grid, line):
        box = QRectF(0, y - line / 2, right, line)
        painter.drawText(box, _Flag.AlignRight | _Flag.AlignVCenter, row_label(grid, row))
        painter.drawLine(QPointF(right + _PAD_PX, y), QPointF(place.plot.left() - 1, y))


def _labelled(place: Place, grid: MapGrid, line: float) -> list[tuple[int, float]]:
    """Rows that have room for their names and their middles: all, or every second, fifth ..."""
    row_px = place.plot.height() / place.window.height
    every = 1 if row_px >= line * _LINE_ROOM else int(nice_above(line * _LINE_ROOM / row_px))
    if every > 1 and grid.order == "layer":
        return []  # kinds are no numbers: every second of them says nothing about the others
    shown: list[tuple[int, float]] = []
    starts = [group.first for group in grid.groups[1:]]
    nexts = [place.y_of(float(grid.tops[row]) + 0.5) for row in starts]
    for group, following in zip(grid.groups, [*nexts, math.inf], strict=True):
        rows = range(group.first, group.first + group.count, every)
        middles = [(row, place.y_of(float(grid.tops[row]) + 0.5)) for row in rows]
        # The name of the next group's first row must stay free.
        found = [(row, y) for row, y in middles if y + line * 0.9 <= following or every == 1]
        if every == 1 or len(found) > 1:
            shown += found
    return [(row, y) for row, y in shown if place.plot.top() <= y <= place.plot.bottom()]


def _draw_channels(painter: QPainter, place: Place, font: QFont, colours: Colours) -> None:
    metrics, window, plot = QFontMetricsF(font), place.window, place.plot
    last = window.first + window.span
    room = metrics.horizontalAdvance(count(int(last))) + 1.5 * metrics.height()
    step = max(1, int(nice_above(window.span * room / plot.width())))
    painter.setPen(QPen(QColor(colours.muted)))
    top = plot.bottom() + _TICK_PX + 1
    painter.drawText(
        QRectF(_PAD_PX, top, plot.left(), metrics.height()), _Flag.AlignLeft, tr("Channel")
    )
    # A number stands below the middle of its channel, as wide as that may be on the screen.
    wide = plot.width() / window.span
    for channel in range(math.ceil(window.first / step) * step, math.ceil(last), step):
        x = place.x_of(channel) + (wide / 2 if wide > 3 else 0.0)
        if not plot.left() <= x <= plot.right() + 1:
            continue
        painter.drawLine(QPointF(x, plot.bottom() + 1), QPointF(x, plot.bottom() + 1 + _TICK_PX))
        box = QRectF(x - room / 2, top, room, metrics.height())
        painter.drawText(box, _Flag.AlignHCenter, count(channel))
