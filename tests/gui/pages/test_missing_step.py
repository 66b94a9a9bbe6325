"""Pages of a project without models: they say the next step, and lead there."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from act_core.recipe import GateSettings, TuneSettings
from act_gui.context import Context
from act_gui.pages.gates_page import GatesPage
from act_gui.pages.profile_page import ProfilePage
from act_gui.pages.tune_page import TunePage


@pytest.mark.parametrize(
    ("make", "sections"),
    [
        (ProfilePage, {}),
        (GatesPage, {"gates": GateSettings()}),
        (TunePage, {"tune": TuneSettings()}),
    ],
)
def test_without_models_the_page_says_the_next_step(
    make: Any, sections: dict[str, Any], qtbot: QtBot, context: Context
) -> None:
    context.project.edit(**sections)
    page = make(context)
    qtbot.addWidget(page)
    page.show()
    assert "Choose a target." in page.empty.text.text()
    assert not page.run_card.main_button.isEnabled()
    with qtbot.waitSignal(context.page_wanted) as wanted:
        qtbot.mouseClick(page.empty.button, Qt.MouseButton.LeftButton)
    assert wanted.args == ["models"]
