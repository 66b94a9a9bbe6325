"""What all charts share: a plot with its caption, theme, fonts, words for all, and export."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from act_core.files import write_whole
from act_gui.maps.axes import NumberAxis
from act_gui.maps.captions import coloured
from act_gui.maps.picture import PNG_RATIO, png_of, svg_of
from act_gui.maps.plot import Plot
from act_gui.theme import Colours, colours_of

Table = tuple[Sequence[str], Sequence[Sequence[object]]]


class Chart(QWidget):
    """A plot between a caption above and the name of its x axis below.

    The chart itself takes mouse and keys; the plot only paints. A chart builds its items in
    `_build`, colours them in `_restyle`, and says its data in words in `_words` and as a table in
    `_table`.

    Args:
        name: Accessible name.
        left, bottom: Axes.
        x_name: Written below.
        parent: Owner.
    """

    def __init__(
        self,
        name: str,
        left: NumberAxis,
        bottom: NumberAxis,
        x_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        self._built = self._exporting = False
        super().__init__(parent)
        self._left, self._bottom = left, bottom
        self._x_name = x_name
        self._colours = colours_of(self)
        self._ratio = self.devicePixelRatioF()
        self._lay_out()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._build()
        self._built = True
        self._restyle(self._colours)
        self.changed()

    def _lay_out(self) -> None:
        self.view = pg.GraphicsView(self, background=None)
        self.plot = Plot()
        for axis in (self._left, self._bottom):
            self.plot.add_axis(axis)
        self.view.setCentralItem(self.plot)
        self.view.setCacheMode(self.view.CacheModeFlag(0))
        self.view.setInteractive(False)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view.viewport().setAutoFillBackground(False)
        self.view.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setStyleSheet("background: transparent; border: none;")
        self._caption = _label(Qt.AlignmentFlag.AlignLeft)
        self._x_label = _label(Qt.AlignmentFlag.AlignHCenter)
        self._empty = _label(Qt.AlignmentFlag.AlignCenter)
        self._empty.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.hide()
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self._caption)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._x_label)

    # ------------------------------------------------------------------ for callers

    def set_empty(self, text: str) -> None:
        """Show a text that says the next step in place of the plot; an empty one shows the plot."""
        self._empty.setText(text)
        self._empty.setVisible(bool(text))
        for part in (self._caption, self.view):
            part.setVisible(not text)
        self._x_label.setVisible(not text and bool(self._x_name))
        self.setAccessibleDescription(text or self._words())

    def position_of(self, x: float, y: float) -> QPointF:
        """Where a place on the axes lies in the chart's own pixels."""
        scene = self.plot.vb.mapViewToScene(QPointF(x, y))
        return QPointF(self.view.mapTo(self, self.view.viewportTransform().map(scene)))

    def place_at(self, position: QPointF) -> QPointF:
        """What lies on the axes at a place in the chart's own pixels."""
        scene = self.view.viewportTransform().inverted()[0].map(self.view.mapFrom(self, position))
        return QPointF(self.plot.vb.mapSceneToView(scene))

    def writer(self, path: Path) -> Callable[[], None]:
        """Draw the picture (`.png`, `.svg`) or list the numbers (`.csv`), by the file's ending.

        Returns:
            What writes the file, on any thread. Raises `OutputError` where it cannot be written.

        Raises:
            ValueError: Another ending.
        """
        ending = path.suffix.lower()
        if ending not in (".png", ".svg", ".csv"):
            raise ValueError(f"{path.name}: not one of .png, .svg, .csv")
        if ending == ".csv":
            return partial(write_whole, path, self._csv())
        return partial(write_whole, path, self._picture(png_of if ending == ".png" else svg_of))

    # ---------------------------------------------------------------- for the charts

    def _build(self) -> None:
        """Make the plot's items."""
        raise NotImplementedError

    def _words(self) -> str:
        """The data in words, for the accessible description."""
        raise NotImplementedError

    def _table(self) -> Table:
        """Head and rows of the data."""
        raise NotImplementedError

    def _headline(self) -> str:
        """Rich text above the plot."""
        return ""

    def _restyle(self, colours: Colours) -> None:
        """Paint in the theme's colours and in the widget's font."""
        self._colours = colours
        for axis in (self._left, self._bottom):
            axis.restyle(self.font(), colours)
        self.view.setMinimumHeight(7 * self.fontMetrics().height())
        self._empty.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self._x_label.setText(coloured(html.escape(self._x_name), colours.muted))
        self._x_label.setVisible(bool(self._x_name) and not self._empty.text())
        self._caption.setText(self._headline())
        self._fit()
        self._ask_for_room()

    def _pen(
        self,
        colour: QColor | str,
        width: float,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    ) -> QPen:
        """A pen of a width in logical pixels; pyqtgraph counts those of the screen."""
        pen: QPen = pg.mkPen(colour, width=width * self._ratio, style=style)
        return pen

    def changed(self) -> None:
        """Say what is shown now: caption and accessible description."""
        self._caption.setText(self._headline())
        if not self._empty.text():
            self.setAccessibleDescription(self._words())

    def _rows_px(self) -> float:
        """The height that the data needs, for charts with a row for each of them."""
        return 0.0

    def _ask_for_room(self) -> None:
        """Let `_keep_room` follow once Qt has handled what is going on, such as a resize."""
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.LayoutRequest))

    def _keep_room(self) -> None:
        """Never so low that texts are cut, however many lines they wrap to."""
        needed = self._column.minimumHeightForWidth(self.width())
        texts = needed - self.view.minimumHeight()
        self.setMinimumHeight(int(max(needed, texts + self._rows_px())))

    def _fit(self) -> None:
        """Leave room for texts that stand out over the ends of the axes."""
        right = self._bottom.reach()
        self.plot.set_margins(2, self._left.reach(), right, 2)

    def _picture(self, picture_of: Callable[[QWidget, str], bytes]) -> bytes:
        self._exporting = True
        self._ratio = PNG_RATIO if picture_of is png_of else 1.0
        self._restyle(self._colours)
        picture = picture_of(self, self._colours.surface)
        self._exporting = False
        self._ratio = self.devicePixelRatioF()
        self._restyle(self._colours)
        return picture

    def _csv(self) -> str:
        head, rows = self._table()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
        return text.getvalue()

    # --------------------------------------------------------------------------- Qt

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if self._built and event.type() == QEvent.Type.LayoutRequest:
            self._keep_room()
        elif self._built and event.type() == QEvent.Type.DevicePixelRatioChange:
            self._ratio = self.devicePixelRatioF()
            self._restyle(self._colours)
        return handled

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return False  # a chart is as high as there is room; `_keep_room` says how low it may be

    def sizeHint(self) -> QSize:  # noqa: N802
        em = self.fontMetrics().height()
        return QSize(28 * em, 18 * em)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        em = self.fontMetrics().height()
        return super().minimumSizeHint().expandedTo(QSize(16 * em, 12 * em))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if self._built and event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._restyle(colours_of(self))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._ask_for_room()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._exporting or not self.hasFocus():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pg.mkPen(self._colours.accent, width=2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 5, 5)


def _label(alignment: Qt.AlignmentFlag) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setAlignment(alignment)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label
