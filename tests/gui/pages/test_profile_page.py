"""Profile: a real job fills the map, and can be paused, gone on with and cancelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from act_core.errors import ErrorRecord
from act_core.profile.store import load_profile
from act_core.profile.tables import TableKey
from act_gui.context import Context
from act_gui.pages.profile_page import ProfilePage
from act_gui.stages import StageState
from tests.gui.access import unnamed, unreached
from tests.gui.pages.profiled import profiled_project, tiny_draft

_LEFT = Qt.MouseButton.LeftButton
_KEYS = Qt.Key
_LAYERS = 6


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models of six layers and their data."""
    place = tmp_path_factory.mktemp("data")
    tiny_draft(place / "first", layers=_LAYERS)
    return place / "first"


@pytest.fixture
def make_page(
    qtbot: QtBot, make_context: Callable[..., Any], data: Path, tmp_path: Path
) -> Callable[..., ProfilePage]:
    """Shows the page of a project over these models; keywords change its profile settings."""

    def make(folder: Path | None = None, **settings: Any) -> ProfilePage:
        draft = None
        if folder is None:
            from act_core.recipe import Draft, ProfileSettings, load_recipe

            recipe = load_recipe(data / "recipe.yaml")
            chosen = {"device": "cpu", "statistics": ("difference", "matched", "attributed")}
            profile = ProfileSettings(**{**chosen, **settings})
            draft = Draft.model_validate({**dict(recipe), "profile": profile})
        page = ProfilePage(make_context(folder or tmp_path / "project", draft))
        qtbot.addWidget(page)
        page.resize(1200, 850)
        page.show()
        qtbot.waitUntil(lambda: page._stored is not None, timeout=10_000)
        return page

    return make


def start(page: ProfilePage, qtbot: QtBot) -> int:
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    return page.context.jobs.jobs()[-1].id


def state_of(page: ProfilePage) -> str:
    return str(page.context.jobs.jobs()[-1].state)


def wait_for(page: ProfilePage, qtbot: QtBot, state: str) -> None:
    qtbot.waitUntil(lambda: state_of(page) == state, timeout=60_000)


def statistics_of(context: Context) -> dict[str, Any]:
    run = context.project.run
    known = context.models.get(context.project.draft.target)
    assert known is not None
    found = {}
    for path in sorted(run.profiles.glob("*.safetensors")):
        profile = load_profile(path, known.layout)
        found |= {f"{path.stem}/{n}": v for n, v in profile.statistics.items()}
    return found


