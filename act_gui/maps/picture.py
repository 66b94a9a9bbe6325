"""A widget as a picture: PNG with twice the pixels, or SVG."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QPoint
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

PNG_RATIO = 2.0  # pixels of a picture over the screen's logical ones


def png_of(widget: QWidget, ground: str) -> bytes:
    """What a widget's children show, on a ground of that colour, as PNG."""
    image = QImage(widget.size() * PNG_RATIO, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(PNG_RATIO)
    image.fill(QColor(ground))
    _paint(widget, QPainter(image))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def svg_of(widget: QWidget, ground: str) -> bytes:
    """The same as SVG, with the widget's name and description for screen readers."""
    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setTitle(widget.accessibleName())
    generator.setDescription(widget.accessibleDescription())
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), QColor(ground))
    _paint(widget, painter)
    return bytes(buffer.data().data())


def _paint(widget: QWidget, painter: QPainter) -> None:
    widget.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    painter.end()
