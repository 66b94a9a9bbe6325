"""A channel map as a file: a picture of the map or of the view, or its numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from act_core.files import write_parts
from act_core.maps.data import Flags, Values
from act_core.maps.table import csv_parts
from act_core.models.channels import ChannelLayout
from act_gui.maps.map_pane import MapPane
from act_gui.theme import Colours, colours_of

_GAP_PX = 12
_EDGE_PX = 10


def png_of(pane: MapPane, *, ratio: int = 1) -> bytes:
    """The view with its colour bar as it is on the screen, with `ratio` times the pixels."""
    image = QImage(_size(pane) * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    _draw(pane, painter, float(ratio))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def svg_of(pane: MapPane) -> bytes:
    """The view as SVG: writing and lines as such, the channels as a picture in it."""
    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(_size(pane))
    generator.setViewBox(QRect(QPointF(0, 0).toPoint(), _size(pane)))
    generator.setTitle(pane.canvas.accessibleName())
    generator.setDescription(pane.canvas.accessibleDescription())
    painter = QPainter(generator)
    _draw(pane, painter, 1.0)
    painter.end()
    return bytes(buffer.data().data())


def export_csv(
    path: Path,
    layout: ChannelLayout,
    values: Values,
    selected: Flags | None,
    channels: NDArray[np.int64],
) -> None:
    """Write channels as CSV. Takes seconds for millions of them: not for the window's thread.

    Raises:
        OutputError: It cannot be written.
    """
    write_parts(path, csv_parts(layout, values, selected, channels))


def _size(pane: MapPane) -> QSize:
    canvas = pane.canvas.size()
    width = canvas.width() + _GAP_PX + pane.bar.strip.sizeHint().width() + 2 * _EDGE_PX
    return QSize(width, canvas.height() + 2 * _EDGE_PX)


def _draw(pane: MapPane, painter: QPainter, ratio: float) -> None:
    colours: Colours = colours_of(pane)
    painter.fillRect(QRect(QPointF(0, 0).toPoint(), _size(pane)), QColor(colours.surface))
    painter.setFont(pane.font())
    painter.translate(_EDGE_PX, _EDGE_PX)
    pane.canvas.draw(painter, pane.canvas.size(), ratio, marks=False)
    painter.translate(pane.canvas.width() + _GAP_PX, 0)
    pane.bar.strip.draw(painter, colours, pane.canvas.height())
