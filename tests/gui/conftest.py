"""What every test of the window stands on: a home of its own, a theme, and nothing left behind."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from act_core.recipe import Draft
from act_core.settings import Settings
from act_gui.log import LogStore, log_notices
from act_gui.notify import Notices
from act_gui.preferences import Preferences
from act_gui.theme import apply_theme
from act_gui.window import MainWindow

_ENDS_WITHIN_S = 3.0
_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application as the program has it."""
    apply_theme(qapp, "light")
    return qapp


@pytest.fixture(autouse=True)
def act_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, log and crash reports of this test alone; caches are those of its file."""
    home = tmp_path / "act-home"
    monkeypatch.setenv("ACT_HOME", str(home))
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path / "documents"))
    return home


@pytest.fixture
def make_context(qapp: QApplication, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Makes contexts with real jobs and lookups.

    The function takes `folder` (by default `project` in the test's folder), `draft` and `demo`;
    a folder that holds a project is opened.
    """
    from act_gui.project import MANIFEST_NAME, Project
    from act_gui.session import close_context, open_context

    made = []

    def make(folder: Path | None = None, draft: Draft | None = None, *, demo: bool = False) -> Any:
        place = folder or tmp_path / "project"
        if (place / MANIFEST_NAME).exists():
            project = Project.open(place)
        else:
            project = Project.create(place, draft, demo=demo)
        made.append(open_context(project, Notices()))
        return made[-1]

    yield make
    for context in made:
        if isValid(context):
            close_context(context)


@pytest.fixture
def context(make_context: Callable[..., Any]) -> Any:
    """An empty project with its jobs and lookups."""
    return make_context()


@pytest.fixture
def make_window(qtbot: QtBot, qapp: QApplication, act_home: Path) -> Iterator[Callable[..., Any]]:
    """Makes windows and shows them; keywords are fields of the settings they begin with."""
    made: list[tuple[MainWindow, LogStore]] = []

    def make(**settings: Any) -> MainWindow:
        chosen = Settings(**settings) if settings else None
        preferences = Preferences(qapp, act_home / "settings.json", chosen)
        notices = Notices()
        log = LogStore(act_home / "log" / "act.log")
        log_notices(notices)
        window = MainWindow(preferences)
        window.fill(notices, log)
        for part in (preferences, notices, log):
            part.setParent(window)
        made.append((window, log))
        window.show()
        # What an earlier window left in the queue must not take the focus away again.
        qapp.processEvents()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield make
    for window, log in made:
        log.close()
        if isValid(window):
            if window.context is not None:
                window.context.jobs.shutdown()  # else closing asks whether to wait for them
            window.desk.close()
            window.close()
            window.deleteLater()
    # A window that is going would be polished for the theme once more.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    apply_theme(qapp, "light")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that uses Qt fails when timers, threads or windows outlive it."""
    if "qapp" not in request.fixturenames:
        yield
        return
    app = request.getfixturevalue("qapp")
    timers, threads = _recorded(QTimer, monkeypatch), _recorded(QThread, monkeypatch)
    before = {id(widget) for widget in app.topLevelWidgets()}
    python_before = set(threading.enumerate())
    # As in the program (`gc_timer`): a collection in a worker thread must not meet Qt's objects.
    gc.disable()
    yield
    gc.enable()
    if request.node.stash.get(_FAILED, False):
        return

    def left() -> list[str]:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
        found = [f"top-level widget {_name(w)}" for w in _windows(app) if id(w) not in before]
        found += [f"active timer of {_name(t.parent())}" for t in _valid(timers) if t.isActive()]
        found += [f"running QThread {_name(t)}" for t in _valid(threads) if t.isRunning()]
        alive = set(threading.enumerate()) - python_before
        found += [f"thread {t.name}" for t in alive if t.is_alive() and not _is_library(t)]
        if QThreadPool.globalInstance().activeThreadCount():
            found.append("busy global thread pool")
        return found

    if not left():
        return
    gc.collect()
    until = time.monotonic() + _ENDS_WITHIN_S
    while (found := left()) and time.monotonic() < until:
        QThread.msleep(10)
    if found:
        pytest.fail("left behind: " + ", ".join(sorted(set(found))))


def _recorded(kind: type[Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Objects of a class that are started from now on."""
    started: list[Any] = []
    start = kind.start

    def record(self: Any, *arguments: Any) -> Any:
        started.append(self)
        return start(self, *arguments)

    monkeypatch.setattr(kind, "start", record)
    return started


def _valid(objects: list[Any]) -> list[Any]:
    return [one for one in objects if isValid(one)]


def _windows(app: QApplication) -> list[QWidget]:
    """Windows that nobody owns; menus and popups go with their owner."""
    return [widget for widget in app.topLevelWidgets() if widget.parent() is None]


def _is_library(thread: threading.Thread) -> bool:
    """Threads that libraries keep for the life of the process."""
    return thread.name.startswith(("pytest_timeout", "tqdm", "pin_memory"))


def _name(thing: Any) -> str:
    if thing is None:
        return "nobody"
    return f"{type(thing).__name__} {thing.objectName()}".strip()
