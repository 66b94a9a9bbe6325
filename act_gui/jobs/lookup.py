"""Short questions in the background that are no jobs: describe a model, check a pair, plan."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord, record_of
from act_core.warmup import import_package
from act_gui.text import tr

_THREADS = 2
_LOOK_EVERY_MS = 15
_PATIENCE_S = 0.4
_TURN_S = 0.01  # answers that come together are given in several turns where they take longer
_T = TypeVar("_T")


@dataclass(slots=True, eq=False)
class _Question:
    key: str
    number: int
    work: Callable[[], Any]
    then: Callable[[Any], object]
    failed: Callable[[ErrorRecord], object]
    token: CancelToken | None = None
    asked_at: float = field(default_factory=time.monotonic)


class Lookups(QObject):
    """Asks on two threads and answers on the window's.

    Signals:
        busy_changed: What to say while a question takes longer than a moment; empty: nothing.
    """

    busy_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookup")
        self._numbers = itertools.count()
        # The newest question of each key. Threads only read it.
        self._open: dict[str, _Question] = {}
        self._answers: deque[tuple[_Question, Any, ErrorRecord | None]] = deque()
        self._said = ""
        self._closed = False
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._on_tick)

    def ask(
        self,
        key: str,
        work: Callable[[], _T],
        then: Callable[[_T], object],
        failed: Callable[[ErrorRecord], object],
        token: CancelToken | None = None,
    ) -> None:
        """Ask a question; a newer one with the same key takes its place.

        Args:
            key: What is asked. Of two questions with one key only the newer is answered.
            work: Runs on another thread, so it may only touch frozen values and no widget.
            then: Is given the answer, on the window's thread.
            failed: Is given the error, likewise.
            token: Cancelled once nobody wants the answer any more.
        """
        if self._closed:
            return
        question = _Question(key, next(self._numbers), work, then, failed, token)
        self.forget(key)
        self._open[key] = question
        self._pool.submit(self._work, question)
        self._timer.start()

    def forget(self, key: str) -> None:
        """Drop a question; nobody wants the answer any more."""
        question = self._open.pop(key, None)
        if question is not None and question.token is not None:
            question.token.cancel()

    def shutdown(self) -> None:
        """Drop all questions and wait for the threads."""
        self._closed = True
        for key in tuple(self._open):
            self.forget(key)
        self._timer.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._answers.clear()
        self._say("")

    def _work(self, question: _Question) -> None:
        if not self._is_newest(question):
            return
        try:
            import_package()
            answer, error = question.work(), None
        except BaseException as problem:  # noqa: BLE001 - an error is an answer too
            answer, error = None, record_of(problem)
        self._answers.append((question, answer, error))

    def _is_newest(self, question: _Question) -> bool:
        newest = self._open.get(question.key)
        return newest is not None and newest.number == question.number

    def _on_tick(self) -> None:
        begun = time.monotonic()
        while self._answers and time.monotonic() - begun < _TURN_S:
            question, answer, error = self._answers.popleft()
            if not self._is_newest(question):
                continue
            del self._open[question.key]
            if error is not None:
                _call(question.failed, error)
            else:
                _call(question.then, answer)
        if not self._open:
            self._timer.stop()
        now = time.monotonic()
        slow = any(now - question.asked_at > _PATIENCE_S for question in self._open.values())
        self._say(tr("Reading…") if slow else "")

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self.busy_changed.emit(text)


def _call(listener: Callable[[Any], object], value: object) -> None:
    """Tell a listener, unless it is a method of a widget that is gone."""
    owner = getattr(listener, "__self__", None)
    if not isinstance(owner, QObject) or shiboken6.isValid(owner):
        listener(value)
