"""The picture of a channel map: every pixel a maximum, with axes, crosshair and mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from act_core.maps.data import Flags, MapData
from act_core.maps.grid import MapGrid
from act_core.maps.limits import ColourScale
from act_core.maps.raster import MapRaster
from act_core.maps.window import MapWindow
from act_gui.maps.map_axes import Place, draw_axes, plot_rect
from act_gui.maps.map_marks import Span, draw_cursor, draw_rectangle
from act_gui.maps.scales import colour_table
from act_gui.text import tr
from act_gui.theme import Colours, colours_of

_ZOOM = 1.25


class MapPicture(QWidget):
    """Draws a `MapRaster` pixel by pixel of the screen and speaks of places by flat channel.

    Signals:
        cursor_moved: The flat channel of the cursor.
        window_changed: Another part is seen: a `MapWindow`.
    """

    cursor_moved = Signal(int)
    window_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._raster: MapRaster | None = None
        self._colours = colours_of(self)
        self._map_name = "viridis"
        self._table: NDArray[np.uint32] = colour_table(self._map_name, self._colours)
        self._cursor: int | None = None
        self._span: Span | None = None
        self._plot = QRectF(0, 0, 1, 1)  # where the pixels lie
        self.empty_text = tr("No model yet")
        self.setAccessibleName(tr("Channel map"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # ------------------------------------------------------------------ what is shown

    @property
    def grid(self) -> MapGrid | None:
        """Rows and columns; None without a model."""
        return None if self._raster is None else self._raster.grid

    @property
    def cursor_channel(self) -> int | None:
        """The flat channel of the crosshair."""
        return self._cursor

    @property
    def window_seen(self) -> MapWindow | None:
        """The part of the map that is seen."""
        return None if self._raster is None else self._raster.window

    def set_grid(self, grid: MapGrid | None) -> None:
        """Show the whole of a grid. A grid of another layout takes values and mask away."""
        same = grid is not None and self.grid is not None and self.grid.layout is grid.layout
        if grid is None or not grid.rows:
            self._raster = None
        elif same and self._raster is not None:
            self._raster.set_grid(grid)
        else:
            self._raster = MapRaster(grid)
        if not same:
            self._cursor = None
        self._place()
        self.update()

    def set_data(self, data: MapData | None) -> None:
        """Show values; to be called again when they have changed."""
        if self._raster is not None:
            self._raster.set_data(data)
            self.update()

    def set_scale(self, scale: ColourScale) -> None:
        """Show with other limits."""
        if self._raster is not None:
            self._raster.set_scale(scale)
            self.update()

    def set_mask(self, selected: Flags | None) -> None:
        """Show a mask over the values."""
        if self._raster is not None:
            self._raster.set_mask(selected)
            self.update()

    def set_map(self, name: str) -> None:
        """Use a colour map."""
        self._map_name = name
        self._table = colour_table(name, self._colours)
        self.update()

    def set_cursor(self, channel: int | None, *, follow: bool = True) -> None:
        """Move the crosshair, and the window with it where `follow`."""
        grid, window = self.grid, self.window_seen
        if grid is None or window is None or channel == self._cursor:
            return
        self._cursor = channel
        if channel is not None and follow:
            row, column = grid.place_of(channel)
            self.set_window(window.showing(column, float(grid.tops[row])))
        if channel is not None:
            self.cursor_moved.emit(channel)
        self.update()

    def set_window(self, window: MapWindow) -> None:
        """See another part."""
        if self._raster is None:
            return
        inside = window.inside(self._raster.grid)
        if inside != self._raster.window:
            self._raster.set_view(inside, self._raster.width_px, self._raster.height_px)
            self.window_changed.emit(inside)
            self.update()

    def zoom(self, steps: float, rows: float = 0.0, at: QPointF | None = None) -> None:
        """Nearer by steps (further where negative), on the channel axis and on that of rows."""
        window = self.window_seen
        if window is None:
            return
        at_x, at_y = 0.5, 0.5
        plot = self._plot
        if at is not None:
            at_x = min(max((at.x() - plot.left()) / plot.width(), 0.0), 1.0)
            at_y = min(max((at.y() - plot.top()) / plot.height(), 0.0), 1.0)
        elif self._cursor is not None and (place := self.place_of(self._cursor)) is not None:
            at_x = min(max((place.x() - plot.left()) / plot.width(), 0.0), 1.0)
            at_y = min(max((place.y() - plot.top()) / plot.height(), 0.0), 1.0)
        self.set_window(window.zoomed(_ZOOM**-steps, _ZOOM**-rows, at_x, at_y))

    def show_whole(self) -> None:
        """See all of the map."""
        if self.grid is not None:
            self.set_window(MapWindow.whole(self.grid))

    def place_of(self, channel: int) -> QPointF | None:
        """Where the middle of a channel lies, in the widget's pixels."""
        if self._raster is None:
            return None
        row, column = self._raster.grid.place_of(channel)
        place = Place(self._plot, self._raster.window)
        top = float(self._raster.grid.tops[row])
        return QPointF(place.x_of(column + 0.5), place.y_of(top + 0.5))

    def channel_at(self, at: QPointF) -> int | None:
        """The channel that is drawn at a place in the widget's pixels."""
        if self._raster is None:
            return None
        return self._raster.channel_at(*self._pixel(at))

    def shared_by(self, at: QPointF) -> int:
        """How many channels share a pixel of the screen."""
        return 0 if self._raster is None else self._raster.shared_by(*self._pixel(at))

    def _pixel(self, at: QPointF) -> tuple[int, int]:
        pixel = (at - self._plot.topLeft()) * self.devicePixelRatioF()
        return int(pixel.x() // 1), int(pixel.y() // 1)

    def visible_channels(self) -> NDArray[np.int64]:
        """The flat channels that are in sight."""
        if self._raster is None:
            return np.empty(0, np.int64)
        columns = range(int(self._raster.edges[0]), int(self._raster.edges[-1]))
        return self._raster.grid.channels_in(self._raster.lines.rows, columns)

    # ------------------------------------------------------------------------ drawing

    def draw(self, painter: QPainter, size: QSize, ratio: float, *, marks: bool) -> None:
        """Paint the map in this size, as on a screen of this pixel ratio.

        Args:
            painter: Paints.
            size: In logical pixels.
            ratio: Pixels of the screen over logical ones.
            marks: Also the crosshair and the rectangle.
        """
        if self._raster is None:
            return
        raster, window = self._raster, self._raster.window
        on_screen = size == self.size() and ratio == self.devicePixelRatioF()
        plot = self._plot
        if not on_screen:
            plot = plot_rect(QRectF(0, 0, size.width(), size.height()), self.font(), raster.grid)
        width_px, height_px = round(plot.width() * ratio), round(plot.height() * ratio)
        raster.set_view(window, width_px, height_px)
        pixels = raster.picture(self._table)
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        painter.drawImage(plot, image)
        place = Place(plot, window)
        painter.setPen(QPen(QColor(self._colours.border), 1))
        painter.drawRect(plot.adjusted(-0.5, -0.5, 0.5, 0.5))
        draw_axes(painter, place, raster.grid, self.font(), self._colours)
        if marks:
            painter.save()
            painter.setClipRect(plot)
            if self._cursor is not None:
                draw_cursor(painter, place, raster.grid, self._cursor, self._colours)
            if self._span is not None:
                draw_rectangle(painter, place, raster.grid, self._span, self._colours)
            painter.restore()
        if not on_screen:
            self._place()

    # ----------------------------------------------------------------------- geometry

    def _place(self) -> None:
        if self._raster is not None:
            self._plot = plot_rect(QRectF(self.rect()), self.font(), self._raster.grid)
            ratio = self.devicePixelRatioF()
            size = round(self._plot.width() * ratio), round(self._plot.height() * ratio)
            self._raster.set_view(self._raster.window, *size)

    # ----------------------------------------------------------------------------- Qt

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        em = self.fontMetrics().height()
        return QSize(48 * em, 24 * em)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        em = self.fontMetrics().height()
        return QSize(12 * em, 8 * em)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._colours.surface))
        if self._raster is None:
            painter.setPen(QColor(self._colours.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(20, 0, -20, 0), flags, self.empty_text)
        else:
            self.draw(painter, self.size(), self.devicePixelRatioF(), marks=True)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._colours.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._place()
        return handled

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._restyle(colours_of(self))
        elif event.type() == QEvent.Type.FontChange:
            self._place()

    def _restyle(self, colours: Colours) -> None:
        self._colours = colours
        self.set_map(self._map_name)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place()
