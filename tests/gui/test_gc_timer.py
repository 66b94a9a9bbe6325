"""Garbage is collected on the window's thread, and by Python again at the end."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from pytestqt.qtbot import QtBot

from act_gui.gc_timer import GarbageTimer


class Ring:
    """Refers to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_is_collected_here_and_nowhere_else(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("act_gui.gc_timer._EVERY_MS", 10)
    freed_on: list[str] = []
    timer = GarbageTimer()
    try:
        assert not gc.isenabled()
        ring = Ring()
        weakref.finalize(ring, lambda: freed_on.append(threading.current_thread().name))
        del ring
        worker = threading.Thread(target=lambda: [Ring() for _number in range(5000)])
        worker.start()
        worker.join()
        assert freed_on == []
        qtbot.waitUntil(lambda: freed_on == [threading.main_thread().name])
    finally:
        timer.stop()
    assert gc.isenabled()
