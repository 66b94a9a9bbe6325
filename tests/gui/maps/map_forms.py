"""What the tests of channel maps share: a small model, values, and a look at the pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from act_core.models.channels import ChannelLayout
from act_gui.maps.map_canvas import MapCanvas
from act_gui.maps.map_samples import sample_layout

WIDTHS = {"q": 64, "k": 32, "gate": 3000, "up": 3000, "down": 64}


def model(layers: int = 3) -> ChannelLayout:
    return sample_layout(layers, WIDTHS)


def some_values(layout: ChannelLayout, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    return random.lognormal(size=layout.total).astype(np.float32)


def pixels(widget: QWidget) -> NDArray[np.uint32]:
    """The colours of a widget as 0xrrggbb, `[height, width]`."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return flat[:, : image.width()] & 0xFFFFFF


def number_of(colour: str | tuple[int, ...] | NDArray[np.uint8]) -> int:
    made = QColor(colour) if isinstance(colour, str) else QColor(*(int(c) for c in colour))
    return made.rgb() & 0xFFFFFF


def seen(widget: QWidget, colour: str | NDArray[np.uint8]) -> int:
    """How many pixels of a widget have exactly this colour."""
    return int((pixels(widget) == number_of(colour)).sum())


def spot(canvas: MapCanvas, channel: int) -> QPoint:
    place = canvas.place_of(channel)
    assert place is not None
    return QPoint(int(place.x()), int(place.y()))


def middle(canvas: MapCanvas) -> QPointF:
    return QPointF(canvas.rect().center())
