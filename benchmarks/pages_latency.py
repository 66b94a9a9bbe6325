"""How long the window's thread works without a pause while pages are shown and the theme changes.

    python benchmarks/pages_latency.py [--rounds N] [--only NAME ...]

A finished demo project is made and opened; the window makes its pages while nobody works; every
page is shown for the first time and then again; theme and writing are changed; the project is
closed. It is opened anew for some pages, each shown before the window has made it. A timer of 5 ms
notes how much processor time the window's thread took since its last tick, so a busy machine does
not count. Printed are the longest stretches in ms: the first in the process, then the median of the
further rounds, in which everything is imported. The limit is 50 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from act_core.environment import prepare_environment

prepare_environment()

from PySide6.QtCore import QEventLoop, Qt, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from act_core.settings import Settings  # noqa: E402
from act_core.warmup import import_heavy  # noqa: E402
from act_gui.app import make_application  # noqa: E402
from act_gui.preferences import Preferences  # noqa: E402
from act_gui.program import Program  # noqa: E402
from act_gui.window import PAGES, MainWindow  # noqa: E402
from tests.gui.analysed import drawn_analysis  # noqa: E402
from tests.gui.finished import drawn_gates, drawn_tuning, finished_demo  # noqa: E402

LIMIT_MS = 50.0
TICK_MS = 5
_AHEAD = "pages made ahead"
SETTLES_MS = 1500  # answers of lookups and what is postponed come in this time
_UNMADE = ("abilities", "localize", "gates", "evaluate")
_AT_ONCE_MS = 150  # twice this is over before the window makes the first page ahead

Steps = dict[str, Callable[[], object]]


def longest_ms(action: Callable[[], object], settles_ms: int = SETTLES_MS) -> float:
    """The longest processor time between two ticks while an action and what follows go on."""
    loop = QEventLoop()
    times: list[float] = []
    timer = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: times.append(time.thread_time()))
    timer.start()
    QTimer.singleShot(10 * TICK_MS, action)
    QTimer.singleShot(settles_ms, loop.quit)
    loop.exec()
    timer.stop()
    return 1000 * max(after - before for before, after in pairwise(times))


def steps_of(window: MainWindow, project: Path) -> Steps:
    """What a person does, in this order, by a name."""
    change = window.preferences.change
    return {
        "open": partial(window.desk.open, project),
        _AHEAD: lambda: None,
        **{f"first {page}": partial(window.show_page, page) for page in PAGES},
        **{f"again {page}": partial(window.show_page, page) for page in PAGES},
        "dark": partial(change, theme="dark"),
        "light": partial(change, theme="light"),
        "writing 110 %": partial(change, font_percent=110),
        "writing 100 %": partial(change, font_percent=100),
        "page after theme": partial(window.show_page, "models"),
        "close": window.desk.close,
    }


def unmade_ms(window: MainWindow, project: Path, page: str) -> float:
    """The longest time for a page that is shown right after opening."""
    longest_ms(partial(window.desk.open, project), _AT_ONCE_MS)
    time_ms = longest_ms(partial(window.show_page, page), _AT_ONCE_MS)
    longest_ms(partial(window.show_page, "models"))
    longest_ms(window.desk.close)
    return time_ms


def make_project(folder: Path) -> None:
    """A project in which every page has something to show."""
    finished_demo(folder, "run", rounds=3)
    drawn_gates(folder)
    drawn_tuning(folder)
    drawn_analysis(folder)


def show(name: str, times_ms: list[float]) -> None:
    """Print a line: first time, and the median of the others."""
    first, *others = times_ms
    later = statistics.median(others) if others else first
    mark = "  above" if max(first, later) > LIMIT_MS else ""
    print(f"{name:<18} first {first:6.1f} ms   later {later:6.1f} ms{mark}", flush=True)


def main() -> None:
    """Measure all steps, round by round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=(), help="beginnings of steps' names")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["ACT_HOME"] = str(home / "home")
        app = make_application()
        make_project(home / "project")
        window = MainWindow(Preferences(app, home / "settings.json", Settings(theme="light")))
        window.show()
        program = Program(window, None)
        import_heavy()
        longest_ms(lambda: None, 4 * SETTLES_MS)  # the pages are imported meanwhile
        steps = steps_of(window, home / "project")
        unmade = [f"unmade {page}" for page in _UNMADE]
        times: dict[str, list[float]] = {name: [] for name in (*steps, *unmade)}
        for _ in range(arguments.rounds):
            for name, action in steps.items():
                settles_ms = 4 * SETTLES_MS if name == _AHEAD else SETTLES_MS
                times[name].append(longest_ms(action, settles_ms))
            for name, page in zip(unmade, _UNMADE, strict=True):
                times[name].append(unmade_ms(window, home / "project", page))
        for name, one in times.items():
            if not arguments.only or name.startswith(tuple(arguments.only)):
                show(name, one)
        window.close()
        program.end()
    QApplication.quit()


if __name__ == "__main__":
    main()
