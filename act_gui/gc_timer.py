"""Python's garbage collection on the window's thread only.

Objects of Qt that belong to the window must not be destroyed by a collection that happens to run
in a worker thread (pyqtgraph's `util.garbage_collector` does the same).
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 1000


class GarbageTimer(QObject):
    """Collects when Python would have, but here.

    Args:
        parent: Owner; when it ends, `stop` must have been called.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threshold = gc.get_threshold()
        gc.disable()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._on_due)
        self._timer.start()

    def stop(self) -> None:
        """Give collection back to Python."""
        self._timer.stop()
        gc.enable()

    def _on_due(self) -> None:
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > self._threshold[generation]:
                gc.collect(generation)
                return
