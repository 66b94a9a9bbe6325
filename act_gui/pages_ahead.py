"""Pages that nobody has opened yet, made while the person rests."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QTimer

from act_gui.stages import PageName
from act_gui.window import PAGES, MainWindow

_RESTS_MS = 300
_INPUT = (
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
)


class PagesAhead(QObject):
    """Makes the pages of an open project one by one, so that a click finds them made.

    To make a page takes about as long as to show it. Each waits until the person has not touched
    the window for a moment.

    Args:
        window: On screen.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._names: Iterator[PageName] = iter(())
        self._timer = QTimer(self, interval=_RESTS_MS)
        self._timer.timeout.connect(self._on_rest)
        window.desk.opened.connect(self._on_opened)
        window.desk.closing.connect(self._timer.stop)
        window.windowHandle().installEventFilter(self)

    def end(self) -> None:
        """Make no more."""
        self._timer.stop()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if self._timer.isActive() and event.type() in _INPUT:
            self._timer.start()
        return False

    def _on_opened(self) -> None:
        self._names = iter(PAGES)
        self._timer.start()

    def _on_rest(self) -> None:
        made = {page.stage for page in self._window.parts.stack.pages()}
        name = next((name for name in self._names if name not in made), None)
        if name is None or self._window.context is None:
            self._timer.stop()
        else:
            self._window.parts.stack.make_page(name, self._window.context)
