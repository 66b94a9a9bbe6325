"""Ctrl-C as a wish that the work hears."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from act_core.events import CancelToken


@contextmanager
def cancellable() -> Iterator[CancelToken]:
    """Ctrl-C asks the work to stop at its next border; a second one stops at once."""
    token = CancelToken()
    before = signal.getsignal(signal.SIGINT)

    def ask(_number: int, _frame: FrameType | None) -> None:
        token.cancel()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield token
    finally:
        signal.signal(signal.SIGINT, before)
