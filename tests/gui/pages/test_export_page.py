"""Export: a verified copy where the person wants it, with the card they want."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from act_gui.pages.export_page import ExportPage
from act_gui.stages import StageState
from tests.gui.finished import finished_demo

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo project with figures and a checkpoint."""
    folder = tmp_path_factory.mktemp("written") / "project"
    finished_demo(folder, "run")
    return folder


@pytest.fixture
def page(
    qtbot: QtBot, make_context: Callable[..., Any], written: Path, tmp_path: Path
) -> ExportPage:
    """The page of a copy of that project."""
    folder = tmp_path / "project"
    shutil.copytree(written, folder)
    shown = ExportPage(make_context(folder))
    qtbot.addWidget(shown)
    shown.resize(1000, 800)
    shown.show()
    qtbot.waitUntil(lambda: "# english-back" in shown.editor.text(), timeout=20_000)
    return shown


def _export(page: ExportPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.context.jobs.finished, timeout=60_000):
        qtbot.mouseClick(page.export_button, _LEFT)


def test_exports_a_copy_that_transformers_loads_with_the_edited_card(
    page: ExportPage, qtbot: QtBot, tmp_path: Path
) -> None:
    page.place.folder.selectAll()
    qtbot.keyClicks(page.place.folder, str(tmp_path / "out"))
    qtbot.keyClick(page.place.folder, Qt.Key.Key_Return)
    page.editor.tabs.setCurrentWidget(page.editor.field)
    page.editor.field.moveCursor(page.editor.field.textCursor().MoveOperation.End)
    qtbot.keyClicks(page.editor.field, "Mine.")
    _export(page, qtbot)

    out = tmp_path / "out" / "english-back"
    assert (out / "README.md").read_text("utf-8").rstrip().endswith("Mine.")
    assert page.context.states()["export"] is StageState.DONE
    assert page.checks.accessibleName() == "All checks passed"

    qtbot.waitUntil(page.copy_button.isEnabled, timeout=10_000)
    qtbot.mouseClick(page.copy_button, _LEFT)
    from transformers import AutoModelForCausalLM  # as the copied lines do

    copied = QGuiApplication.clipboard().text()
    names: dict[str, Any] = {}
    exec(copied, names)  # the lines that a person pastes
    assert "AutoModelForCausalLM" in copied
    assert isinstance(names["model"], type(AutoModelForCausalLM.from_pretrained(out)))


def test_verifies_again_and_tells_of_a_changed_byte(page: ExportPage, qtbot: QtBot) -> None:
    _export(page, qtbot)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=60_000):
        qtbot.mouseClick(page.verify_button, _LEFT)

    weights = page.place.path() / "model.safetensors"
    with weights.open("r+b") as stream:
        stream.seek(-1, 2)
        last = stream.read(1)
        stream.seek(-1, 2)
        stream.write(bytes([last[0] ^ 1]))
    with qtbot.waitSignal(page.context.jobs.failed, timeout=60_000) as failed:
        qtbot.mouseClick(page.verify_button, _LEFT)

    assert failed.args[1].title == "Verification failed"


def test_an_edited_card_survives_and_can_be_given_back(
    page: ExportPage, qtbot: QtBot, make_context: Callable[..., Any]
) -> None:
    page.editor.tabs.setCurrentWidget(page.editor.field)
    qtbot.keyClicks(page.editor.field, "Mine. ")
    saved = page.context.project.folder / "card.md"
    qtbot.waitUntil(saved.is_file, timeout=5_000)
    page.refresh()
    assert page.editor.text().startswith("Mine. ")

    qtbot.mouseClick(page.editor.reset_button, _LEFT)

    qtbot.waitUntil(lambda: page.editor.text().startswith("---"), timeout=10_000)
    assert not saved.exists()


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("folder", "somewhere", "whole path"),
        ("name", "a/b", "Names hold"),
        ("name", "..", "Names hold"),
    ],
)
def test_wrong_places_are_told_and_nothing_is_written(
    page: ExportPage, qtbot: QtBot, field: str, text: str, said: str
) -> None:
    line = getattr(page.place, field)
    line.selectAll()
    qtbot.keyClicks(line, text)

    assert said in page.place.words.text()
    qtbot.mouseClick(page.export_button, _LEFT)
    assert page.context.jobs.jobs() == ()


@pytest.mark.parametrize("held", ["thesis.txt", "config.json"])
def test_what_is_no_export_is_never_replaced(page: ExportPage, qtbot: QtBot, held: str) -> None:
    folder = page.place.path().parent / "mine"
    folder.mkdir(parents=True)
    (folder / held).write_text("{}", "utf-8")
    page.place.name.selectAll()
    qtbot.keyClicks(page.place.name, "mine")
    qtbot.keyClick(page.place.name, Qt.Key.Key_Return)

    assert "something else" in page.place.words.text()
    assert page.export_button.text() == "Export"
    qtbot.mouseClick(page.export_button, _LEFT)
    assert page.context.jobs.jobs() == ()
    assert "Export first" in page.verify_button.toolTip()


def test_says_that_the_checkpoint_must_be_written_first(qtbot: QtBot, context: Any) -> None:
    page = ExportPage(context)
    qtbot.addWidget(page)
    page.show()

    assert "once the checkpoint is written" in page.editor.words.text()
    assert not page.export_button.isEnabled()
    assert "states no licence" not in page.licences.words.text()  # no model is chosen yet
