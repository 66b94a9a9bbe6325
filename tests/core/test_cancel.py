"""A wish to stop is heard while other threads hold what is waited for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError


def test_a_cancel_ends_the_wait_for_a_lock_and_leaves_it_to_its_holder() -> None:
    lock, token, held = threading.Lock(), CancelToken(), []

    def work() -> None:
        with token.holding(lock):
            held.append(True)

    with ThreadPoolExecutor(1) as pool:
        with CancelToken().holding(lock):
            waiting = pool.submit(work)
            token.cancel()
            with pytest.raises(CancelledByPersonError):
                waiting.result(timeout=30)
            assert lock.locked()
        assert not lock.locked()
    assert held == []
