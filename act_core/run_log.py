"""events.jsonl: what happened in a run and when; and one process at a time works in its folder."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from act_core.errors import OutputError, output_error, record_of
from act_core.events import Event, EventSink, Failed, MapRows
from act_core.runs import LOG_NAME, RunFolder

_claims: dict[Path, tuple[int, TextIO]] = {}  # how often this process works in a folder
_claiming = threading.Lock()


class EventLog:
    """Writes events to events.jsonl and hands them on. Map rows are too large for a log.

    Args:
        path: The log; it is appended to.
        emit: Who else listens.
    """

    def __init__(self, path: Path, emit: EventSink) -> None:
        self._path, self._emit = path, emit
        try:
            self._stream: TextIO = path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise output_error(error, path) from error

    def __call__(self, event: Event) -> None:
        """Take one event.

        Raises:
            OutputError: It cannot be written.
        """
        self._emit(event)
        if isinstance(event, MapRows):
            return
        try:
            self._stream.write(event_line(event, time.time()) + "\n")
            self._stream.flush()
        except OSError as error:
            raise output_error(error, self._path) from error

    def close(self) -> None:
        """Close the log; what could not be written has been told."""
        with suppress(OSError):
            self._stream.close()


@contextmanager
def logged(folder: RunFolder, stage: str, emit: EventSink) -> Iterator[EventSink]:
    """A sink that also writes to the run's events.jsonl; an error that passes is logged too.

    The run's folder is made here. One process at a time works in it; what lies there under the
    names of a run's files is a run's.

    Raises:
        OutputError: The folder cannot be made or belongs to something else, another process works
            in it, or the log cannot be written.
    """
    folder.refuse_strangers()
    folder.make()
    with _claimed(folder.path.resolve()):
        yield from _logged(folder, stage, emit)


def _logged(folder: RunFolder, stage: str, emit: EventSink) -> Iterator[EventSink]:
    log = EventLog(folder.path / LOG_NAME, emit)
    try:
        yield log
    except BaseException as error:
        with suppress(OSError, OutputError):  # a full disk must not hide what came before
            log(Failed(stage, record_of(error)))
        raise
    finally:
        log.close()


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run folder; jobs of this one share it.

    Raises:
        OutputError: Another process works in it, or its log cannot be opened.
    """
    with _claiming:
        number, stream = _claims.get(folder) or (0, _locked(folder / LOG_NAME))
        _claims[folder] = (number + 1, stream)
    try:
        yield
    finally:
        with _claiming:
            number, stream = _claims.pop(folder)
            if number > 1:
                _claims[folder] = (number - 1, stream)
            else:
                stream.close()


def _locked(path: Path) -> TextIO:
    """An open file that no other process has locked; Windows has no such locks."""
    try:
        stream = path.open("a", encoding="utf-8")
    except OSError as error:
        raise output_error(error, path) from error
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.close()
            raise OutputError(
                f"Another process works in the run folder {path.parent}.",
                remedy="Wait for it, or choose another run folder.",
            ) from error
        except OSError:  # not every file system can lock
            pass
    return stream


def event_line(event: Event, time_s: float | None = None) -> str:
    """An event as one line of JSON; map rows keep their place and size, not their values."""
    if isinstance(event, MapRows):
        fields: dict[str, Any] = {
            "rows": [
                {
                    "specialist": row.specialist,
                    "ability": row.ability,
                    "statistic": row.statistic,
                    "layer": row.layer,
                    "kind": row.kind,
                    "channels": len(row.values),
                    "max": float(row.values.max()),
                    "mean": float(row.values.mean()),
                }
                for row in event.rows
            ]
        }
    else:
        fields = dataclasses.asdict(event)
    stamp = {} if time_s is None else {"time_s": round(time_s, 3)}
    return json.dumps({"event": type(event).__name__, **stamp, **fields}, ensure_ascii=False)
