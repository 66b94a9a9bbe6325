"""The channel map under the hand: pointer, wheel and keys."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from act_core.maps.grid import MapGrid
from act_core.maps.window import MapWindow
from act_gui.maps.map_help import hand_words
from act_gui.maps.map_keys import Action, Motion, key_motion, moved_to
from act_gui.maps.map_picture import MapPicture

Mode = Literal["move", "add", "remove"]
_DRAG_PX = 4
_PAN = 0.1  # of the view, by a notch of the wheel


class MapCanvas(MapPicture):
    """A picture that is moved, zoomed and pointed at; what is done to the mask is a signal.

    Attributes:
        mode: What dragging does: move the map, or span a rectangle.
        selectable: There is a mask, so rectangles can be spanned.

    Signals:
        hovered: The channel under the pointer or None, and where the pointer is.
        region_drawn: Rows and columns of a rectangle, and where it ended.
        toggle_wanted: The cursor's channel should enter or leave the mask.
        next_wanted: The cursor should go on to the next strongest channel.
        mask_wanted: The mask should be drawn, or no longer.
    """

    hovered = Signal(object, QPointF)
    region_drawn = Signal(object, QPointF)
    toggle_wanted = Signal()
    next_wanted = Signal()
    mask_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._anchor: tuple[int, int] | None = None  # row and column where a rectangle began
        self._pressed: tuple[QPointF, MapWindow] | None = None
        self._panning = False
        # The column that the cursor returns to behind narrower rows, and where keys left it.
        self._wanted: tuple[int, int] | None = None
        self.mode: Mode = "move"
        self.selectable = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setWhatsThis(hand_words())

    def set_grid(self, grid: MapGrid | None) -> None:
        """Show the whole of a grid. A grid of another layout takes values and mask away."""
        self.cancel_rectangle()
        super().set_grid(grid)

    def set_mode(self, mode: Mode) -> None:
        """What dragging does: move the map, or span a rectangle."""
        self.mode = mode
        self._show_pointer()

    # ---------------------------------------------------------------------- rectangle

    def _stretch_to(self, cell: tuple[int, int] | None) -> None:
        """Span the rectangle from where it began to a cell."""
        if self._anchor is not None and cell is not None:
            rows, columns = zip(self._anchor, cell, strict=True)
            self._span = (
                range(min(rows), max(rows) + 1),
                range(min(columns), max(columns) + 1),
            )
            self.update()

    def _cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """Row and column at a place, the nearest ones where it is outside or in a gap."""
        if self._raster is None:
            return None
        grid, window, plot = self._raster.grid, self._raster.window, self._plot
        inside_x = min(max(at.x(), plot.left()), plot.right() - 1e-6)
        inside_y = min(max(at.y(), plot.top()), plot.bottom() - 1e-6)
        column = window.first + (inside_x - plot.left()) / plot.width() * window.span
        height = window.top + (inside_y - plot.top()) / plot.height() * window.height
        row = int(np.searchsorted(grid.tops, height, side="right")) - 1
        return max(row, 0), int(column)

    def cancel_rectangle(self) -> None:
        """Take an unfinished rectangle away."""
        self._anchor = self._span = None
        self.update()

    def _finish_rectangle(self, at: QPointF) -> None:
        span = self._span
        self.cancel_rectangle()
        if span is not None:
            self.region_drawn.emit(span, at)

    def _key_rectangle(self) -> None:
        """Begin a rectangle at the cursor, or end the one that has begun."""
        grid = self.grid
        if grid is None or self._cursor is None or not self.selectable:
            return
        if self._anchor is None:
            self._anchor = grid.place_of(self._cursor)
            self._stretch_to(self._anchor)
        else:
            self._finish_rectangle(self.place_of(self._cursor) or QPointF())

    def _show_pointer(self) -> None:
        shapes = Qt.CursorShape
        self.setCursor(shapes.ArrowCursor if self.mode == "move" else shapes.CrossCursor)

    # ----------------------------------------------------------------------- keyboard

    def _move_cursor(self, grid: MapGrid, window: MapWindow, motion: Motion) -> None:
        column = None
        if self._wanted is not None and self._wanted[1] == self._cursor and not motion.channels:
            column = self._wanted[0]
        elif self._cursor is not None:
            column = grid.place_of(self._cursor)[1]
        channel = moved_to(grid, window, self._cursor, motion, column)
        if motion.rows and column is not None:
            self._wanted = (column, channel)
        self._stretch_to(grid.place_of(channel))
        self.set_cursor(channel)

    def _act(self, action: Action) -> None:
        actions = {
            "in": lambda: self.zoom(1.0),
            "out": lambda: self.zoom(-1.0),
            "rows-in": lambda: self.zoom(0.0, 1.0),
            "rows-out": lambda: self.zoom(0.0, -1.0),
            "whole": self.show_whole,
            "toggle": self._key_rectangle if self._anchor else self.toggle_wanted.emit,
            "next": self.next_wanted.emit,
            "mask": self.mask_wanted.emit,
            "rectangle": self._key_rectangle,
            "cancel": self.cancel_rectangle,
        }
        actions[action]()

    # ----------------------------------------------------------------------------- Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        window = self.window_seen
        if event.button() is not Qt.MouseButton.LeftButton or window is None:
            return
        self._pressed = (event.position(), window)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self.selectable and (shift or self.mode != "move"):
            self._anchor = self._cell_at(event.position())
            self._span = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        at = event.position()
        if self._pressed is None:
            self.hovered.emit(self.channel_at(at), at)
            return
        start, window = self._pressed
        if (at - start).manhattanLength() < _DRAG_PX and not self._panning and not self._span:
            return
        self.hovered.emit(None, at)
        if self._anchor is not None:
            self._stretch_to(self._cell_at(at))
            return
        self._panning = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        away = start - at
        right, down = away.x() / self._plot.width(), away.y() / self._plot.height()
        self.set_window(window.moved(right, down))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pressed is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        dragged = self._panning
        self._pressed, self._panning = None, False
        self._show_pointer()
        if self._span is not None:
            self._finish_rectangle(event.position())
        elif not dragged:
            self._anchor = None
            channel = self.channel_at(event.position())
            if channel is not None:
                self.set_cursor(channel, follow=False)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.hovered.emit(None, QPointF())

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        window = self.window_seen
        if window is None:
            return
        turn = event.angleDelta()
        modifiers = event.modifiers()
        steps = turn.y() / 120
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.zoom(0.0, steps, event.position())
        elif modifiers & Qt.KeyboardModifier.ShiftModifier or abs(turn.x()) > abs(turn.y()):
            self.set_window(window.moved(-_PAN * (turn.x() or turn.y()) / 120, 0.0))
        else:
            self.zoom(steps, 0.0, event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        motion = key_motion(event)
        idle = motion == "cancel" and self._anchor is None
        if motion is None or self._raster is None or idle:
            super().keyPressEvent(event)
        elif isinstance(motion, Motion):
            self._move_cursor(self._raster.grid, self._raster.window, motion)
        else:
            self._act(motion)
