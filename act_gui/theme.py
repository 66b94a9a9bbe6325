"""Light, dark and follow-system: the only place that knows colours.

A widget that paints asks `colours_of(self)` and paints again on `QEvent.Type.PaletteChange`, which
Qt sends to every widget when the theme is switched.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from string import Template
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from act_core.resources import resource_path
from act_core.settings import ThemeName
from act_gui.late_style import left_behind, style_all

_BASE_FONT = "act_base_point_size"


@dataclass(frozen=True, slots=True)
class Colours:
    """One palette, as `#rrggbb`.

    Attributes:
        name: Of the palette.
        window, surface, raised: Grounds, from the lowest.
        border: Lines between grounds.
        text, muted: Writing.
        accent, on_accent: What acts, and writing on it.
        good, warn, bad, info: States.
        hover, selection: Grounds under the pointer and of what is chosen.
        map_nan, map_dead, mask, cursor: Of the channel map.
        map_diverging: Low end, middle and high end of signed maps; empty: the map's own colours,
            whose middle is light. On a dark ground what is near zero must not glare.
        series: Lines and bars that must be told apart, also by colour-blind people (Okabe and Ito
            2008, with lightness fitted to the ground).
    """

    name: Literal["light", "dark"]
    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warn: str
    bad: str
    info: str
    hover: str
    selection: str
    map_nan: str
    map_dead: str
    mask: str
    cursor: str
    map_diverging: tuple[str, ...]
    series: tuple[str, ...]


LIGHT = Colours(
    name="light",
    window="#f3f4f7",
    surface="#ffffff",
    raised="#fafbfc",
    border="#d5d9e2",
    text="#1b2029",
    muted="#596273",
    accent="#2456d3",
    on_accent="#ffffff",
    good="#1a7f45",
    warn="#955900",
    bad="#bd2130",
    info="#2456d3",
    hover="#e8ebf2",
    selection="#dbe5ff",
    map_nan="#e6007e",
    map_dead="#c9ced8",
    mask="#e05a00",
    cursor="#d1005d",
    map_diverging=(),
    series=(
        "#0072b2", "#d55e00", "#009e73", "#b8528c", "#8a6d00", "#3f9bd4", "#6b4fbb", "#5b6472",
    ),
)  # fmt: skip
DARK = Colours(
    name="dark",
    window="#14171c",
    surface="#1b1f26",
    raised="#222730",
    border="#363d4a",
    text="#e8ebf1",
    muted="#a3adbd",
    accent="#84a9ff",
    on_accent="#10151f",
    good="#5ccb8a",
    warn="#f0b356",
    bad="#ff8079",
    info="#84a9ff",
    hover="#2a303b",
    selection="#2b3b63",
    map_nan="#ff4fb0",
    map_dead="#39404c",
    mask="#ff6b35",
    cursor="#ff6fae",
    map_diverging=("#5aa9ff", "#262b33", "#ffce4d"),
    series=(
        "#4db2ec", "#ff9147", "#3ccf9f", "#e88cc0", "#e0c04c", "#9ad2f7", "#b19cf0", "#a3adbd",
    ),
)  # fmt: skip


def colours_of(widget: QWidget) -> Colours:
    """The palette that a widget is shown in.

    A widget that the style sheet makes transparent has no ground of its own to tell it from; all
    share the application's.
    """
    return _colours_shown()


def _colours_shown() -> Colours:
    ground = QApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if ground.lightnessF() < 0.5 else LIGHT


def apply_theme(
    app: QApplication,
    name: ThemeName,
    font_percent: int = 100,
    apart: Sequence[QWidget] = (),
) -> None:
    """Give the whole application a palette and a font size; it may be called at any time.

    Args:
        app: The application.
        name: `system` follows the desktop where it says what it has, else it is light.
        font_percent: Of the desktop's font size, 80 to 200.
        apart: Parts of the window that are left behind; whoever names them styles them later.
    """
    colours = _chosen(app, name)
    if app.property(_BASE_FONT) is None:
        app.setProperty(_BASE_FONT, max(app.font().pointSizeF(), 9.0))
        app.setStyle("Fusion")
    font = QFont(app.font())
    font.setPointSizeF(float(app.property(_BASE_FONT)) * font_percent / 100)
    with left_behind(app):
        # With the old sheet in place each widget would be styled for font, palette and sheet.
        app.setStyleSheet("")
        app.setFont(font)
        app.setPalette(_palette(colours))
        if "pyqtgraph" in sys.modules:
            colour_plots()
        app.setStyleSheet(_style_sheet(colours, font.pointSizeF()))
    later = {widget for part in apart for widget in (part, *part.findChildren(QWidget))}
    for window in app.topLevelWidgets():
        if window.parentWidget() is None:
            widgets = [window, *window.findChildren(QWidget)]
            style_all([widget for widget in widgets if widget not in later])


def colour_plots() -> None:
    """Give pyqtgraph the colours of the palette that is shown, for what it draws by default."""
    import pyqtgraph

    colours = _colours_shown()
    pyqtgraph.setConfigOptions(background=colours.surface, foreground=colours.text, antialias=True)


def _chosen(app: QApplication, name: ThemeName) -> Colours:
    if name == "system":
        scheme = app.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
    return DARK if name == "dark" else LIGHT


def _palette(colours: Colours) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, colour in (
        (roles.Window, colours.window),
        (roles.WindowText, colours.text),
        (roles.Base, colours.surface),
        (roles.AlternateBase, colours.raised),
        (roles.Text, colours.text),
        (roles.PlaceholderText, colours.muted),
        (roles.Button, colours.raised),
        (roles.ButtonText, colours.text),
        (roles.BrightText, colours.bad),
        (roles.Highlight, colours.accent),
        (roles.HighlightedText, colours.on_accent),
        (roles.Link, colours.accent),
        (roles.LinkVisited, colours.accent),
        (roles.ToolTipBase, colours.raised),
        (roles.ToolTipText, colours.text),
        (roles.Light, colours.raised),
        (roles.Midlight, colours.hover),
        (roles.Mid, colours.border),
        (roles.Dark, colours.border),
        (roles.Shadow, colours.border),
        (roles.Accent, colours.accent),
    ):
        palette.setColor(role, QColor(colour))
    faint = QColor(colours.muted)
    faint.setAlphaF(0.6)
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return palette


def _style_sheet(colours: Colours, text_pt: float) -> str:
    template = Template(resource_path("themes", "base.qss").read_text("utf-8"))
    named = {
        field.name: getattr(colours, field.name)
        for field in fields(colours)
        if isinstance(getattr(colours, field.name), str)
    }
    line_px = QFontMetrics(QApplication.font()).height()
    icons = resource_path("icons").as_posix()
    mark_px = round(line_px)
    return template.substitute(
        named,
        icons=icons,
        title_pt=f"{1.5 * text_pt:.1f}",
        icon_px=round(1.1 * line_px),
        arrow_px=round(0.7 * line_px),
        mark_px=mark_px,
        round_px=mark_px // 2 + 1,
    )
