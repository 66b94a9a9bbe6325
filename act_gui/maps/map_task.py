"""One piece of work beside the window's thread, for maps: a table, a ranking, a file.

Maps know no project, so they cannot ask its lookups; and a map that is closed while a file is being
written must neither wait for it nor break it off.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QThread, Signal

from act_core.errors import ErrorRecord, record_of

_running: set[MapTask] = set()  # a thread must not be collected while it runs


class MapTask(QThread):
    """Runs a function of values that nobody changes meanwhile.

    Signals:
        succeeded: What it returned.
        failed: An `ErrorRecord`.
    """

    succeeded = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        try:
            answer = self._work()
        except Exception as error:  # noqa: BLE001 - an error is an answer too
            self.failed.emit(record_of(error))
        else:
            self.succeeded.emit(answer)


def start_task(
    work: Callable[[], Any],
    then: Callable[[Any], object],
    failed: Callable[[ErrorRecord], object],
) -> None:
    """Run `work` in a thread of its own and hand its result on in the window's thread.

    Args:
        work: Runs in the thread; touches no widget.
        then: Method of a widget that is given the result; not called once the widget is gone.
        failed: The same for an error.
    """
    task = MapTask(work)
    _running.add(task)
    task.succeeded.connect(then)
    task.failed.connect(failed)
    task.finished.connect(_on_finished)
    app = QCoreApplication.instance()
    if app is not None:
        app.aboutToQuit.connect(task.wait)
    task.start()


def start_writing(
    path: Path,
    write: Callable[[], None],
    written: Callable[[Path], object],
    failed: Callable[[ErrorRecord], object],
) -> None:
    """Write a file in a thread of its own: numbers take long, and a disk may be slow.

    Args:
        path: What `written` is given.
        write: Runs in the thread; touches no widget.
        written, failed: As for `start_task`.
    """

    def work() -> Path:
        write()
        return path

    start_task(work, written, failed)


def _on_finished() -> None:
    for task in [task for task in _running if task.isFinished()]:
        _running.discard(task)
        task.deleteLater()
