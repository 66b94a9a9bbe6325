"""The person's settings while the program runs: changed in one place, shown and saved at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from act_core.errors import ActError
from act_core.settings import (
    FONT_PERCENT_RANGE,
    Settings,
    ThemeName,
    load_settings,
    save_settings,
)
from act_gui.theme import apply_theme

_FONT_STEP_PERCENT = 10


class Preferences(QObject):
    """Settings with their effect on the application.

    Args:
        app: Gets the theme and the font size.
        path: Of the settings' file.
        settings: What to begin with; by default what the file holds.
        theme: Shown instead of the settings' theme until the person chooses one.
        parent: Owner.

    Attributes:
        apart: Gives the parts of the window that style themselves after `styled`.

    Signals:
        changed: A setting is another.
        styled: The application has another look.
        save_failed: The file could not be written: an `ActError`.
    """

    changed = Signal()
    styled = Signal()
    save_failed = Signal(object)

    def __init__(
        self,
        app: QApplication,
        path: Path,
        settings: Settings | None = None,
        theme: ThemeName | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._app = app
        self._path = path
        self._settings = load_settings(path) if settings is None else settings
        self._theme = theme
        self.apart: Callable[[], Sequence[QWidget]] = tuple
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)

    @property
    def settings(self) -> Settings:
        """As they are now."""
        return self._settings

    def change(self, **changes: Any) -> None:
        """Set some fields, e.g. `change(theme="dark")`."""
        overruled = "theme" in changes and self._theme is not None
        if overruled:
            self._theme = None
        self.replace(replace(self._settings, **changes))
        if overruled:
            self._apply()
            self.changed.emit()

    def replace(self, settings: Settings) -> None:
        """Take other settings."""
        before, self._settings = self._settings, settings
        if settings == before:
            return
        look = (settings.theme, settings.font_percent)
        if look != (before.theme, before.font_percent):
            self._apply()
        self.changed.emit()
        try:
            save_settings(settings, self._path)
        except ActError as error:
            self.save_failed.emit(error)

    def step_font(self, steps: int) -> None:
        """Make the writing bigger or smaller; 0 steps give the desktop's size."""
        least, most = FONT_PERCENT_RANGE
        wanted = self._settings.font_percent + steps * _FONT_STEP_PERCENT if steps else 100
        self.change(font_percent=max(least, min(most, wanted)))

    @property
    def theme(self) -> ThemeName:
        """The theme that is shown."""
        return self._theme or self._settings.theme

    def _apply(self) -> None:
        apply_theme(self._app, self.theme, self._settings.font_percent, self.apart())
        self.styled.emit()

    def _on_scheme_changed(self) -> None:
        if self.theme == "system":
            self._apply()
