"""How long the window stands still while models are profiled in the background.

    python benchmarks/window_latency.py TARGET SPECIALIST

A timer of 5 ms on the window's thread notes how late it comes: while PyTorch is imported, while
nothing runs, while the demo profiles, while a page looks at TARGET for the first time, and while
TARGET and SPECIALIST (folders, for example a 135M pair) profile. Rows of the
channel map are delivered through the job manager and drawn in a picture, as in the window. The
limit is 50 ms.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication, QLabel

from act_core.environment import prepare_environment
from act_core.events import MapRow
from act_core.models.reference import resolve
from act_core.models.tokenizer import load_tokenizer
from act_core.recipe import Recipe, load_recipe, parse_recipe
from act_core.resources import resource_path
from act_gui.jobs.lookup import Lookups
from act_gui.jobs.manager import JobManager
from act_gui.jobs.preload import HeavyImports
from act_gui.jobs.spec import JobSpec

LIMIT_MS = 50.0
TICK_MS = 5
IDLE_S = 3.0


class Recorder:
    """Gaps between the ticks of a timer on the window's thread."""

    def __init__(self) -> None:
        self.gaps_ms: list[float] = []
        self._timer = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        self._last = time.perf_counter()

    def run(self, until: Callable[[QEventLoop], None]) -> None:
        """Record while an event loop runs; `until` makes it quit some time."""
        loop = QEventLoop()
        until(loop)
        self._last = time.perf_counter()
        self._timer.start()
        loop.exec()
        self._timer.stop()

    def _on_tick(self) -> None:
        now = time.perf_counter()
        self.gaps_ms.append(1000 * (now - self._last))
        self._last = now

    def show(self, name: str) -> None:
        """Print the figures in a line, each beside its ratio to the limit."""
        gaps = np.array(self.gaps_ms)
        figures = {"median": np.median(gaps), "p99": np.percentile(gaps, 99), "max": gaps.max()}
        text = "  ".join(f"{k} {v:6.1f} ms ({v / LIMIT_MS:.2f})" for k, v in figures.items())
        print(f"{name:<24} {len(gaps):>6} gaps  {text}  {np.sum(gaps > LIMIT_MS)} above")


class Picture(QLabel):
    """Rows as they come, pooled to the width of a screen."""

    def __init__(self) -> None:
        super().__init__()
        self._pixels: dict[tuple[str, ...], np.ndarray] = {}
        self.resize(1200, 600)
        self.show()

    def draw(self, _job: int, rows: tuple[MapRow, ...]) -> None:
        """Take rows and draw all of them anew."""
        for row in rows:
            key = (row.specialist, row.ability, row.statistic, str(row.layer), row.kind)
            borders = np.linspace(0, len(row.values), 1200, endpoint=False).astype(int)
            pooled = np.maximum.reduceat(row.values, borders)
            scaled = 255 * pooled / max(float(pooled.max()), 1e-30)
            self._pixels[key] = scaled.astype(np.uint8)
        image = np.ascontiguousarray(np.stack(list(self._pixels.values())))
        height, width = image.shape
        self.setPixmap(
            QPixmap.fromImage(
                QImage(image.data, width, height, width, QImage.Format.Format_Grayscale8)
            )
        )


def demo_recipe(run: Path) -> Recipe:
    """The demo as it is shipped."""
    recipe = load_recipe(resource_path("demo", "recipe.yaml"))
    return recipe.model_copy(update={"run": run})


def pair_recipe(target: str, specialist: str, run: Path) -> Recipe:
    """A pair of models on two built-in sets, with all statistics."""
    return parse_recipe(
        {
            "act": 1,
            "name": "latency",
            "target": target,
            "specialists": {"specialist": {"model": specialist}},
            "abilities": {
                name: {
                    "role": role,
                    "calibration": [{"builtin": name}],
                    "heldout": [{"builtin": name}],
                    "calibration_tokens": 4000,
                }
                for name, role in (("plain-de", "bring"), ("plain-en", "keep"))
            },
            "profile": {"statistics": ["difference", "matched", "attributed"]},
            "run": str(run),
        },
        Path(),
    )


def profile(recipe: Recipe, name: str) -> None:
    """Record while a recipe is profiled."""
    recipe.run.parent.mkdir()
    recorder, picture, manager = Recorder(), Picture(), JobManager(recipe.run.parent / "jobs.json")
    manager.map_rows.connect(picture.draw)
    manager.failed.connect(lambda _job, error: print(error))

    def until(loop: QEventLoop) -> None:
        manager.idled.connect(loop.quit)
        manager.submit(JobSpec("profile", name, "cpu", recipe))

    recorder.run(until)
    manager.shutdown()
    recorder.show(name)


def look(target: str) -> None:
    """Record while a model's tokenizer is built, as the page of the abilities does before."""
    recorder, lookups = Recorder(), Lookups()

    def until(loop: QEventLoop) -> None:
        lookups.ask(
            "tokenizer",
            lambda: load_tokenizer(resolve(target)),
            lambda _tokenizer: loop.quit(),
            lambda error: print(error),
        )

    recorder.run(until)
    lookups.shutdown()
    recorder.show("first look at the model")


def main(target: str, specialist: str) -> None:
    """Measure the three."""
    prepare_environment()
    app = QApplication([])
    imports, recorder = HeavyImports(), Recorder()

    def imported(loop: QEventLoop) -> None:
        imports.ready.connect(loop.quit)
        imports.start()

    recorder.run(imported)
    recorder.show("imports (announced)")
    recorder = Recorder()
    recorder.run(lambda loop: QTimer.singleShot(int(1000 * IDLE_S), loop.quit))
    recorder.show("idle")
    with tempfile.TemporaryDirectory() as folder:
        profile(demo_recipe(Path(folder) / "demo" / "run"), "demo")
        look(target)
        profile(pair_recipe(target, specialist, Path(folder) / "pair" / "run"), "pair")
    app.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
