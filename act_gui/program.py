"""What runs around the window from its first paint to its end: errors, log, signals, clean-up."""

from __future__ import annotations

import importlib
import signal
import socket
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from act_core.settings import home_folder
from act_gui.crash import CrashReports, Hooks, crash_note
from act_gui.gc_timer import GarbageTimer
from act_gui.icons import icon
from act_gui.jobs.preload import HeavyImports
from act_gui.log import LogStore, log_notices
from act_gui.notify import Notices
from act_gui.pages_ahead import PagesAhead
from act_gui.window import PAGES, MainWindow

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Program:
    """Fills the window and looks after it.

    Args:
        window: Already on screen.
        project: Folder to open.
        fresh: Leave layouts of projects aside.
    """

    def __init__(self, window: MainWindow, project: Path | None, *, fresh: bool = False) -> None:
        home = home_folder()
        self._reports = CrashReports(home / "crash")
        self._hooks = Hooks()
        self._hooks.install()
        self._notices = Notices()
        self._log = LogStore(home / "log" / "act.log")
        log_notices(self._notices)
        self._hooks.caught.connect(self._notices.error)
        self._garbage = GarbageTimer()
        self._signals = Signals(window)
        QApplication.setWindowIcon(icon("app"))
        window.fill(self._notices, self._log, fresh=fresh)
        self._warmup = Warmup(window, self._notices)
        self._ahead = PagesAhead(window)
        if project is not None:
            window.desk.open(project.absolute())
        if self._reports.earlier is not None:
            self._notices.error(crash_note(self._reports.earlier))

    def end(self) -> None:
        """The window is closed."""
        self._warmup.end()
        self._ahead.end()
        self._garbage.stop()
        self._signals.close()
        self._hooks.remove()
        self._log.close()
        self._reports.close()


class Warmup(QObject):
    """Imports what the first project needs, so that no click waits for it.

    Parts of the window come step by step on its own thread, because they make objects of Qt; the
    heavy libraries follow on another.
    """

    def __init__(self, window: MainWindow, notices: Notices) -> None:
        super().__init__(window)
        self._heavy = HeavyImports(self)
        self._heavy.announced.connect(window.parts.activity.setText)
        self._heavy.failed.connect(notices.error)
        self._steps = iter(
            ("act_gui.session", "act_gui.maps", *(name for name, _ in PAGES.values()))
        )
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._on_step)
        self._timer.start()

    def end(self) -> None:
        """Wait for an import that goes on."""
        self._timer.stop()
        self._heavy.wait()

    def _on_step(self) -> None:
        name = next(self._steps, None)
        if name is None:
            self._timer.stop()
            self._heavy.start()
        else:
            importlib.import_module(name)


class Signals(QObject):
    """Ctrl-C and a polite kill close the window as its close button does.

    Python runs its signal handlers between two steps of Python code, of which Qt's event loop does
    none; the byte that Python writes to a socket at a signal wakes it.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._before = signal.set_wakeup_fd(self._writer.fileno())
        kind = QSocketNotifier.Type.Read
        self._notifier = QSocketNotifier(self._reader.fileno(), kind, self)
        self._notifier.activated.connect(self._on_byte)
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def close(self) -> None:
        """Let the system's handlers work again."""
        signal.set_wakeup_fd(self._before)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _on_byte(self) -> None:
        self._reader.recv(64)

    def _on_signal(self, _number: int, _frame: object) -> None:
        QTimer.singleShot(0, self._window, self._window.close)
