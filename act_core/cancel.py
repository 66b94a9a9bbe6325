"""How whoever started long work asks it to stop (design.md, section 5, "Jobs")."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from act_core.errors import CancelledByPersonError

_POLL_S = 0.1


class CancelToken:
    """Set from one thread, polled by the work in another at batch and tensor borders.

    A tuning can also be asked to stop and keep the best so far; what follows it goes on.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._stop = threading.Event()
        self._tuning = False

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def keep_best(self) -> None:
        """Ask the tuning under way to stop after its step and keep the best so far."""
        if self.tuning:
            self._stop.set()

    @property
    def tuning(self) -> bool:
        """Whether a tuning is under way that `keep_best` would stop."""
        return self._tuning

    @property
    def keeps_best(self) -> bool:
        """Whether `keep_best` was called and the tuning has not ended yet."""
        return self._stop.is_set()

    @contextmanager
    def tunes(self) -> Iterator[None]:
        """Within the block, `keep_best` is heard; at its end the wish is forgotten."""
        self._tuning = True
        try:
            yield
        finally:
            self._tuning = False
            self._stop.clear()

    @contextmanager
    def holding(self, lock: threading.Lock) -> Iterator[None]:
        """Within the block, hold a lock; a cancel ends the wait for it.

        Raises:
            CancelledByPersonError: After `cancel`, while another thread holds it.
        """
        while not lock.acquire(timeout=_POLL_S):
            self.raise_if_cancelled()
        try:
            yield
        finally:
            lock.release()

    def raise_if_cancelled(self) -> None:
        """Unwind the work.

        Raises:
            CancelledByPersonError: After `cancel`.
        """
        if self._event.is_set():
            raise CancelledByPersonError
