"""A question in the background that is asked again only when what it depends on has changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_gui.jobs.lookup import Lookups


class AskOnce(QObject):
    """Asks, and tells the answer.

    Args:
        lookups: Asks on other threads.
        key: What is asked, as `Lookups.ask`.

    Signals:
        found: The answer.
        failed: Why there is none: an `ErrorRecord`.
    """

    found = Signal(object)
    failed = Signal(object)

    def __init__(self, lookups: Lookups, key: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._key = key
        self._asked: object = None

    def forget(self) -> None:
        """The answer may be another now."""
        self._asked = None

    def ask(self, depends: object, work: Callable[[CancelToken], object]) -> None:
        """Ask, unless that is the last question.

        Args:
            depends: What the answer depends on, not None.
            work: Runs on another thread, so it may only touch frozen values and no widget; its
                token is cancelled once nobody wants the answer any more.
        """
        if depends == self._asked:
            return
        self._asked = depends
        token = CancelToken()
        self._lookups.ask(self._key, lambda: work(token), self._on_found, self._on_failed, token)

    def _on_found(self, answer: object) -> None:
        self.found.emit(answer)

    def _on_failed(self, error: ErrorRecord) -> None:
        self.failed.emit(error)
