"""PyTorch and transformers, imported in the background once the window is shown."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QTimer, Signal

from act_core.errors import ErrorRecord, record_of
from act_core.warmup import import_heavy
from act_gui.text import tr

_LOOK_EVERY_MS = 100


class HeavyImports(QObject):
    """Imports early, so that the first job and the first model need not wait.

    Signals:
        announced: What to say meanwhile; empty: nothing any more.
        ready: Everything is imported.
        failed: An `ErrorRecord`: an installation is damaged.
    """

    announced = Signal(str)
    ready = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._error: ErrorRecord | None = None
        self._thread = threading.Thread(target=self._work, name="heavy imports", daemon=True)
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        """Begin; call it once, after the window is shown."""
        self.announced.emit(tr("Loading PyTorch…"))
        self._thread.start()
        self._timer.start()

    def wait(self) -> None:
        """Wait for the end, as the program's end must."""
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        try:
            import_heavy()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the window hears of it
            self._error = record_of(error)

    def _on_tick(self) -> None:
        if self._thread.is_alive():
            return
        self._timer.stop()
        self.announced.emit("")
        if self._error is None:
            self.ready.emit()
        else:
            self.failed.emit(self._error)
