"""Export after the Hub's cache was cleared and a folder was moved: one button each leads back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gguf import GGMLQuantizationType
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from act_core.cli.main import run
from act_core.hub.clearing import delete_repo
from act_core.hub.models import fetch_model
from act_core.recipe import Draft, load_recipe
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_core.transfer.absent import absent_models
from act_gui.pages.export_page import ExportPage
from tests.core.gguf_files import write_gguf
from tests.core.project import changed, write_project
from tests.gui.access import unnamed, unreached
from tests.hub.loopback import Hub

_LEFT = Qt.MouseButton.LeftButton
WAIT_MS = 60_000


def test_models_that_are_gone_come_back_by_one_button_each(
    qtbot: QtBot,
    hub: Hub,
    settings: HubSettings,
    act_home: Path,
    make_context: Callable[..., Any],
    tmp_path: Path,
) -> None:
    save_settings(Settings(hub=settings), settings_path())
    recipe = write_project(tmp_path / "made")
    hub.add("lab/base", recipe.parent / "target")
    changed(recipe, target=fetch_model(settings, "lab/base"))
    assert run(["transfer", str(recipe)]) == 0
    delete_repo("lab/base")
    moved = Path(shutil.move(recipe.parent / "specialist", tmp_path / "moved"))

    page = shown_page(qtbot, make_context, recipe)

    def buttons() -> dict[str, QPushButton]:
        return buttons_of(page)

    qtbot.waitUntil(lambda: len(buttons()) == 3, timeout=WAIT_MS)
    assert (unnamed(page.missing), unreached(page.missing)) == ([], [])
    qtbot.mouseClick(buttons()["Fetch lab/base again"], _LEFT)
    qtbot.waitUntil(lambda: list(buttons()) == ["Show the folder of painter…"], timeout=WAIT_MS)

    def show(place: Path) -> None:
        qtbot.mouseClick(buttons()["Show the folder of painter…"], _LEFT)
        (dialog,) = page.missing.findChildren(QFileDialog)
        dialog.fileSelected.emit(str(place))
        dialog.reject()
        qtbot.waitUntil(lambda: not page.missing.findChildren(QFileDialog))

    with qtbot.waitSignal(page.context.jobs.failed, timeout=WAIT_MS) as refused:
        show(recipe.parent / "target")
    assert "not the same" in refused.args[1].reason
    show(moved)
    qtbot.waitUntil(page.missing.isHidden, timeout=WAIT_MS)
    assert absent_models(page.context.project.run.model) == ()


def test_a_model_that_was_one_file_is_shown_by_its_file(
    qtbot: QtBot, act_home: Path, make_context: Callable[..., Any], tmp_path: Path
) -> None:
    recipe = write_project(tmp_path / "made")
    specialist = recipe.parent / "specialist"
    file = write_gguf(
        specialist / "painter.gguf", specialist, "llama", GGMLQuantizationType.F32, tokenizer=False
    )
    changed(recipe, specialists={"painter": {"model": str(file)}})
    assert run(["transfer", str(recipe)]) == 0
    moved = Path(shutil.move(file, tmp_path / "elsewhere.gguf"))
    page = shown_page(qtbot, make_context, recipe)
    text = "Show the file of painter…"
    qtbot.waitUntil(lambda: list(buttons_of(page)) == [text], timeout=WAIT_MS)
    qtbot.mouseClick(buttons_of(page)[text], _LEFT)
    (dialog,) = page.missing.findChildren(QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.ExistingFile
    dialog.filesSelected.emit([str(moved)])
    dialog.reject()
    qtbot.waitUntil(page.missing.isHidden, timeout=WAIT_MS)
    assert absent_models(page.context.project.run.model) == ()


def shown_page(qtbot: QtBot, make_context: Callable[..., Any], recipe: Path) -> ExportPage:
    """The page Export of a project whose checkpoint a recipe has written."""
    context = make_context(draft=Draft.model_validate(dict(load_recipe(recipe))))
    shutil.move(recipe.parent / "run" / "model", context.project.run.model)
    page = ExportPage(context)
    qtbot.addWidget(page)
    page.resize(1000, 800)
    page.show()
    return page


def buttons_of(page: ExportPage) -> dict[str, QPushButton]:
    """What can be pressed where models lack."""
    fault = page.missing.fault
    found = [] if fault is None else fault.findChildren(QPushButton)
    return {one.text(): one for one in found if one.isVisible()}
