"""The shell: projects in and out, layout, theme, docks, notices, access."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from act_core.errors import ActError
from act_core.settings import load_settings
from act_gui.jobs.panel import JobPanel
from act_gui.project import MANIFEST_NAME, Project
from act_gui.stages import PAGE_NAMES, STAGE_NAMES, StageState, stages
from act_gui.theme import DARK, LIGHT
from act_gui.tour import hints, hints_when_done
from act_gui.widgets.banner import ErrorBanner
from act_gui.widgets.stage_list import StageList
from tests.gui.access import unnamed, unreached, walked

MakeWindow = Callable[..., Any]


@pytest.fixture
def window(make_window: MakeWindow) -> Any:
    return make_window()


@pytest.fixture
def opened(window: Any, tmp_path: Path) -> Any:
    window.desk.create(tmp_path / "project")
    return window


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_window_opens_with_the_start_page_alone(window: Any) -> None:
    assert window.parts.start_page.isVisible()
    assert not window.parts.stage_list.isVisible()
    assert window.parts.start_page.demo_button.hasFocus()


def test_an_opened_project_shows_its_stages_and_title(opened: Any) -> None:
    assert opened.windowTitle() == "project – ACT Studio"
    assert opened.parts.stage_list.isVisible()
    assert opened.page_name == "models"


def test_the_same_project_is_not_opened_twice(opened: Any, tmp_path: Path) -> None:
    context = opened.context

    assert opened.desk.open(tmp_path / "project")

    assert opened.context is context


def test_another_project_takes_the_place_of_the_first(opened: Any, tmp_path: Path) -> None:
    assert opened.desk.create(tmp_path / "second")

    assert opened.context.project.folder == tmp_path / "second"
    assert opened.desk.open(tmp_path / "project")  # its lock was given back


def test_the_menu_of_recent_projects_opens_the_one_that_is_chosen(
    opened: Any, tmp_path: Path
) -> None:
    opened.desk.create(tmp_path / "second")
    menu = opened._recent_menu

    menu.aboutToShow.emit()

    assert [action.text() for action in menu.actions()] == ["second", "project"]
    menu.actions()[1].trigger()
    assert opened.context.project.folder == tmp_path / "project"


def test_a_project_that_is_open_elsewhere_is_refused(
    opened: Any, tmp_path: Path, make_window: MakeWindow
) -> None:
    other = make_window()

    assert not other.desk.open(tmp_path / "project")

    assert "another window" in other.parts.start_page.error.reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"act_project": 2, "records": {}}', "newer version"),
        ("{", "damaged"),
        ('{"act_project": 1, "unknown": 1}', "damaged"),
        ("[]", "damaged"),
        ("\x00\x01", "damaged"),
    ],
)
def test_a_damaged_or_newer_project_is_refused_and_untouched(
    opened: Any, tmp_path: Path, text: str, words: str
) -> None:
    opened.desk.close()
    folder = tmp_path / "project"
    (folder / MANIFEST_NAME).write_text(text, "utf-8")
    before = files_of(folder)

    assert not opened.desk.open(folder)

    assert words in opened.parts.start_page.error.reason
    assert opened.context is None
    assert files_of(folder) == before


def test_a_damaged_recipe_is_refused_and_untouched(opened: Any, tmp_path: Path) -> None:
    opened.desk.close()
    folder = tmp_path / "project"
    (folder / "recipe.yaml").write_text("target: [", "utf-8")
    before = files_of(folder)

    assert not opened.desk.open(folder)

    assert "YAML" in opened.parts.start_page.error.reason
    assert files_of(folder) == before


def test_a_refused_project_leaves_the_open_one_alone(opened: Any, tmp_path: Path) -> None:
    assert not opened.desk.open(tmp_path / "nothing")

    assert opened.context.project.folder == tmp_path / "project"
    assert isinstance(opened.parts.notice_area.banners[0], ErrorBanner)


def test_page_docks_and_size_come_back(make_window: MakeWindow, tmp_path: Path) -> None:
    first = make_window()
    first.desk.create(tmp_path / "project")
    first.show_page("transfer")
    first.toggle_dock("log")
    first.resize(780, 700)
    first.close()

    second = make_window()
    second.desk.open(tmp_path / "project")

    assert second.page_name == "transfer"
    assert second.parts.docks["log"].isVisible()
    assert not second.parts.docks["jobs"].isVisible()
    assert (second.width(), second.height()) == (780, 700)


def test_the_jobs_come_back_with_their_dock_and_are_made_only_then(
    make_window: MakeWindow, tmp_path: Path
) -> None:
    first = make_window()
    first.desk.create(tmp_path / "project")
    assert not isinstance(first.parts.docks["jobs"].widget(), JobPanel)
    first.toggle_dock("jobs")
    first.close()

    second = make_window()
    second.desk.open(tmp_path / "project")

    assert second.parts.docks["jobs"].isVisible()
    assert isinstance(second.parts.docks["jobs"].widget(), JobPanel)


def test_a_page_that_comes_back_is_alone_when_the_focus_moves_to_the_list(
    make_window: MakeWindow, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "project")
    project.keep_view("transfer", "")
    project.close()
    window = make_window()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    window.parts.start_page.demo_button.setFocus()  # goes with the start page

    window.desk.open(tmp_path / "project")

    shown = [page.stage for page in window.parts.stack.pages() if page.isVisible()]
    assert shown == ["transfer"]


@pytest.mark.parametrize("layout", ["", "nonsense", "AAAA.AAAA", "é.é", "a.b.c"])
def test_a_doubtful_layout_gives_the_first_one(opened: Any, tmp_path: Path, layout: str) -> None:
    opened.desk.close()
    path = tmp_path / "project" / MANIFEST_NAME
    data = json.loads(path.read_text("utf-8")) | {"window": layout, "page": "nowhere"}
    path.write_text(json.dumps(data), "utf-8")

    assert opened.desk.open(tmp_path / "project")

    assert opened.page_name == "models"
    assert not any(dock.isVisible() for dock in opened.parts.docks.values())


def test_the_theme_is_switched_while_the_window_is_shown(
    opened: Any, qapp: QApplication, qtbot: QtBot
) -> None:
    page = opened.parts.stack.page

    for name, colours in (("dark", DARK), ("light", LIGHT)):
        opened.preferences.change(theme=name)

        qtbot.waitUntil(page.updatesEnabled)  # the page follows the rest of the window
        ground = page.palette().color(QPalette.ColorRole.Window)
        assert ground.name() == colours.window
        assert colours.accent in qapp.styleSheet()
        seen = opened.grab().toImage().pixelColor(opened.width() // 2, opened.height() - 60)
        assert seen.name() in (colours.window, colours.surface)


def test_settings_are_kept(window: Any, act_home: Path) -> None:
    window.preferences.change(theme="dark", font_percent=150, explain=False)

    kept = load_settings(act_home / "settings.json")
    assert (kept.theme, kept.font_percent, kept.explain) == ("dark", 150, False)


def test_explaining_sentences_can_be_hidden(opened: Any) -> None:
    sentence = opened.parts.stack.page.sentence
    assert sentence.isVisible()

    opened.preferences.change(explain=False)
    assert not sentence.isVisible()
    opened.show_page("export")
    assert not opened.parts.stack.page.sentence.isVisible()


def test_stages_are_chosen_by_mouse_and_by_keys(opened: Any) -> None:
    stage_list = opened.parts.stage_list
    place = stage_list.visualItemRect(stage_list.item(STAGE_NAMES.index("transfer"))).center()
    QTest.mouseClick(stage_list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.page_name == "transfer"

    QTest.keyClick(stage_list, Qt.Key.Key_Down)
    assert opened.page_name == "tune"


def test_the_stage_list_has_room_for_its_words_beside_a_scroll_bar(qtbot: QtBot) -> None:
    stage_list = StageList()
    qtbot.addWidget(stage_list)
    without_bar_px = stage_list.sizeHint().width()
    stage_list.resize(without_bar_px, 200)
    stage_list.show()
    qtbot.waitUntil(lambda: stage_list.verticalScrollBar().maximum() > 0)
    assert stage_list.viewport().width() < stage_list.sizeHintForColumn(0)
    stage_list.resize(stage_list.sizeHint().width(), 200)
    assert stage_list.viewport().width() >= stage_list.sizeHintForColumn(0)


def test_the_stage_list_says_state_in_words(opened: Any) -> None:
    stage_list = opened.parts.stage_list
    said = Qt.ItemDataRole.AccessibleTextRole
    assert stage_list.item(0).data(said) == "Models: Not ready yet"

    stage_list.set_states({stage.name: StageState.STALE for stage in stages()})

    assert stage_list.item(0).data(said) == "Models: Out of date"


def test_errors_stay_and_can_be_copied(window: Any, qtbot: QtBot) -> None:
    error = ActError("The disk said no.", remedy="Ask another.", detail="errno 5", title="No luck")
    window.notices.error(error)
    window.notices.error(error)  # the same once more is not shown twice

    (banner,) = window.parts.notice_area.banners
    banner.copy_button.click()
    text = QGuiApplication.clipboard().text()
    for words in ("No luck", "The disk said no.", "Ask another.", "errno 5"):
        assert words in text
    assert not banner._details.isVisible()
    banner.details_button.click()
    assert banner._details.isVisible()
    banner.log_button.click()
    assert window.parts.docks["log"].isVisible()
    assert "The disk said no." in window.parts.log_view.text.toPlainText()
    banner.close_button.click()
    assert window.parts.notice_area.banners == ()
    assert not window.parts.notice_area.isVisible()


def test_at_most_three_banners_and_notes_go_away(
    window: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("act_gui.widgets.notice_area._NOTE_MS", 30)
    for number in range(4):
        window.notices.error(ActError(f"Reason {number}.", remedy="None."))
    reasons = [banner.error.reason for banner in window.parts.notice_area.banners]
    assert reasons == ["Reason 3.", "Reason 2.", "Reason 1."]
    window.notices.clear()

    window.notices.note("Saved.", "good")

    assert len(window.parts.notice_area.banners) == 1
    qtbot.waitUntil(lambda: window.parts.notice_area.banners == ())


def test_a_dropped_project_folder_is_opened(opened: Any, tmp_path: Path) -> None:
    opened.desk.close()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "project"))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), copy, data, left, none)
    QApplication.sendEvent(opened, enter)
    assert enter.isAccepted()

    QApplication.sendEvent(opened, QDropEvent(QPointF(5, 5), copy, data, left, none))

    assert opened.context.project.folder == tmp_path / "project"


def test_another_folder_is_not_taken(window: Any, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(
        QPointF(5, 5).toPoint(), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none
    )
    enter.ignore()

    QApplication.sendEvent(window, enter)

    assert not enter.isAccepted()


def test_the_demo_says_the_next_step_on_every_page(window: Any, tmp_path: Path) -> None:
    window.desk.create_demo(tmp_path / "demos")

    for name in PAGE_NAMES:
        window.show_page(name)
        assert window.parts.hint.text == hints()[name]
        assert window.parts.hint.isVisible()
    window.show_page("export")
    window.parts.hint._banner.close_button.click()
    assert not window.parts.hint.isVisible()
    window.show_page("models")
    assert window.parts.hint.isVisible()
    window.show_page("export")
    assert not window.parts.hint.isVisible()


def test_the_demo_leads_on_once_a_step_is_done(window: Any, tmp_path: Path) -> None:
    window.desk.create_demo(tmp_path / "demos")
    window.show_page("transfer")
    project = window.context.project
    for name in ("profile", "localize", "transfer"):
        assert window.parts.hint.text == hints()["transfer"]
        project.record(name, project.draft)
    assert window.parts.hint.text == hints_when_done()["transfer"]


class Windows(QObject):
    """Notes every widget that is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget)
        if shown and watched.isWindow():
            self.shown.append(f"{type(watched).__name__} {watched.accessibleName()}")
        return False


