"""Nothing is lost and nobody sees a bare traceback: hooks for errors, and a file for crashes."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import threading
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from act_core.errors import ErrorRecord, record_of
from act_gui.log import logger
from act_gui.text import tr

_KEPT_REPORTS = 5
# What Qt says about the platform and not about this program.
_HARMLESS = ("propagateSizeHints",)


class CrashReports:
    """Files of `folder`, one a run: a run that ends cleanly leaves none.

    Args:
        folder: Where; made if absent.

    Attributes:
        earlier: Report of a run that crashed, the newest; None: there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.earlier: Path | None = None
        self._file = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.earlier = self._find_earlier(folder)
            self._path = folder / f"fault-{os.getpid()}.log"
            self._file = self._path.open("w", encoding="utf-8")
        except OSError:
            return
        faulthandler.enable(self._file)

    def close(self) -> None:
        """The run ends cleanly."""
        if self._file is None:
            return
        faulthandler.disable()
        self._file.close()
        self._file = None
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _find_earlier(self, folder: Path) -> Path | None:
        """A report with a text is a crash's; it is set aside so that it is offered once.

        An empty one is of a run that was killed, or of one that still goes on.
        """
        found: list[Path] = []
        for path in folder.glob("fault-*.log"):
            if path.stat().st_size:
                found.append(path.rename(path.with_name(path.name.replace("fault-", "crash-"))))
            elif not _is_alive(path.stem.removeprefix("fault-")):
                path.unlink()
        for old in sorted(folder.glob("crash-*.log"), key=_changed_s)[:-_KEPT_REPORTS]:
            old.unlink()
        return max(found, key=_changed_s, default=None)


class Hooks(QObject):
    """Errors that nobody caught, from every thread, and what Qt complains about.

    Signals:
        caught: An `ErrorRecord`; always on the window's thread.
    """

    caught = Signal(object)

    def install(self) -> None:
        """Take the place of Python's and Qt's own printing."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        sys.unraisablehook = self._on_unraisable
        qInstallMessageHandler(_log_qt)

    def remove(self) -> None:
        """Give their places back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        sys.unraisablehook = sys.__unraisablehook__
        qInstallMessageHandler(None)

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        self.caught.emit(record_of(error.with_traceback(trace)))

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.caught.emit(record_of(arguments.exc_value))

    def _on_unraisable(self, arguments: sys.UnraisableHookArgs) -> None:
        if arguments.exc_value is not None:
            logger.warning("%s", record_of(arguments.exc_value).detail)


def crash_note(report: Path) -> ErrorRecord:
    """What is said at the start after a crash."""
    try:
        detail = report.read_text("utf-8", errors="replace")
    except OSError:
        detail = ""
    return ErrorRecord(
        kind="Crash",
        title=tr("The last run ended in a crash"),
        reason=tr("Your projects were saved as they changed; unfinished jobs come back paused."),
        remedy=tr("Please report it with the details below, which lie in {path}.", path=report),
        detail=detail,
    )


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    if any(word in message for word in _HARMLESS):
        return
    write = logger.info if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) else logger.warning
    write("Qt: %s", message)


def _is_alive(process: str) -> bool:
    """Whether a process of that number runs; a doubtful one does."""
    if not process.isdigit():
        return False
    if sys.platform == "win32":
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _changed_s(path: Path) -> float:
    return path.stat().st_mtime
