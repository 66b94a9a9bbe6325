"""Ctrl-C as a wish that the work hears."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from act_core.cancel import CancelToken
from act_core.cli.screen import say_aside

_STOPS = (
    "The tuning stops after this step, and the best so far is kept. Ctrl-C again cancels everything"
    ", to go on from the last check another time."
)


@contextmanager
def cancellable() -> Iterator[CancelToken]:
    """Ctrl-C asks the work to stop at its next border; a second one stops at once.

    While a tuning is under way, the first one only asks it to stop and keep the best so far.
    """
    token = CancelToken()
    before = signal.getsignal(signal.SIGINT)

    def ask(_number: int, _frame: FrameType | None) -> None:
        if token.tuning and not token.keeps_best:
            token.keep_best()
            say_aside(_STOPS)
            return
        token.cancel()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield token
    finally:
        signal.signal(signal.SIGINT, before)
