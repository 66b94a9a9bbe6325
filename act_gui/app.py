"""The application's first steps with Qt: theme and window on screen, then all the rest.

Imported by `bootstrap` after its checks. What is imported here delays the window, so it is little;
`program` brings the rest when the window has been painted.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from act_core.settings import Settings, ThemeName, load_settings, settings_path
from act_gui.preferences import Preferences
from act_gui.window import MainWindow

_UNSEEN_MS = 1000  # a window that starts minimised is never painted


def run(project: Path | None, theme: ThemeName | None = None, fresh: bool = False) -> int:
    """Show the window until it is closed.

    Args:
        project: Folder to open.
        theme: Instead of the settings' theme, for this run.
        fresh: Leave settings and layouts aside.

    Returns:
        The exit code.
    """
    app = make_application()
    settings = Settings() if fresh else load_settings(settings_path())
    preferences = Preferences(app, settings_path(), settings, theme)
    window = MainWindow(preferences)
    program = None

    def go_on() -> None:
        nonlocal program
        if program is None:
            from act_gui.program import Program

            program = Program(window, project, fresh=fresh)

    window.first_painted.connect(go_on)
    QTimer.singleShot(_UNSEEN_MS, window, go_on)
    window.show()
    code = app.exec()
    if program is not None:
        program.end()
    return code


def make_application() -> QApplication:
    """The application with its name."""
    policy = Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    QApplication.setHighDpiScaleFactorRoundingPolicy(policy)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("act-studio")
    app.setApplicationDisplayName("ACT Studio")
    app.setDesktopFileName("act-studio")
    return app
