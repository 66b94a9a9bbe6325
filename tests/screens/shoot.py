"""Grab every page of a project's window; a program of its own, since a screen's scale is fixed.

    QT_SCALE_FACTOR=2 python -m tests.screens.shoot PROJECT OUT

writes OUT/PAGE-THEME.png for every page and theme. What differs from machine to machine (free
memory, free disk, times) is written over before, so the window is of no use afterwards.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QComboBox, QLabel

from act_core.recipe import GateSettings, preset_of
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_core.warmup import import_heavy
from act_gui.app import make_application
from act_gui.log import LogStore
from act_gui.notify import Notices
from act_gui.pages.analysis_page import AnalysisPage
from act_gui.pages.evaluate_page import EvaluatePage
from act_gui.pages.hub_page import HubPage
from act_gui.pages.tune_page import TunePage
from act_gui.preferences import Preferences
from act_gui.stages import STAGE_NAMES
from act_gui.window import MainWindow
from tests.gui.settled import settle
from tests.hub.loopback import Hub
from tests.screens.shown_hub import CHOSEN, fill

THEMES = ("light", "dark")
SIZE = QSize(1280, 860)
# Memory and disks (models of the demo are in MB), times, dates.
_VARYING = re.compile(
    r"\d[\d.,]* [GT]B|[Aa] few seconds|[Aa]bout [\d.]+ (?:s|min|h)\b|\d\d \w{3} \d{4}, \d\d:\d\d"
    r"|(?<= in )[\d.]+ s"
)


def main(project: Path, out: Path) -> None:
    """Open the project and grab its pages, with a Hub on this computer."""
    with Hub() as hub:
        fill(hub)
        save_settings(Settings(hub=HubSettings(endpoint=hub.url)), settings_path())
        _shoot(project, out)


def _shoot(project: Path, out: Path) -> None:
    app = make_application()
    import_heavy()
    for theme in THEMES:
        preferences = Preferences(app, out / "settings.json", Settings(theme=theme))
        window = MainWindow(preferences)
        log = LogStore(out / "act.log")
        window.fill(Notices(), log, fresh=True)
        window.resize(SIZE)
        # The start page shows the person's own folders.
        window.parts.start_page.demo_folder.line.setText("Documents")
        window.parts.start_page.new_folder.line.setText("Documents")
        window.show()
        settle(window)
        _save(window, out / f"start-{theme}.png")
        window.desk.open(project)
        for stage in STAGE_NAMES:
            window.show_page(stage)
            settle(window)
            _save(window, out / f"{stage}-{theme}.png")
        _save_hub(window, out / f"hub-{theme}.png")
        _save_with_gates(window, out / f"gates-learned-{theme}.png")
        _save_tuned(window, out / f"tune-done-{theme}.png")
        _save_figure(window, out / f"analysis-figure-{theme}.png")
        _save_samples(window, out / f"evaluate-samples-{theme}.png")
        window.desk.close()
        window.close()
        log.close()
        window.deleteLater()


def _save_hub(window: MainWindow, path: Path) -> None:
    """The page Hub where a model is looked at."""
    window.show_page("hub")
    page = window.parts.stack.page
    assert isinstance(page, HubPage)
    settle(window)
    model = page.results.model
    names = [model.row(number).name for number in range(model.rowCount())]
    page.results.table.selectRow(names.index(CHOSEN))
    settle(window)
    _save(window, path)


def _save_with_gates(window: MainWindow, path: Path) -> None:
    """The page Gates where gates are used and lie in the run folder."""
    context = window.context
    assert context is not None
    context.project.edit(gates=GateSettings())
    window.show_page("gates")
    settle(window)
    _save(window, path)
    context.project.edit(gates=None)


def _save_tuned(window: MainWindow, path: Path) -> None:
    """The page Tune where a tuning lies in the run folder and was measured."""
    context = window.context
    assert context is not None
    context.project.edit(tune=preset_of("quick"))
    window.show_page("tune")
    page = window.parts.stack.page
    assert isinstance(page, TunePage)
    settle(window)
    metrics = dict(context.project.run.read_metrics())
    like = {"transfer only": "result", "tuning only": "interpolation 0.25"}
    for kind in ("figures", "shares"):
        drawn = [
            {**one, "candidate": name}
            for name, other in like.items()
            for one in metrics[kind]
            if one["candidate"] == other
        ]
        metrics[kind] = [*metrics[kind], *drawn]
    page.comparison.show_metrics(metrics, current=True)
    settle(window)
    _save(window, path)
    context.project.edit(tune=None)


def _save_figure(window: MainWindow, path: Path) -> None:
    """The page Analysis where one of its figures is looked at."""
    window.show_page("analysis")
    page = window.parts.stack.page
    assert isinstance(page, AnalysisPage)
    settle(window)
    page.tabs.setCurrentWidget(page.sections["disentanglement"])
    settle(window)
    page.scroll_to(page.tabs)
    settle(window)
    _save(window, path)
    page.tabs.setCurrentWidget(page.overview)


def _save_samples(window: MainWindow, path: Path) -> None:
    """The page Evaluate where samples are browsed."""
    window.show_page("evaluate")
    page = window.parts.stack.page
    assert isinstance(page, EvaluatePage)
    page.figures.tabs.setCurrentWidget(page.samples)
    settle(window)
    page.scroll_to(page.figures)
    settle(window)
    _save(window, path)
    page.figures.tabs.setCurrentWidget(page.figures.bars)


def _save(window: MainWindow, path: Path) -> None:
    focused = QApplication.focusWidget()
    if focused is not None:
        focused.clearFocus()  # a blinking cursor is there or not
    while _write_over(window):
        settle(window)
    window.grab().save(str(path))


def _write_over(window: MainWindow) -> bool:
    """Replace what differs from machine to machine; whether there was something."""
    found = False
    for label in window.findChildren(QLabel):
        if _VARYING.search(label.text()):
            label.setText(_VARYING.sub("…", label.text()))
            found = True
    for box in window.findChildren(QComboBox):
        for index in range(box.count()):
            if _VARYING.search(box.itemText(index)):
                box.setItemText(index, _VARYING.sub("…", box.itemText(index)))
                found = True
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
