"""The log: one stream of lines from everywhere, to a file that never grows large and to the window.

Everything goes through Python's logging, so that a line from a worker thread or a library takes
the same way as one of the window's own.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.redact import redacted
from act_gui.notify import Notices

_KEPT_LINES = 2000
_FILE_BYTES = 1 << 20
_OLD_FILES = 3
logger = logging.getLogger("act")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry.

    Attributes:
        at_s: Seconds since the epoch.
        level: Of Python's logging, e.g. `logging.WARNING`.
        text: What happened; may have several lines.
    """

    at_s: float
    level: int
    text: str


class LogStore(QObject):
    """Takes every record of this program and keeps the last ones for the window.

    Args:
        path: File that is written too; None: none is.
        parent: Owner.

    Signals:
        line_added: A `LogLine`; always on the window's thread.
    """

    line_added = Signal(object)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.lines: deque[LogLine] = deque(maxlen=_KEPT_LINES)
        self._handlers: list[logging.Handler] = [_ToStore(self)]
        if path is not None:
            self._handlers += _file_handlers(path)
        # Records of other threads wait in Qt's queue until the window's thread takes them.
        self.line_added.connect(self._keep)
        root = logging.getLogger()
        for handler in self._handlers:
            handler.addFilter(_without_secrets)
            root.addHandler(handler)
        logger.setLevel(logging.INFO)

    def _keep(self, line: LogLine) -> None:
        self.lines.append(line)

    def close(self) -> None:
        """Take no more records."""
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        self._handlers.clear()


class _ToStore(logging.Handler):
    def __init__(self, store: LogStore) -> None:
        super().__init__(logging.INFO)
        self._store = store

    def emit(self, record: logging.LogRecord) -> None:
        self._store.line_added.emit(LogLine(record.created, record.levelno, record.getMessage()))


def log_error(error: ErrorRecord) -> None:
    """Write an error down with everything that is known of it."""
    parts = (f"{error.title} ({error.kind})", error.reason, error.remedy, error.detail)
    logger.error("%s", "\n".join(part for part in parts if part))


def log_notices(notices: Notices) -> None:
    """Write down what the person is told."""
    notices.error_raised.connect(log_error)
    notices.note_given.connect(_log_note)


def _log_note(text: str, level: str) -> None:
    logger.log(logging.WARNING if level == "warning" else logging.INFO, "%s", text)


def _file_handlers(path: Path) -> list[logging.Handler]:
    """A log that cannot be written must not keep the window from opening."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8"
        )
    except OSError:
        return []
    handler.setLevel(logging.INFO)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return [handler]


def _without_secrets(record: logging.LogRecord) -> bool:
    """Access tokens and passwords in addresses never reach a file or a screen."""
    text = record.getMessage()
    hidden = redacted(text)
    if hidden != text:
        record.msg, record.args = hidden, ()
    if record.exc_info:
        # Formatters take this in place of the traceback; another handler may have set it.
        record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
    return True
