"""Time from the start of the process to the first window on screen, beside a bare PySide6 window.

    python -m benchmarks.start

Both are started in turns; the medians and their ratio are printed. The goal is a ratio of at most
1.5. The window counts as on screen at its first paint.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOAL = 1.5
_WATCH = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer

class Watch(QObject):
    def eventFilter(self, watched, event):
        # type() is compared without making an enum of every kind of event there is.
        if event.type() == QEvent.Type.Paint and watched.isWidgetType() and watched.isWindow():
            QTimer.singleShot(0, report)
        return False

def report():
    heavy = [name for name in ("torch", "transformers") if name in sys.modules]
    sys.stdout.write(f"{time.time()} {','.join(heavy) or '-'}\\n")
    sys.stdout.flush()
    import os
    os._exit(0)
"""
BARE = (
    _WATCH
    + """
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
watch = Watch()
app.installEventFilter(watch)
window = QMainWindow()
window.resize(1240, 820)
window.show()
app.exec()
"""
)
OURS = (
    _WATCH
    + """
import act_gui.bootstrap
import_app = act_gui.bootstrap._import_app

def watched_app():
    run = import_app()
    import act_gui.app
    make = act_gui.app.make_application

    def make_watched():
        app = make()
        app._watch = Watch()
        app.installEventFilter(app._watch)
        return app

    act_gui.app.make_application = make_watched
    return run

act_gui.bootstrap._import_app = watched_app
act_gui.bootstrap.main([])
"""
)


def first_window_s(program: str, home: Path) -> tuple[float, str]:
    """Seconds from the start of the process, and the heavy libraries imported by then."""
    # Byte code is kept, as it is where the program is installed.
    environment = {**os.environ, "ACT_HOME": str(home), "PYTHONPYCACHEPREFIX": str(home / "pyc")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    at, heavy = done.stdout.split()
    return float(at) - began, heavy


def compare(rounds: int) -> tuple[float, float, set[str]]:
    """Medians of a bare window and of ours in seconds, and what ours had imported."""
    bare, ours, heavy = [], [], set()
    with tempfile.TemporaryDirectory() as home:
        for number in range(rounds + 1):
            one, _ = first_window_s(BARE, Path(home))
            other, imported = first_window_s(OURS, Path(home))
            if number:  # the first turn warms the disk's cache
                bare.append(one)
                ours.append(other)
                heavy |= set(imported.split(",")) - {"-"}
    return statistics.median(bare), statistics.median(ours), heavy


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    bare, ours, heavy = compare(parser.parse_args().rounds)
    print(f"bare PySide6 window  {1000 * bare:.0f} ms")
    print(f"ACT Studio           {1000 * ours:.0f} ms")
    print(f"ratio                {ours / bare:.2f} (goal: at most {GOAL})")
    print(f"imported by then     {', '.join(sorted(heavy)) or 'neither torch nor transformers'}")
    return int(ours / bare > GOAL or bool(heavy))


if __name__ == "__main__":
    sys.exit(main())
