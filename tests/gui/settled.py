"""A window at rest: a picture of it shows what a person looks at, not what is on its way."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from act_gui.jobs.network import HubQuestions
from act_gui.maps import map_task
from act_gui.window import MainWindow

_QUIET_S = 0.1
_QUIET_TURNS = 5  # of the event loop: with a busy machine little happens in a tenth of a second
_MOST_S = 60.0
_DUE_SOON_MS = 1000  # later a note goes and a model is laid aside: nobody waits for these


def settle(window: MainWindow) -> None:
    """Wait until nothing is asked, computed or due, and for a moment nothing but timers happens.

    Raises:
        AssertionError: That never comes.
    """
    events = _Events()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.installEventFilter(events)
    until = time.monotonic() + _MOST_S
    since, turns = time.monotonic(), 0
    while turns < _QUIET_TURNS or time.monotonic() < since + _QUIET_S:
        assert time.monotonic() < until, "the window does not come to rest"
        before = events.count
        app.processEvents()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        turns += 1
        if events.count != before or _is_busy(window):
            since, turns = time.monotonic(), 0
        time.sleep(0.01)
    app.removeEventFilter(events)


def _is_busy(window: MainWindow) -> bool:
    """Whether a question, a map's thread or a timer will still change what is shown."""
    if map_task._running or (window.context is not None and window.context.lookups._open):
        return True
    questions = window.findChildren(HubQuestions)
    if window.context is not None:
        questions.append(window.context.hub)
    if any(one._open for one in questions):
        return True
    timers = (t for t in window.findChildren(QTimer) if t.isActive() and t.isSingleShot())
    return any(timer.interval() <= _DUE_SOON_MS for timer in timers)


class _Events(QObject):
    """Counts what happens, but for the ticks of timers."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() != QEvent.Type.Timer
        return False
