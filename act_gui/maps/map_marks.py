"""What lies over a channel map: the crosshair and the rectangle that is being drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from act_core.maps.grid import MapGrid
from act_gui.maps.map_axes import Place
from act_gui.theme import Colours

Span = tuple[range, range]  # rows and columns of a rectangle
_HALO_PX = 4.0
_FRAME_PX = 3.0
_GROUND = 0.45  # so that lines hide few channels


def draw_cursor(
    painter: QPainter, place: Place, grid: MapGrid, channel: int, colours: Colours
) -> None:
    """Draw lines that stop short of a channel, so that what they point at stays visible."""
    row, column = grid.place_of(channel)
    cell = _box(place, grid, (range(row, row + 1), range(column, column + 1)))
    plot, x, y = place.plot, cell.center().x(), cell.center().y()
    away_x, away_y = cell.width() / 2 + _HALO_PX, cell.height() / 2 + _HALO_PX
    for pen in _outlined(colours.cursor, 1.0, colours):
        painter.setPen(pen)
        painter.drawLine(QPointF(plot.left(), y), QPointF(x - away_x, y))
        painter.drawLine(QPointF(x + away_x, y), QPointF(plot.right(), y))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, y - away_y))
        painter.drawLine(QPointF(x, y + away_y), QPointF(x, plot.bottom()))
    for pen in _outlined(colours.cursor, 1.5, colours):
        painter.setPen(pen)
        painter.drawRect(cell.adjusted(-_FRAME_PX, -_FRAME_PX, _FRAME_PX, _FRAME_PX))


def draw_rectangle(
    painter: QPainter, place: Place, grid: MapGrid, span: Span, colours: Colours
) -> None:
    """Draw the rectangle that a person spans."""
    box = _box(place, grid, span)
    fill = QColor(colours.accent)
    fill.setAlphaF(0.25)
    painter.fillRect(box, fill)
    for pen in _outlined(colours.accent, 1.5, colours):
        painter.setPen(pen)
        painter.drawRect(box)


def _box(place: Place, grid: MapGrid, span: Span) -> QRectF:
    rows, columns = span
    return QRectF(
        QPointF(place.x_of(columns.start), place.y_of(float(grid.tops[rows.start]))),
        QPointF(place.x_of(columns.stop), place.y_of(float(grid.tops[rows.stop - 1]) + 1)),
    )


def _outlined(colour: str, width: float, colours: Colours) -> tuple[QPen, QPen]:
    """A pen on a wider, clear one in the colour of the ground: readable over any colour."""
    ground = QColor(colours.surface)
    ground.setAlphaF(_GROUND)
    return QPen(ground, width + 2), QPen(QColor(colour), width)
