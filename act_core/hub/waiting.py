"""Calls of the Hub: tried again while it is out of reach, and left alone after a cancel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import TypeVar

from act_core.cancel import CancelToken
from act_core.errors import HubUnreachableError
from act_core.events import EventSink, Note

T = TypeVar("T")
FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_POLL_S = 0.1


def asked(call: Callable[[], T], emit: EventSink, token: CancelToken) -> T:
    """What a call returns: `attended` on each try, and tried again `patiently`.

    Raises:
        HubUnreachableError: Still out of reach.
        CancelledByPersonError: Cancelled.
        Exception: Whatever the call raises.
    """
    return patiently(lambda: attended(call, token), emit, token)


def patiently(
    call: Callable[[], T], emit: EventSink, token: CancelToken, tries: int | None = 4
) -> T:
    """What a call returns, tried again while the Hub is out of reach.

    Args:
        call: Safe to repeat.
        emit: A note for every wait.
        token: Polled while waiting.
        tries: At most so many; None: until it succeeds or is cancelled.

    Raises:
        HubUnreachableError: Still out of reach.
        CancelledByPersonError: Cancelled.
    """
    tried = 0
    while True:
        tried += 1
        token.raise_if_cancelled()
        try:
            return call()
        except HubUnreachableError as error:
            if tried == tries:
                raise
            own_s = min(_LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tried - 1))
            wait_s = own_s if error.wait_s is None else error.wait_s
            emit(Note(f"{error.reason} Next try in {wait_s:.0f} s.", "warning"))
            wait(wait_s, token)


def wait(seconds: float, token: CancelToken) -> None:
    """Wait, unless cancelled.

    Raises:
        CancelledByPersonError: Cancelled.
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        token.raise_if_cancelled()
        time.sleep(min(_POLL_S, left))


def attended(call: Callable[[], T], token: CancelToken) -> T:
    """What a call returns, made on a thread of its own so that a cancel need not wait for a server.

    Args:
        call: After a cancel it is left alone; it should end itself by the token as soon as it can.
        token: Polled.

    Raises:
        CancelledByPersonError: Cancelled.
        Exception: Whatever the call raises.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=work, name="act-hub", daemon=True).start()
    return result_of(future, token)


def result_of(future: Future[T], token: CancelToken) -> T:
    """What a call on another thread returns.

    Raises:
        CancelledByPersonError: Cancelled, however long it still takes.
        Exception: Whatever the call raises.
    """
    while not wait_for((future,), _POLL_S).done:
        token.raise_if_cancelled()
    return future.result()