def test_no_part_of_a_page_flashes_as_a_window(
    window: Any, tmp_path: Path, qapp: QApplication
) -> None:
    windows = Windows()
    qapp.installEventFilter(windows)

    window.desk.create_demo(tmp_path / "demos")
    for name in PAGE_NAMES:
        window.show_page(name)
    window.notices.error(ActError("A reason.", remedy="A remedy."))

    qapp.removeEventFilter(windows)
    assert windows.shown == []


def test_other_projects_have_no_hints(opened: Any) -> None:
    assert not opened.parts.hint.isVisible()


def test_a_damaged_page_is_told_of_and_the_window_goes_on(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from act_gui.pages.export_page import ExportPage

    def broken(_page: object) -> None:
        raise ValueError("boo")

    monkeypatch.setattr(ExportPage, "refresh", broken)

    with pytest.raises(ValueError, match="boo"):
        opened.parts.stack.show_page("export", opened.context)._refresh()
    opened.show_page("models")

    assert opened.page_name == "models"


def test_every_control_of_the_shell_has_a_name(opened: Any) -> None:
    opened.toggle_dock("log")
    opened.notices.error(ActError("A reason.", remedy="A remedy.", detail="x"))

    found = [text for root in shell(opened) for text in unnamed(root)]

    assert found == []


def test_every_control_of_the_start_page_is_reached_by_tab(window: Any) -> None:
    assert unnamed(window.parts.start_page) == []
    assert unreached(window.parts.start_page) == []


def test_every_control_of_the_shell_is_reached_by_tab(opened: Any) -> None:
    opened.toggle_dock("log")
    opened.notices.error(ActError("A reason.", remedy="A remedy.", detail="x"))

    missed = [text for root in shell(opened) for text in unreached(root)]

    assert missed == []
    assert len(walked(opened)) > 8


def test_every_control_of_every_page_has_a_name_and_is_reached_by_tab(
    window: Any, tmp_path: Path
) -> None:
    window.desk.create_demo(tmp_path / "demos")

    for name in PAGE_NAMES:
        window.show_page(name)
        page = window.parts.stack.page
        assert (name, unnamed(page), unreached(page)) == (name, [], [])
    window.toggle_dock("jobs")
    panel = window.parts.docks["jobs"].widget()
    assert (unnamed(panel), unreached(panel)) == ([], [])


def shell(window: Any) -> list[Any]:
    parts = window.parts
    return [parts.stage_list, parts.notice_area, parts.log_view, parts.job_summary, parts.machine]
