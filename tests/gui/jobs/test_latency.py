"""The window goes on while a profile computes: gaps between ticks of its event loop."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer
from pytestqt.qtbot import QtBot

from act_core.recipe import Recipe
from act_gui.jobs.manager import JobManager
from act_gui.jobs.panel import JobPanel
from act_gui.jobs.spec import JobSpec

_TICK_MS = 5
# The aim is 50 ms at most (benchmarks/window_latency.py). A machine that runs other things beside
# the tests takes the processor away for longer, so of a gap only what this process worked in it
# counts; waiting without work (for a disk, a lock) has the last, wide limit.
_MOST_P99_MS = 50.0
_MOST_MAX_MS = 200.0
_MOST_WAITED_MS = 2000.0


@pytest.fixture
def gaps_ms(qapp: QObject) -> Callable[[], NDArray[np.float64]]:
    """Starts to tick; the function ends that and gives `[gaps, 2]`: passed and worked time."""
    gc.collect()
    gc.freeze()  # what earlier tests left would be walked by every collection
    times = [(time.perf_counter(), time.process_time())]

    def tick() -> None:
        times.append((time.perf_counter(), time.process_time()))

    timer = QTimer(qapp, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()

    def stop() -> NDArray[np.float64]:
        timer.stop()
        timer.deleteLater()
        return 1000 * np.diff(np.array(times), axis=0)

    return stop


def test_the_window_goes_on_while_the_demo_profiles(
    qtbot: QtBot,
    manager: JobManager,
    demo: Recipe,
    gaps_ms: Callable[[], NDArray[np.float64]],
) -> None:
    panel = JobPanel(manager)
    qtbot.addWidget(panel)
    panel.show()

    with qtbot.waitSignal(manager.finished, timeout=60_000):
        manager.submit(JobSpec("profile", "Profile", "cpu", demo))

    gaps = gaps_ms()
    blocked = gaps.min(axis=1)
    p99, most, waited = float(np.percentile(blocked, 99)), float(blocked.max()), float(gaps.max())
    assert len(gaps) > 50
    assert p99 < _MOST_P99_MS, f"p99 {p99:.1f} ms"
    assert most < _MOST_MAX_MS, f"max {most:.1f} ms"
    assert waited < _MOST_WAITED_MS, f"waited {waited:.1f} ms"
