"""Icons of one stroke style, painted in the colour of the palette that is shown."""

from __future__ import annotations

import functools

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from act_core.resources import resource_path

_GROUPS = {
    QIcon.Mode.Normal: QPalette.ColorGroup.Active,
    QIcon.Mode.Active: QPalette.ColorGroup.Active,
    QIcon.Mode.Selected: QPalette.ColorGroup.Active,
    QIcon.Mode.Disabled: QPalette.ColorGroup.Disabled,
}


def icon(name: str, colour: str | None = None) -> QIcon:
    """The icon `resources/icons/NAME.svg`.

    Args:
        name: Of the file.
        colour: `#rrggbb`; by default the colour of text, which follows the theme.
    """
    return QIcon(_Engine(name, colour))


def pixmap(name: str, size_px: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture of `size_px` logical pixels on a screen of that pixel ratio."""
    image = QPixmap(QSize(size_px, size_px) * ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _renderer(name, colour).render(painter, QRectF(image.rect()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


class _Engine(QIconEngine):
    """Draws at paint time, so that a switched theme needs no new icons."""

    def __init__(self, name: str, colour: str | None) -> None:
        super().__init__()
        self._name = name
        self._colour = colour

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = self._colour
        if colour is None or mode is QIcon.Mode.Disabled:
            palette = QGuiApplication.palette()
            shown: QColor = palette.color(_GROUPS[mode], QPalette.ColorRole.ButtonText)
            colour = shown.name()
            painter.setOpacity(shown.alphaF())
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        _renderer(self._name, colour).render(painter, square)
        painter.setOpacity(1.0)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QPixmap(size)
        if image.isNull():  # of a button that is squeezed to nothing
            return image
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return image


@functools.lru_cache(maxsize=512)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    text = resource_path("icons", f"{name}.svg").read_text("utf-8")
    return QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
