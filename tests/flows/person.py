"""A person at the window: clicks and keys on what is shown, and a watch for each step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QTabWidget, QWidget
from shiboken6 import isValid

from act_core.resources import resource_path
from act_gui.pages.page import Page
from act_gui.stages import PAGE_NAMES, PageName, StageName, StageState
from act_gui.window import MainWindow
from tests.hub.loopback import Hub

_LOOK_EVERY_S = 0.02


class StuckError(AssertionError):
    """What the person waits for does not come."""


@dataclass
class Person:
    """Works with a window as a person does: sees a page, clicks, waits for the state.

    Attributes:
        window: The window.
        pictures: Folder for a picture of every step, or None.
        seconds: How long each step took, by its name.
    """

    window: MainWindow
    pictures: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def click(self, widget: QWidget) -> None:
        """Click the middle of something that is shown and enabled."""
        self.wait(lambda: widget.isVisible() and widget.isEnabled(), 20, f"{_name(widget)} usable")
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def write(self, line: QLineEdit, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
        """Replace what stands in a line, and press Enter or another key."""
        self.wait(line.isVisible, 20, f"{_name(line)} shown")
        line.setFocus()
        line.selectAll()
        QTest.keyClick(line, Qt.Key.Key_Delete)
        QTest.keyClicks(line, text)
        QTest.keyClick(line, key)

    def wait(self, ready: Callable[[], Any], most_s: float, what: str) -> None:
        """Wait while the window goes on."""
        until = time.monotonic() + most_s
        while not ready():
            if time.monotonic() > until:
                errors = self.window.parts.notice_area.findChildren(QWidget)
                said = [w.accessibleName() for w in errors if w.accessibleName()]
                raise StuckError(f"waited {most_s} s for: {what}; the window says {said}")
            _let_pass(_LOOK_EVERY_S)

    def page(self, stage: PageName) -> Any:
        """The page that is shown, which must be this one."""

        def shown() -> Page | None:
            pages = [p for p in self.window.findChildren(Page) if p.isVisible()]
            return next((p for p in pages if p.stage == stage), None)

        self.wait(shown, 20, f"page {stage}")
        return shown()

    def go_to(self, stage: PageName) -> Any:
        """Click a row of the list at the left, unless its page is shown."""
        rows = self.window.parts.stage_list
        if self.window.page_name != stage:
            item = rows.item(PAGE_NAMES.index(stage))
            place = rows.visualItemRect(item).center()
            QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return self.page(stage)

    def dialog(self, owner: QWidget) -> Any:
        """The dialog that is shown over a page or the window."""

        def shown() -> QDialog | None:
            return next((d for d in owner.findChildren(QDialog) if d.isVisible()), None)

        self.wait(shown, 10, "a dialog")
        return shown()

    def wait_closed(self, dialog: QDialog) -> None:
        """Wait until a dialog is gone."""
        self.wait(lambda: not isValid(dialog) or not dialog.isVisible(), 60, "the dialog closed")

    def state(self, stage: StageName) -> StageState:
        """How a stage stands in the list at the left."""
        context = self.window.context
        assert context is not None
        return context.states()[stage]

    def wait_done(self, stage: StageName, most_s: float) -> None:
        """Wait until a stage is done."""
        self.wait(lambda: self.state(stage) is StageState.DONE, most_s, f"{stage} done")

    def finish(self, stage: StageName, most_s: float) -> None:
        """Wait until the stage of the page that is shown is done, and go to the next page."""
        page = self.page(stage)
        self.wait_done(stage, most_s)
        self.step_done(stage)
        self.click(page.next_button)

    def step_done(self, name: str) -> None:
        """Stop the watch for a step and take a picture."""
        QApplication.processEvents()
        now = time.monotonic()
        self.seconds[name] = now - self._since
        if self.pictures is not None:
            for _ in range(30):  # what is drawn in the background comes into the picture
                _let_pass(_LOOK_EVERY_S)
            self.pictures.mkdir(parents=True, exist_ok=True)
            place = self.pictures / f"{len(self.seconds):02d}-{name}.png"
            self.window.grab().save(str(place))
        self._since = time.monotonic()


def from_profile_to_export(person: Person, *, most_s: float) -> Path:
    """The second half of every story: profile, localize, transfer, evaluate, export."""
    profile = person.page("profile")
    person.click(profile.run_card.main_button)
    person.finish("profile", most_s)
    person.finish("localize", most_s)
    person.click(person.page("gates").next_button)
    transfer = person.page("transfer")
    person.click(transfer.write_button)
    person.finish("transfer", most_s)
    person.click(person.page("tune").next_button)
    evaluate = person.page("evaluate")
    person.click(evaluate.measure_button)
    person.finish("evaluate", most_s)
    person.click(person.page("analysis").next_button)
    person.click(person.page("try").next_button)
    export = person.page("export")
    person.wait(lambda: "# " in export.editor.text(), 60, "the model card")
    person.click(export.export_button)
    person.wait_done("export", most_s)
    person.step_done("export")
    exported: Path = export.place.path()
    return exported


def demo_story(person: Person, folder: Path, *, most_s: float) -> Path:
    """From the start page through the demo door to the exported checkpoint."""
    start = person.window.parts.start_page
    person.write(start.demo_folder.line, str(folder))
    person.step_done("start")
    person.click(start.demo_button)
    person.finish("models", most_s)
    person.finish("abilities", most_s)
    return from_profile_to_export(person, most_s=most_s)


def own_models_story(
    person: Person,
    folder: Path,
    target: str,
    specialist: str,
    keep: Sequence[Path],
    *,
    most_s: float,
) -> Path:
    """A new project with own models: German (built in) is brought over, files say what is kept."""
    start = person.window.parts.start_page
    person.write(start.new_folder.line, str(folder))
    person.write(start.name, "German back")
    person.step_done("start")
    models = person.page("models")
    person.write(models.target.picker.line, target)
    person.write(models.newcomer.picker.line, specialist)
    person.finish("models", most_s)
    abilities = person.page("abilities")
    add_builtin(person, abilities, "plain-de")
    add_files(person, abilities, keep)
    person.finish("abilities", most_s)
    return from_profile_to_export(person, most_s=most_s)


def add_builtin(person: Person, abilities: Any, name: str) -> None:
    """Add a built-in set."""
    dialog = add_dialog(person, abilities)
    go_to_tab(dialog.tabs, "Built-in")
    person.click(dialog.builtins[name])
    person.click(dialog.add_button)
    person.wait_closed(dialog)


def add_files(person: Person, abilities: Any, files: Sequence[Path]) -> None:
    """Add files to calibrate on and to measure with."""
    dialog = add_dialog(person, abilities)
    for field_, path in zip((dialog.files.calibration, dialog.files.heldout), files, strict=True):
        field_.line.setFocus()
        QTest.keyClicks(field_.line, str(path))
    person.click(dialog.add_button)
    person.wait_closed(dialog)


def add_dialog(person: Person, abilities: Any) -> Any:
    """Open the dialog for a new ability."""
    person.click(abilities.list.add_button)
    return person.dialog(abilities)


def go_to_tab(tabs: QTabWidget, title: str) -> None:
    """Click a tab."""
    (place,) = [place for place in range(tabs.count()) if tabs.tabText(place) == title]
    bar = tabs.tabBar()
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())


def _let_pass(seconds: float) -> None:
    """Let the window work and the threads too: `QTest.qWait` would hold Python's lock."""
    QApplication.processEvents()
    time.sleep(seconds)


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or type(widget).__name__


def model_on(hub: Hub) -> None:
    """Something that the page Hub can list."""
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    meta = {"config": config, "tags": ["safetensors"], "downloads": 5}
    hub.add("lab/model", resource_path("demo") / "base", meta=meta)
