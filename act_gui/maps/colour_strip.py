"""A colour map from limit to limit with the histogram beside it; both limits can be dragged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from act_core.maps.data import Values
from act_core.maps.limits import ColourScale, histogram
from act_gui.maps.map_card import value_text
from act_gui.maps.scales import steps_of
from act_gui.text import tr
from act_gui.theme import Colours, colours_of

_MARGIN = 0.15  # of the span, beyond each limit
_BINS = 96
_BAR_PX, _COUNTS_PX, _GRIP_PX, _GAP_PX = 14.0, 40.0, 9.0, 6.0
_REACH_PX = 8  # how near to a limit the pointer must be
_STEP, _FINE = 0.02, 0.002
_TICKS = 5


class ColourStrip(QWidget):
    """Drag a limit, or choose it with the left and right arrows and move it with up and down.

    Signals:
        scale_changed: A `ColourScale` with other limits.
    """

    scale_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = ColourScale(0.0, 1.0)
        self._values: Values | None = None
        self._counts: NDArray[np.int64] | None = None
        self._map_name = "viridis"
        self._colours = colours_of(self)
        self._height = 1  # that it is drawn at
        self._upper = True  # which limit the keys move
        self._dragged: ColourScale | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Limits of the colours"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def set_scale(self, scale: ColourScale) -> None:
        """Show other limits, without a signal."""
        self._scale = scale
        self._counts = None
        self.setAccessibleDescription(
            tr("From {low} to {high}", low=value_text(scale.low), high=value_text(scale.high))
        )
        self.update()

    def set_values(self, values: Values | None) -> None:
        """Show how values are spread."""
        self._values = values
        self._counts = None
        self.update()

    def set_map(self, name: str) -> None:
        """Show another colour map."""
        self._map_name = name
        self.update()

    def limit_y(self, *, upper: bool) -> float:
        """Where a limit lies, in the widget's pixels."""
        place = 1.0 if upper else 0.0
        if self._dragged is not None:
            value = self._scale.high if upper else self._scale.low
            place = float(self._dragged.places(np.array([value], np.float32))[0])
        return self._y_of(place)

    def draw(self, painter: QPainter, colours: Colours, height: int) -> None:
        """Paint histogram, colours and numbers at a height."""
        self._height = height
        top, bottom = self.limit_y(upper=True), self.limit_y(upper=False)
        bar = QRectF(_COUNTS_PX + _GAP_PX, self._y_of(1 + _MARGIN), _BAR_PX, 0)
        bar.setBottom(self._y_of(-_MARGIN))
        steps = np.ascontiguousarray(steps_of(self._map_name, colours)[::-1, None])
        image = QImage(steps.data, 1, len(steps), 3, QImage.Format.Format_RGB888)
        painter.fillRect(QRectF(bar.topLeft(), QPointF(bar.right(), top)), _end(steps, 0))
        painter.fillRect(QRectF(QPointF(bar.left(), bottom), bar.bottomRight()), _end(steps, -1))
        painter.drawImage(QRectF(bar.left(), top, bar.width(), max(bottom - top, 1)), image)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
        self._draw_counts(painter, colours)
        self._draw_ticks(painter, bar, colours)
        for upper in (True, False):
            self._draw_limit(painter, bar, upper, colours)

    def _draw_counts(self, painter: QPainter, colours: Colours) -> None:
        if self._values is None:
            return
        if self._counts is None or self._dragged is None:
            self._counts = histogram(self._values, self._dragged or self._scale, _BINS, _MARGIN)
        most = float(np.log1p(self._counts.max(initial=1)))
        lengths = np.log1p(self._counts) / most * _COUNTS_PX
        low, high = self._y_of(-_MARGIN), self._y_of(1 + _MARGIN)
        step = (low - high) / _BINS
        shape = QPolygonF([QPointF(_COUNTS_PX, low)])
        for number, length in enumerate(lengths.tolist()):
            shape.append(QPointF(_COUNTS_PX - length, low - number * step))
            shape.append(QPointF(_COUNTS_PX - length, low - (number + 1) * step))
        shape.append(QPointF(_COUNTS_PX, high))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        painter.drawPolygon(shape)

    def _draw_ticks(self, painter: QPainter, bar: QRectF, colours: Colours) -> None:
        painter.setFont(self.font())
        line = self.fontMetrics().height()
        left = bar.right() + _GRIP_PX + _GAP_PX
        for number in range(_TICKS):
            place = number / (_TICKS - 1)
            scale = self._scale
            ends = self.limit_y(upper=False), self.limit_y(upper=True)
            y = ends[0] + place * (ends[1] - ends[0])
            if number not in (0, _TICKS - 1) and abs(ends[0] - ends[1]) < 1.4 * _TICKS * line:
                continue
            limit = number in (0, _TICKS - 1)
            painter.setPen(QColor(colours.text if limit else colours.muted))
            box = QRectF(left, y - line / 2, self.width() - left, line)
            text = value_text(_short(scale.value_at(place)))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_limit(self, painter: QPainter, bar: QRectF, upper: bool, colours: Colours) -> None:
        y = self.limit_y(upper=upper)
        active = self.hasFocus() and upper is self._upper
        colour = QColor(colours.accent if active else colours.text)
        painter.setPen(QPen(QColor(colours.surface), 3))
        painter.drawLine(QPointF(bar.left(), y), QPointF(bar.right(), y))
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(bar.left() - 3, y), QPointF(bar.right() + 3, y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.surface), 1))
        painter.setBrush(colour)
        x, half = bar.right() + 1, _GRIP_PX * 0.6
        grip = [QPointF(x, y), QPointF(x + _GRIP_PX, y - half), QPointF(x + _GRIP_PX, y + half)]
        painter.drawPolygon(QPolygonF(grip))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # ----------------------------------------------------------------------- geometry

    def _y_of(self, place: float) -> float:
        room = self.fontMetrics().height() / 2
        height = self._height - 2 * room
        return room + height * (1 + _MARGIN - place) / (1 + 2 * _MARGIN)

    def _place_at(self, y: float) -> float:
        room = self.fontMetrics().height() / 2
        height = max(self._height - 2 * room, 1.0)
        return min(
            max(1 + _MARGIN - (y - room) / height * (1 + 2 * _MARGIN), -_MARGIN), 1 + _MARGIN
        )

    def _move_limit(self, scale: ColourScale, place: float) -> None:
        value = scale.value_at(place)
        now = self._scale
        low, high = (now.low, value) if self._upper else (value, now.high)
        if not now.signed:
            low, high = (low, max(high, low)) if self._upper else (min(low, high), high)
        moved = now.with_limits(low, high)
        if moved != now and np.isfinite((moved.low, moved.high)).all():
            self.set_scale(moved)
            self.scale_changed.emit(moved)

    def _near(self, y: float) -> bool | None:
        """Which limit is at a height: True the upper one, None none."""
        away = {upper: abs(self.limit_y(upper=upper) - y) for upper in (True, False)}
        nearest = min(away, key=away.__getitem__)
        return nearest if away[nearest] <= _REACH_PX else None

    # ----------------------------------------------------------------------------- Qt

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        em = self.fontMetrics()
        width = _COUNTS_PX + 2 * _GAP_PX + _BAR_PX + _GRIP_PX
        return QSize(round(width + em.horizontalAdvance("\u22128.888e-88")), 12 * em.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.sizeHint().width(), 5 * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        self.draw(painter, self._colours, self.height())
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._colours.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colours = colours_of(self)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        near = self._near(event.position().y())
        if event.button() is Qt.MouseButton.LeftButton and near is not None:
            self._upper = near
            self._dragged = self._scale
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        at = event.position().y()
        if self._dragged is not None:
            # The drag counts on the limits that it began with: they must not run away from it.
            self._move_limit(self._dragged, self._place_at(at))
        else:
            near = self._near(at) is not None
            self.setCursor(Qt.CursorShape.SizeVerCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged = self._counts = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = Qt.Key(event.key())
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        if key in steps:
            start = 1.0 if self._upper else 0.0
            self._move_limit(self._scale, start + steps[key] * (_FINE if fine else _STEP))
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._upper = key is Qt.Key.Key_Right
            self.update()
        else:
            super().keyPressEvent(event)


def _end(steps: NDArray[np.uint8], index: int) -> QColor:
    red, green, blue = steps[index, 0].tolist()
    return QColor(red, green, blue)


def _short(value: float) -> float:
    """Three digits that count: ticks are for orientation, the fields hold the exact limits."""
    return float(f"{value:.3g}")
