"""What the tests of charts share: charts on a screen, themes for a while, colours on a picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from act_gui.maps.chart import Chart
from act_gui.theme import DARK, LIGHT, ThemeName, apply_theme

W = TypeVar("W", bound=QWidget)


def shown(qtbot: QtBot, widget: W, width: int = 520, height: int = 360) -> W:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    with qtbot.waitExposed(widget):
        widget.show()
    settle()
    return widget


def settle() -> None:
    for _ in range(4):
        QApplication.processEvents()


@contextmanager
def theme(name: ThemeName, font_percent: int = 100) -> Iterator[None]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, name, font_percent)
    try:
        settle()
        yield
    finally:
        apply_theme(app, "light")
        settle()


def colours_seen(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    ratio = image.devicePixelRatio()
    size = image.size() / ratio
    return {
        image.pixelColor(int(x * ratio), int(y * ratio)).name()
        for x in range(size.width())
        for y in range(size.height())
    }


def same_colour(found: QColor, wanted: str, tolerance: int = 12) -> bool:
    goal = QColor(wanted)
    pairs = zip(found.getRgb()[:3], goal.getRgb()[:3], strict=True)
    return all(abs(a - b) <= tolerance for a, b in pairs)


def at(chart: Chart, x: float, y: float) -> QPoint:
    return chart.position_of(x, y).toPoint()


def cut_labels(chart: Chart) -> list[str]:
    """Labels of a chart that are lower than their wrapped text or lie outside of the chart."""
    labels = [label for label in (chart._caption, chart._x_label) if label.isVisible()]
    return [
        label.text()
        for label in labels
        if label.height() < label.heightForWidth(label.width())
        or not chart.rect().contains(label.geometry())
        or label.geometry().intersects(chart.view.geometry())
    ]


def assert_follows_theme_and_font(chart: Chart, width: int, height: int) -> None:
    """A chart that draws in the first colour of a series; at the largest font in a small size."""
    with theme("light"):
        assert LIGHT.series[0] in colours_seen(chart)
    with theme("dark", 200):
        seen = colours_seen(chart)
        assert DARK.series[0] in seen
        assert LIGHT.series[0] not in seen
        chart.resize(width, height)
        settle()
        assert not cut_labels(chart)
