"""Pages that wait for an earlier step: they say which, and one click leads there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from act_core.recipe import GateSettings, TuneSettings
from act_gui.context import Context
from act_gui.pages.analysis_page import AnalysisPage
from act_gui.pages.evaluate_page import EvaluatePage
from act_gui.pages.export_page import ExportPage
from act_gui.pages.gates_page import GatesPage
from act_gui.pages.localize_page import LocalizePage
from act_gui.pages.page import Page
from act_gui.pages.profile_page import ProfilePage
from act_gui.pages.transfer_page import TransferPage
from act_gui.pages.try_page import TryPage
from act_gui.pages.tune_page import TunePage
from tests.gui.finished import small_demo

_PAGES = (
    ProfilePage,
    LocalizePage,
    GatesPage,
    TransferPage,
    TunePage,
    EvaluatePage,
    AnalysisPage,
    TryPage,
    ExportPage,
)


def said(make: Any, qtbot: QtBot, context: Context) -> tuple[str, str]:
    """What a page lacks and where its button leads; both empty where it can begin."""
    page: Page = make(context)
    qtbot.addWidget(page)
    page.show()
    missing = page.missing_step
    if not missing.isVisible():
        return "", ""
    with qtbot.waitSignal(context.page_wanted) as wanted:
        qtbot.mouseClick(missing.button, Qt.MouseButton.LeftButton)
    return missing.text.text(), wanted.args[0]


@pytest.mark.parametrize("make", _PAGES)
def test_without_models_one_click_leads_to_them(make: Any, qtbot: QtBot, context: Context) -> None:
    context.project.edit(gates=GateSettings(), tune=TuneSettings())

    text, page = said(make, qtbot, context)

    assert "Choose a target." in text
    assert page == "models"


@pytest.mark.parametrize(
    ("make", "words", "page"),
    [
        (LocalizePage, "Profile first", "profile"),
        (TransferPage, "Profile first", "profile"),
        (EvaluatePage, "Profile first", "profile"),
        (ExportPage, "Profile first", "profile"),
        (ProfilePage, "", ""),
        (AnalysisPage, "", ""),
        (TryPage, "", ""),
    ],
)
def test_without_a_profile_one_click_leads_to_it_from_where_it_is_needed(
    make: Any, words: str, page: str, qtbot: QtBot, make_context: Callable[..., Any]
) -> None:
    text, leads = said(make, qtbot, make_context(draft=small_demo()))

    assert words in text
    assert leads == page


def test_gates_that_start_in_the_selection_can_be_given_another_start(
    qtbot: QtBot, make_context: Callable[..., Any], tmp_path: Path
) -> None:
    draft = small_demo().model_copy(update={"gates": GateSettings(start="mask")})
    page = GatesPage(make_context(draft=draft))
    qtbot.addWidget(page)
    page.show()

    assert page.missing_step.isVisible()
    assert not page.run_card.isVisible()
    page.settings.start.setCurrentIndex(page.settings.start.findData("interpolation"))
    page.settings.start.activated.emit(page.settings.start.currentIndex())
    qtbot.waitUntil(lambda: not page.missing_step.isVisible())
    assert page.run_card.main_button.isEnabled()
