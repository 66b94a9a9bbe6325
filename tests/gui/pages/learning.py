"""What tests of pages that learn have in common: copies of a project, and a person's hands."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from act_gui.context import Context
from act_gui.pages.page import Page


def context_of_copy(
    make_context: Callable[..., Context],
    original: Path,
    folder: Path,
    stage: Literal["gates", "tune"],
    *,
    off: bool = False,
    forgotten: str | None = None,
    changes: Mapping[str, Any],
) -> Context:
    """Open a copy of a project; a copy that is there already is opened as it is.

    Args:
        make_context: The fixture.
        original: The project, closed.
        folder: Where the copy lies.
        stage: What was learned, by the name of its section in the recipe.
        off: Take that section out.
        forgotten: Folder below the project's that is removed, so that nothing was learned.
        changes: Fields of that section.
    """
    if not folder.exists():
        shutil.copytree(original, folder)
        if forgotten is not None:
            shutil.rmtree(folder / forgotten)
    context = make_context(folder)
    project = context.project
    project.edit(run=folder / "runs" / "main")
    if forgotten is not None:
        project.forget(stage)
    if off:
        project.edit(**{stage: None})
    elif changes:
        project.edit_section(stage, **changes)
    return context


def wait_for(page: Page, qtbot: QtBot, state: str) -> None:
    """Wait until the newest job has come to a state."""
    jobs = page.context.jobs
    qtbot.waitUntil(lambda: str(jobs.jobs()[-1].state) == state, timeout=60_000)


def choose(box: QComboBox, data: str) -> None:
    """Choose an entry as a person does."""
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def write(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    """Write into a field in place of what it holds."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