def test_before_the_start_it_says_what_will_be_measured(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page()
    text = page.run_card.plan.text()
    assert "painter on colours" in text
    assert "painter on numbers" in text
    assert page.run_card.main_button.text() == "Start profiling"
    assert page.stack.currentIndex() == 0


def test_the_map_fills_row_by_row_until_it_is_the_stored_profile(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page()
    shares: list[float] = []
    key = TableKey("painter", "colours", "matched")

    def remember(_rows: object) -> None:
        assert page._tables is not None
        shares.append(page._tables.known_share(key))

    hints = {page.empty.text.text()}
    page.context.jobs.changed.connect(lambda _job: hints.add(page.empty.text.text()))
    page.context.live.rows_came.connect(remember)
    start(page, qtbot)
    wait_for(page, qtbot, "done")

    assert any("Start profiling" in hint for hint in hints)
    assert any("once the first layer is measured" in hint for hint in hints)
    assert shares
    assert shares == sorted(shares)
    assert page.stack.currentIndex() == 1
    qtbot.waitUntil(lambda: bool(page._stored and page._stored.profiles), timeout=10_000)
    assert page.context.states()["profile"] is StageState.DONE
    assert page._tables is not None
    for name, values in statistics_of(page.context).items():
        pair, statistic = name.split("/")
        shown = page._tables.values(TableKey(*pair.split("--"), statistic))
        np.testing.assert_array_equal(shown, values)
    assert "Everything is measured" in page.run_card.plan.text()
    assert "counted tokens" in page.run_card.facts.text()
    assert not page.run_card.main_button.isEnabled()


def test_any_map_can_be_looked_at(make_page: Callable[..., ProfilePage], qtbot: QtBot) -> None:
    page = make_page()
    start(page, qtbot)
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(lambda: bool(page._stored and page._stored.profiles), timeout=10_000)

    box = page.chooser.statistic
    names = [box.itemData(index) for index in range(box.count())]
    assert set(names) == {"difference", "matched", "attributed", "weight"}
    for name in names:
        box.setFocus()
        box.setCurrentIndex(box.findData(name))
        box.activated.emit(box.currentIndex())
        assert page._tables is not None
        assert page.map.pane.data is not None
        np.testing.assert_array_equal(
            page.map.pane.data.values,
            page._tables.values(page.chooser.key),  # type: ignore[arg-type]
        )


def test_pause_and_resume_give_the_profile_of_a_run_without_a_break(
    make_page: Callable[..., ProfilePage],
    make_context: Callable[..., Any],
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    page = make_page()
    job = start(page, qtbot)
    with qtbot.waitSignal(page.context.live.rows_came, timeout=60_000):
        pass
    assert page.run_card.main_button.text() == "Pause"
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    wait_for(page, qtbot, "paused")
    assert page.run_card.main_button.text() == "Resume"
    assert "kept" in page.run_card.plan.text()
    assert not page.settings.device.isEnabled()

    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    wait_for(page, qtbot, "done")
    paused = statistics_of(page.context)
    assert page.context.jobs.jobs()[-1].id == job

    profiled_project(tmp_path / "whole", page.context.project.draft)
    whole = make_context(tmp_path / "whole")
    whole.models.get(whole.project.draft.target)
    with qtbot.waitSignal(whole.models.described, timeout=10_000):
        pass
    for name, values in statistics_of(whole).items():
        np.testing.assert_array_equal(paused[name], values)


def test_cancel_ends_the_job_and_the_page_can_start_again(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page()
    start(page, qtbot)
    with qtbot.waitSignal(page.context.live.rows_came, timeout=60_000):
        pass
    qtbot.mouseClick(page.run_card.cancel_button, _LEFT)
    wait_for(page, qtbot, "cancelled")
    assert page.run_card.main_button.text() == "Start profiling"
    assert page.run_card.main_button.isEnabled()
    assert not page.run_card.cancel_button.isVisible()

    start(page, qtbot)
    wait_for(page, qtbot, "done")
    assert page.context.states()["profile"] is StageState.DONE


def test_a_page_that_is_opened_late_shows_what_has_come_already(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page()
    context = page.context
    start(page, qtbot)
    with qtbot.waitSignal(context.live.rows_came, timeout=60_000):
        pass
    late = ProfilePage(context)
    qtbot.addWidget(late)
    late.show()
    known = {TableKey(r.specialist, r.ability, r.statistic) for r in context.live.rows()}
    assert late._tables is not None
    assert known <= set(late._tables.keys)
    wait_for(page, qtbot, "done")


def test_a_reopened_project_shows_its_profiles(
    make_page: Callable[..., ProfilePage],
    make_context: Callable[..., Any],
    qtbot: QtBot,
    data: Path,
    tmp_path: Path,
) -> None:
    from act_gui.session import close_context

    page = make_page()
    start(page, qtbot)
    wait_for(page, qtbot, "done")
    folder, context = page.context.project.folder, page.context
    expected = statistics_of(context)
    page.close()
    close_context(context)

    again = make_page(folder)
    qtbot.waitUntil(lambda: bool(again._stored and again._stored.profiles), timeout=10_000)
    assert again.stack.currentIndex() == 1
    assert again._tables is not None
    for name, values in expected.items():
        pair, statistic = name.split("/")
        key = TableKey(*pair.split("--"), statistic)
        np.testing.assert_array_equal(again._tables.values(key), values)
    assert "Everything is measured" in again.run_card.plan.text()


def test_a_paused_job_can_be_gone_on_with_after_reopening(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    from act_gui.session import close_context

    page = make_page()
    start(page, qtbot)
    with qtbot.waitSignal(page.context.live.rows_came, timeout=60_000):
        pass
    folder, context = page.context.project.folder, page.context
    page.close()
    close_context(context)

    again = make_page(folder)
    assert again.run_card.main_button.text() == "Resume"
    qtbot.mouseClick(again.run_card.main_button, _LEFT)
    wait_for(again, qtbot, "done")
    assert again.context.states()["profile"] is StageState.DONE


def test_only_a_new_ability_is_measured_again(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page()
    start(page, qtbot)
    wait_for(page, qtbot, "done")
    project = page.context.project
    numbers = project.draft.abilities["numbers"].model_copy(update={"calibration_tokens": 200})
    project.edit(abilities={**project.draft.abilities, "numbers": numbers})

    text = page.run_card.plan.text()
    assert "Will be measured: painter on numbers." in text
    assert "Reused: painter on colours." in text
    assert page.run_card.main_button.isEnabled()


# --------------------------------------------------------------------------------- settings


def test_settings_reach_the_recipe(make_page: Callable[..., ProfilePage], qtbot: QtBot) -> None:
    page = make_page(statistics=())
    card = page.settings
    qtbot.waitUntil(lambda: card.device.count() > 1, timeout=20_000)
    assert card.device.itemData(0) == "auto"
    assert "Matched (needed)" in card.statistics["matched"].text()
    assert not card.statistics["matched"].isEnabled()

    qtbot.mouseClick(card.statistics["attributed"], _LEFT, pos=QPoint(8, 8))
    card.batch.setFocus()
    qtbot.keyClicks(card.batch, "1,024")
    qtbot.keyClick(card.batch, _KEYS.Key_Return)
    card.rounds.setValue(3)
    qtbot.mouseClick(card.stop, _LEFT, pos=QPoint(8, 8))
    card.threshold.setValue(2.5)

    settings = page.context.project.draft.profile
    assert settings.statistics == ("attributed",)
    assert settings.batch_tokens == 1024
    assert settings.rounds == 3
    assert settings.stop_below == 0.025


@pytest.mark.parametrize("text", ["0", "-3", "many", "1.5"])
def test_a_batch_that_is_none_is_marked_and_changes_nothing(
    make_page: Callable[..., ProfilePage], qtbot: QtBot, text: str
) -> None:
    page = make_page()
    field = page.settings.batch
    field.setFocus()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, _KEYS.Key_Return)
    assert field.property("invalid") is True
    assert "whole number" in field.toolTip()
    assert page.context.project.draft.profile.batch_tokens is None


def test_a_device_that_is_not_there_is_told(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page(device="cuda:7")
    qtbot.waitUntil(lambda: page.settings.device.count() > 2, timeout=20_000)
    assert page.settings.device.currentText() == "cuda:7 (not here)"
    errors: list[ErrorRecord] = []
    page.context.notices.error_raised.connect(errors.append)

    start(page, qtbot)
    wait_for(page, qtbot, "failed")

    assert "cuda:7" in errors[0].reason
    assert "cpu" in errors[0].remedy
    assert page.run_card.main_button.isEnabled()


def test_rounds_show_how_far_the_ranking_has_settled(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page(rounds=2)
    start(page, qtbot)
    wait_for(page, qtbot, "done")

    measured = page.context.live.convergence()
    assert measured
    assert "in the last round" in page.stability.sentence.text()


def test_everything_has_a_name_and_is_reached_by_tab(
    make_page: Callable[..., ProfilePage], qtbot: QtBot
) -> None:
    page = make_page()
    start(page, qtbot)
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(lambda: bool(page._stored and page._stored.profiles), timeout=10_000)
    assert unnamed(page) == []
    page.activateWindow()
    assert unreached(page) == []
