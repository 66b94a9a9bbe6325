"""Short questions to the Hub: each on a thread of its own, which a newer one or the end calls off.

Kept apart from `lookup`, whose threads are few and must not wait for a server.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord, record_of
from act_core.settings import HubSettings, load_settings, settings_path
from act_core.warmup import import_package

_LOOK_EVERY_MS = 15
_T = TypeVar("_T")
Tell = Callable[[Any], None]


@dataclass(slots=True, eq=False)
class _Question:
    work: Callable[[HubSettings, Tell, CancelToken], Any]
    then: Callable[[Any], object]
    failed: Callable[[ErrorRecord], object]
    told: Callable[[Any], object] | None
    token: CancelToken = field(default_factory=CancelToken)


@dataclass(frozen=True, slots=True)
class _Told:
    """Something that is said before the answer."""

    value: Any


class HubQuestions(QObject):
    """Asks the Hub as the settings say at that moment, and answers on the window's thread.

    Args:
        parent: Whoever asks; with it the questions end.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        # Of each key the newest. Threads never touch it.
        self._open: dict[str, _Question] = {}
        self._said: deque[tuple[_Question, Any]] = deque()
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._on_tick)
        questions = self._open
        self.destroyed.connect(lambda: _call_off(questions))

    def ask(
        self,
        key: str,
        work: Callable[[HubSettings, Tell, CancelToken], _T],
        then: Callable[[_T], object],
        failed: Callable[[ErrorRecord], object],
        told: Callable[[Any], object] | None = None,
    ) -> None:
        """Ask a question; a newer one with the same key takes its place.

        Args:
            key: What is asked. Of two questions with one key only the newer is answered.
            work: Runs on another thread with the way to the Hub, something that takes what is to
                be said before the answer, and a token that calls it off; it touches no widget.
            then: Is given the answer, on the window's thread.
            failed: Is given the error, likewise.
            told: Is given what is said before, likewise.
        """
        self.forget(key)
        question = self._open[key] = _Question(work, then, failed, told)
        said = self._said
        threading.Thread(
            target=lambda: _work(question, said), name=f"hub {key}", daemon=True
        ).start()
        self._timer.start()

    def is_open(self, key: str) -> bool:
        """Whether an answer is waited for."""
        return key in self._open

    def forget(self, key: str) -> None:
        """Call a question off; nobody wants the answer any more."""
        question = self._open.pop(key, None)
        if question is not None:
            question.token.cancel()

    def _on_tick(self) -> None:
        while self._said:
            question, answer = self._said.popleft()
            key = next((key for key, one in self._open.items() if one is question), None)
            if key is None:
                continue
            if isinstance(answer, _Told):
                if question.told is not None:
                    question.told(answer.value)
                continue
            del self._open[key]
            if isinstance(answer, ErrorRecord):
                question.failed(answer)
            else:
                question.then(answer)
        if not self._open:
            self._timer.stop()


def _work(question: _Question, said: deque[tuple[_Question, Any]]) -> None:
    try:
        import_package()
        settings = load_settings(settings_path()).hub
        answer = question.work(
            settings, lambda value: said.append((question, _Told(value))), question.token
        )
    except BaseException as problem:  # noqa: BLE001 - an error is an answer too
        answer = record_of(problem)
    said.append((question, answer))


def _call_off(questions: dict[str, _Question]) -> None:
    for question in questions.values():
        question.token.cancel()
    questions.clear()
