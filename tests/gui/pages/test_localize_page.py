"""Localize: what is shown is what localize selects, and everything can be undone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.localize.algebra import complement, difference, intersection, union
from act_core.localize.localize import localize
from act_core.localize.masks import Mask, load_mask
from act_core.models.reference import resolve
from act_core.pipeline.run import run_recipe
from act_core.profile.stored import stored_profiles
from act_core.recipe import Budget
from act_gui.pages.localize_page import LocalizePage
from act_gui.pages.localize_parts.mask_table import NAME, OVERLAP
from act_gui.stages import StageState
from tests.gui.access import unnamed, unreached
from tests.gui.pages.profiled import profiled_project, tiny_draft

_LEFT = Qt.MouseButton.LeftButton
_KEYS = Qt.Key


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profiled project of tiny models."""
    place = tmp_path_factory.mktemp("profiled")
    profiled_project(place / "project", tiny_draft(place / "data"))
    return place / "project"


@pytest.fixture
def make_page(
    qtbot: QtBot, make_context: Callable[..., Any], profiled: Path, tmp_path: Path
) -> Callable[[], LocalizePage]:
    """Shows the page of a copy of that project, once its selection is known."""
    folder = tmp_path / "project"
    shutil.copytree(profiled, folder)

    def make() -> LocalizePage:
        page = LocalizePage(make_context(folder))
        qtbot.addWidget(page)
        page._rest.setInterval(20)
        page.resize(1280, 900)
        page.show()
        qtbot.waitUntil(lambda: page.selection.selected is not None, timeout=15_000)
        return page

    return make


@pytest.fixture
def page(make_page: Callable[[], LocalizePage]) -> LocalizePage:
    return make_page()


def expected(page: LocalizePage, **changes: Any) -> Mask:
    """What `localize` selects by the project's recipe, changed as given."""
    draft = page.context.project.draft
    model = resolve(draft.target)
    assert page.context.profiles.layout is not None
    pairs = [("painter", ability) for ability in draft.abilities]
    known = stored_profiles(page.context.project.run, pairs, page.context.profiles.layout).profiles
    settings = draft.localize.model_copy(update=changes)
    return localize(model, [known[pairs[0]]], [known[pairs[1]]], settings, seed=draft.seed)


def shown(page: LocalizePage) -> Any:
    assert page.selection.selected is not None
    return page.selection.selected


def settle(page: LocalizePage, qtbot: QtBot) -> None:
    """Wait until nothing is asked any more."""
    qtbot.waitUntil(
        lambda: (
            not page._rest.isActive()
            and not page.selection.rating
            and not page.context.lookups._open
        ),
        timeout=15_000,
    )


def write(field: QLineEdit, text: str, qtbot: QtBot) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, _KEYS.Key_Delete)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, _KEYS.Key_Return)


def choose(box: QComboBox, data: str) -> None:
    index = box.findData(data)
    box.setCurrentIndex(index)
    box.activated.emit(index)


# ----------------------------------------------------------------------------------- budget


def test_the_selection_is_what_localize_makes_of_the_recipe(page: LocalizePage) -> None:
    np.testing.assert_array_equal(shown(page), expected(page).selected)
    assert page.budget_card.share == 0.1
    assert page.budget_card.share_field.text() == "10 %"
    assert "51 of 512" in page.budget_card.counts.text()


@pytest.mark.parametrize("steps", [1, 7, -9])
def test_the_slider_moves_everything_and_the_recipe_follows_later(
    page: LocalizePage, qtbot: QtBot, steps: int
) -> None:
    slider = page.budget_card.slider
    slider.setFocus()
    before = page.context.project.draft
    for _ in range(abs(steps)):
        qtbot.keyClick(slider, _KEYS.Key_Right if steps > 0 else _KEYS.Key_Left)
    share = page.budget_card.share

    assert page.context.project.draft is before
    np.testing.assert_array_equal(shown(page), expected(page, budget=Budget(share=share)).selected)
    assert page.charts.curve.share == share
    qtbot.waitUntil(lambda: page.context.project.draft.localize.budget.share == share)
    assert page.edits.stack.count() == 1


def test_neither_a_click_on_the_handle_nor_the_wheel_changes_the_budget(
    page: LocalizePage, qtbot: QtBot
) -> None:
    page.context.project.edit_section("localize", budget=Budget(parameters=3000))
    settle(page, qtbot)
    slider = page.budget_card.slider
    slider.setSliderDown(True)
    slider.setSliderDown(False)
    page.setFocus()
    middle = QPointF(slider.rect().center())
    wheel = QWheelEvent(
        middle, slider.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(slider, wheel)
    settle(page, qtbot)
    assert page.context.project.draft.localize.budget == Budget(parameters=3000)


def test_the_fields_say_the_same_and_each_can_be_written(page: LocalizePage, qtbot: QtBot) -> None:
    card = page.budget_card
    write(card.parameters_field, "4,000", qtbot)
    mask = expected(page)  # the recipe has changed
    rows = page.selection.rated.figures_of(mask.selected)  # type: ignore[union-attr]
    assert 3000 < rows.parameters <= 4000
    assert card.parameters_field.text() == f"{rows.parameters:,}"
    assert card.size_field.text() == f"{4 * rows.parameters / 1000:.3g} kB"
    np.testing.assert_array_equal(shown(page), mask.selected)

    write(card.size_field, "8 kB", qtbot)
    assert 6000 < page.selection.rated.figures(card.share).size_bytes <= 8000  # type: ignore[union-attr]
    np.testing.assert_array_equal(shown(page), expected(page).selected)

    write(card.share_field, "2.5", qtbot)
    assert page.context.project.draft.localize.budget == Budget(share=0.025)
    np.testing.assert_array_equal(shown(page), expected(page).selected)


@pytest.mark.parametrize("text", ["much", "-5", "0", "120 %", "1e999", ""])
def test_nonsense_is_marked_and_changes_nothing(
    page: LocalizePage, qtbot: QtBot, text: str
) -> None:
    before = page.context.project.draft
    field = page.budget_card.share_field
    write(field, text, qtbot)
    assert field.property("invalid") is True
    assert field.fault
    assert page.budget_card.fault.text() == field.fault
    assert page.budget_card.fault.isVisible()
    assert page.context.project.draft is before
    assert page.edits.stack.count() == 0


def test_the_curve_can_be_dragged(page: LocalizePage, qtbot: QtBot) -> None:
    curve = page.charts.curve
    start = curve.position_of(np.log10(curve.share), 0.5).toPoint()
    goal = curve.position_of(np.log10(0.5), 0.5).toPoint()

    qtbot.mousePress(curve, _LEFT, pos=start)
    qtbot.mouseMove(curve, goal)
    assert page.context.project.draft.localize.budget.share == 0.1
    assert page.budget_card.share == pytest.approx(0.5, rel=0.05)
    qtbot.mouseRelease(curve, _LEFT, pos=goal)

    share = page.context.project.draft.localize.budget.share
    assert share == pytest.approx(0.5, rel=0.05)
    np.testing.assert_array_equal(shown(page), expected(page).selected)


@pytest.mark.parametrize("budget", [Budget(parameters=3000), Budget(positive=True)])
def test_other_budgets_of_a_recipe_are_shown_exactly(
    page: LocalizePage, qtbot: QtBot, budget: Budget
) -> None:
    page.context.project.edit_section("localize", scorer="attributed", budget=budget)
    settle(page, qtbot)
    np.testing.assert_array_equal(shown(page), expected(page).selected)
    assert page.budget_card.share == pytest.approx(float(shown(page).mean()))


def test_a_budget_that_holds_nothing_is_told_and_mended_by_the_slider(
    page: LocalizePage, qtbot: QtBot
) -> None:
    before = shown(page).copy()
    page.context.project.edit_section("localize", budget=Budget(parameters=1))
    settle(page, qtbot)
    assert page._fault is not None
    assert "holds not one channel" in page._fault.error.reason
    np.testing.assert_array_equal(shown(page), before)
    assert page.context.states()["localize"] is not StageState.DONE

    write(page.budget_card.share_field, "20", qtbot)
    settle(page, qtbot)
    assert page._fault is None
    np.testing.assert_array_equal(shown(page), expected(page).selected)
    assert page.context.states()["localize"] is StageState.DONE


# ------------------------------------------------------------------------------------ score


def test_every_scorer_and_ranking_shows_what_localize_selects(
    page: LocalizePage, qtbot: QtBot
) -> None:
    for scorer, ranking in (("contrast", "global"), ("difference", "normalised")):
        choose(page.score_card.scorer, scorer)
        choose(page.score_card.ranking, ranking)
        settle(page, qtbot)
        assert page.context.project.draft.localize.scorer == scorer
        np.testing.assert_array_equal(shown(page), expected(page).selected)


def test_the_price_counts_for_attributed_alone(page: LocalizePage, qtbot: QtBot) -> None:
    assert not page.score_card.price.isVisible()
    choose(page.score_card.scorer, "attributed")
    assert page.score_card.price.isVisible()
    page.score_card.price.setValue(1.5)
    settle(page, qtbot)
    assert page.context.project.draft.localize.price == 1.5
    np.testing.assert_array_equal(shown(page), expected(page).selected)


def test_ties_bring_their_columns(page: LocalizePage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.score_card.ties["neuron"], _LEFT, pos=QPoint(8, 8))
    settle(page, qtbot)
    mask, right = page.selection.mask(), expected(page)
    assert mask is not None
    np.testing.assert_array_equal(mask.selected, right.selected)
    assert {k: v.tolist() for k, v in mask.columns.items()} == {
        k: v.tolist() for k, v in right.columns.items()
    }


def test_scorers_whose_statistics_are_missing_say_why(
    qtbot: QtBot, make_context: Callable[..., Any], tmp_path: Path
) -> None:
    profiled_project(tmp_path / "lean", tiny_draft(tmp_path / "data", statistics=()))
    page = LocalizePage(make_context(tmp_path / "lean"))
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.selection.selected is not None, timeout=15_000)

    scorer = page.score_card.scorer
    model = scorer.model()
    enabled = {
        scorer.itemData(row): bool(model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsEnabled)
        for row in range(scorer.count())
    }

    assert enabled == {
        "difference": False,
        "matched": True,
        "attributed": False,
        "contrast": True,
        "weight": True,
        "random": True,
    }
    row = scorer.findData("attributed")
    assert "holds no attributed" in scorer.itemData(row, Qt.ItemDataRole.ToolTipRole)


def test_a_score_stands_beside_another_and_goes_back(page: LocalizePage, qtbot: QtBot) -> None:
    area = page.map_area
    names = [area.other.itemData(row) for row in range(area.other.count())]
    assert names == ["", "difference", "attributed", "contrast", "weight", "random"]

    choose(area.other, "weight")
    qtbot.waitUntil(lambda: area.compare.difference.data is not None, timeout=10_000)

    assert area.compare.isVisible()
    assert not area.map.isVisible()
    assert area.compare.first.data is not None
    assert area.compare.second.data is not None
    rated = page.selection.rated
    assert rated is not None
    np.testing.assert_array_equal(area.compare.first.data.values, rated.scores)
    np.testing.assert_array_equal(area.compare.second.data.values, rated.weight)
    np.testing.assert_array_equal(area.compare.first.selected, shown(page))

    write(page.budget_card.share_field, "60", qtbot)
    np.testing.assert_array_equal(area.compare.second.selected, shown(page))
    choose(area.other, "")
    assert area.map.isVisible()
    assert not area.compare.isVisible()
    np.testing.assert_array_equal(area.map.pane.selected, shown(page))


# ------------------------------------------------------------------------------------ masks


def test_a_kept_selection_can_be_used_and_left_again(page: LocalizePage, qtbot: QtBot) -> None:
    first = shown(page).copy()
    keep_as(page, "tenth", qtbot)
    page.budget_card.slider.setFocus()
    write(page.budget_card.share_field, "40", qtbot)
    choose_mask(page, "tenth", qtbot)

    qtbot.mouseClick(page.library_card.use_button, _LEFT)
    settle(page, qtbot)

    path = page.context.project.masks / "tenth.safetensors"
    assert page.context.project.draft.specialists["painter"].mask == path
    np.testing.assert_array_equal(shown(page), first)
    assert not page.budget_card.slider.isEnabled()
    assert "tenth" in page.budget_card.mask_words.text()
    assert not page.library_card.delete_button.isEnabled()

    qtbot.mouseClick(page.budget_card.budget_button, _LEFT)
    settle(page, qtbot)
    assert page.context.project.draft.specialists["painter"].mask is None
    assert shown(page).mean() == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize(
    ("name", "law"), [("union", union), ("intersection", intersection), ("difference", difference)]
)
def test_set_operations_follow_the_algebra(
    page: LocalizePage, qtbot: QtBot, name: str, law: Callable[[Mask, Mask], Mask]
) -> None:
    other = expected(page)
    keep_as(page, "other", qtbot)
    choose(page.score_card.scorer, "difference")
    write(page.budget_card.share_field, "30", qtbot)
    settle(page, qtbot)
    now = expected(page)
    choose_mask(page, "other", qtbot)

    qtbot.mouseClick(page.library_card.operations[name], _LEFT)
    settle(page, qtbot)

    path = page.context.project.draft.specialists["painter"].mask
    assert path is not None
    np.testing.assert_array_equal(load_mask(path, now.layout).selected, law(now, other).selected)
    np.testing.assert_array_equal(shown(page), law(now, other).selected)
    assert "by hand" in page.budget_card.mask_words.text()


def test_the_complement_is_everything_else(page: LocalizePage, qtbot: QtBot) -> None:
    before = expected(page)
    qtbot.mouseClick(page.library_card.complement_button, _LEFT)
    settle(page, qtbot)
    np.testing.assert_array_equal(shown(page), complement(before).selected)


def test_a_random_control_has_as_many_channels_in_every_module(
    page: LocalizePage, qtbot: QtBot
) -> None:
    now = expected(page)
    for name in ("random control", "random control 2"):
        qtbot.mouseClick(page.library_card.random_button, _LEFT)
        settle(page, qtbot)
        control = page.library.mask_at(page.context.project.masks / f"{name}.safetensors")
        assert control is not None
        assert control.counts().tolist() == now.counts().tolist()
    np.testing.assert_array_equal(shown(page), now.selected)  # the selection stays
    overlaps = [cell(page, row, OVERLAP) for row in range(3)]
    assert all(text.endswith("%") for text in overlaps)


def test_masks_are_renamed_noted_and_deleted(page: LocalizePage, qtbot: QtBot) -> None:
    keep_as(page, "old", qtbot)
    keep_as(page, "taken", qtbot)
    table = page.library_card.table
    table.item(1, NAME).setText("new")
    settle(page, qtbot)
    table.item(1, NAME).setText("taken")
    settle(page, qtbot)
    assert [cell(page, row, NAME) for row in (1, 2)] == ["new", "taken"]

    choose_mask(page, "new", qtbot)
    write(page.library_card.note, "of the first day", qtbot)
    settle(page, qtbot)
    path = page.context.project.masks / "new.safetensors"
    assert load_mask(path, expected(page).layout).facts["note"] == "of the first day"

    choose_mask(page, "new", qtbot)
    qtbot.keyClick(table, _KEYS.Key_Delete)
    settle(page, qtbot)
    assert not path.exists()


def test_a_damaged_file_is_told_and_left_alone(
    make_page: Callable[[], LocalizePage], qtbot: QtBot, tmp_path: Path
) -> None:
    bad = tmp_path / "project" / "masks" / "bad.safetensors"
    bad.parent.mkdir(exist_ok=True)
    bad.write_bytes(b"\x00" * 20)
    page = make_page()
    settle(page, qtbot)

    assert cell(page, 1, NAME) == "bad"
    assert "cannot be read" in page.library_card.table.item(1, NAME).toolTip()
    choose_mask(page, "bad", qtbot)
    assert not page.library_card.use_button.isEnabled()
    assert bad.read_bytes() == b"\x00" * 20

    draft = page.context.project.draft
    section = draft.specialists["painter"].model_copy(update={"mask": bad})
    page.context.project.edit(specialists={"painter": section})
    settle(page, qtbot)
    assert page._fault is not None
    assert bad.exists()


def test_masks_travel_as_files(
    page: LocalizePage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(outside), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(outside), ""))

    qtbot.mouseClick(page.library_card.export_button, _LEFT)
    settle(page, qtbot)
    qtbot.mouseClick(page.library_card.import_button, _LEFT)
    settle(page, qtbot)

    brought = page.library.mask_at(page.context.project.masks / "outside.safetensors")
    assert brought is not None
    np.testing.assert_array_equal(brought.selected, shown(page))


def test_a_rectangle_adds_to_the_selection_or_takes_from_it(
    page: LocalizePage, qtbot: QtBot
) -> None:
    before = shown(page).copy()
    canvas, grid = page.map_area.map.canvas, page.map_area.map.canvas.grid
    assert grid is not None
    tools = page.map_area.map.tools

    qtbot.mouseClick(tools.mode_buttons["add"], _LEFT)
    drag(canvas, qtbot)
    settle(page, qtbot)
    added = shown(page).copy()
    region = np.flatnonzero(added & ~before)
    assert len(region)
    assert not (before & ~added).any()
    first = page.context.project.draft.specialists["painter"].mask
    assert first is not None
    np.testing.assert_array_equal(load_mask(first, grid.layout).selected, added)

    qtbot.mouseClick(tools.mode_buttons["remove"], _LEFT)
    drag(canvas, qtbot)
    settle(page, qtbot)
    assert not shown(page)[region].any()
    assert page.context.project.draft.specialists["painter"].mask != first

    page.undo_stack().undo()
    page.undo_stack().undo()
    settle(page, qtbot)
    assert page.context.project.draft.specialists["painter"].mask is None
    np.testing.assert_array_equal(shown(page), before)


def test_the_last_channel_cannot_be_taken_away(page: LocalizePage, qtbot: QtBot) -> None:
    errors: list[Any] = []
    page.context.notices.error_raised.connect(errors.append)
    everything = np.flatnonzero(shown(page))
    page.map_area.map.region_chosen.emit(everything, "remove")
    assert "No channel" in errors[0].reason
    assert shown(page).sum() == len(everything)


# ------------------------------------------------------------------------- undo and the run


def test_undo_and_redo_go_back_and_forth_through_everything(
    page: LocalizePage, qtbot: QtBot
) -> None:
    states = [(page.context.project.draft, shown(page).copy())]
    for act in (
        lambda: write(page.budget_card.share_field, "25", qtbot),
        lambda: choose(page.score_card.scorer, "difference"),
        lambda: qtbot.mouseClick(page.library_card.complement_button, _LEFT),
        lambda: qtbot.mouseClick(page.budget_card.budget_button, _LEFT),
    ):
        act()
        settle(page, qtbot)
        states.append((page.context.project.draft, shown(page).copy()))

    stack = page.undo_stack()
    assert stack.count() == 4
    for draft, selected in reversed(states[:-1]):
        stack.undo()
        settle(page, qtbot)
        assert page.context.project.draft == draft
        np.testing.assert_array_equal(shown(page), selected)
    for draft, selected in states[1:]:
        stack.redo()
        settle(page, qtbot)
        assert page.context.project.draft == draft
        np.testing.assert_array_equal(shown(page), selected)


def test_the_masks_lie_where_a_run_finds_them(page: LocalizePage, qtbot: QtBot) -> None:
    settle(page, qtbot)
    assert page.context.states()["localize"] is StageState.DONE
    path = page.context.project.run.mask_path("painter")
    written_at = path.stat().st_mtime_ns
    recipe = page.context.project.draft.complete()

    run_recipe(recipe, until="localize", command="act", emit=discard, token=CancelToken())

    assert path.stat().st_mtime_ns == written_at
    write(page.budget_card.share_field, "33", qtbot)
    settle(page, qtbot)
    assert page.context.states()["localize"] is StageState.DONE
    assert load_mask(path, expected(page).layout).count == int(0.33 * 512)


def test_an_edited_mask_is_what_a_run_takes(page: LocalizePage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.library_card.complement_button, _LEFT)
    settle(page, qtbot)
    assert page.context.states()["localize"] is StageState.DONE
    recipe = page.context.project.draft.complete()
    run_recipe(recipe, until="localize", command="act", emit=discard, token=CancelToken())
    mask = load_mask(page.context.project.run.mask_path("painter"), expected(page).layout)
    np.testing.assert_array_equal(mask.selected, shown(page))


def test_a_reopened_project_shows_the_same(
    make_page: Callable[[], LocalizePage], qtbot: QtBot
) -> None:
    page = make_page()
    choose(page.score_card.scorer, "difference")
    settle(page, qtbot)
    qtbot.mouseClick(page.library_card.complement_button, _LEFT)
    settle(page, qtbot)
    keep_as(page, "others", qtbot)
    selected = shown(page).copy()
    close(page)

    again = make_page()
    settle(again, qtbot)

    np.testing.assert_array_equal(shown(again), selected)
    assert again.score_card.scorer.currentData() == "difference"
    assert "others" in [cell(again, row, NAME) for row in range(3)]
    assert again.context.states()["localize"] is StageState.DONE


def test_an_older_profile_is_shown_and_called_out_of_date(page: LocalizePage, qtbot: QtBot) -> None:
    assert not page.stale.isVisible()
    page.context.project.edit(seed=5)
    settle(page, qtbot)
    assert page.stale.isVisible()
    assert page.context.states()["localize"] is not StageState.DONE
    assert page.selection.selected is not None


def test_each_specialist_has_a_selection_of_its_own(
    qtbot: QtBot, make_context: Callable[..., Any], tmp_path: Path
) -> None:
    draft = tiny_draft(tmp_path / "data", statistics=())
    painter = draft.specialists["painter"]
    both = {"painter": painter, "second": painter.model_copy(update={"brings": ("colours",)})}
    profiled_project(tmp_path / "both", draft.model_copy(update={"specialists": both}))
    page = LocalizePage(make_context(tmp_path / "both"))
    page._rest.setInterval(20)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.selection.selected is not None, timeout=15_000)
    settle(page, qtbot)
    assert page.score_card.specialist.isVisible()
    assert page.context.states()["localize"] is StageState.DONE

    box = page.score_card.specialist
    box.setCurrentText("second")
    box.textActivated.emit("second")
    settle(page, qtbot)
    qtbot.mouseClick(page.library_card.complement_button, _LEFT)
    settle(page, qtbot)

    masks = {n: s.mask for n, s in page.context.project.draft.specialists.items()}
    assert masks["painter"] is None
    assert masks["second"] is not None
    run = page.context.project.run
    layout = page.context.profiles.layout
    assert layout is not None
    sizes = {name: load_mask(run.mask_path(name), layout).count for name in both}
    assert sizes == {"painter": 51, "second": 512 - 51}


# ------------------------------------------------------------------------------------ access


def test_everything_has_a_name_and_is_reached_by_tab(page: LocalizePage, qtbot: QtBot) -> None:
    settle(page, qtbot)
    assert unnamed(page) == []
    page.activateWindow()
    assert unreached(page) == []


# ----------------------------------------------------------------------------------- helpers


def cell(page: LocalizePage, row: int, column: int) -> str:
    item = page.library_card.table.item(row, column)
    return item.text() if item else ""


def drag(canvas: QWidget, qtbot: QtBot) -> None:
    """A rectangle over the upper left of a map."""
    start = QPoint(int(0.25 * canvas.width()), int(0.15 * canvas.height()))
    goal = QPoint(int(0.5 * canvas.width()), int(0.4 * canvas.height()))
    qtbot.mousePress(canvas, _LEFT, pos=start)
    qtbot.mouseMove(canvas, (start + goal) / 2)
    qtbot.mouseMove(canvas, goal)
    qtbot.mouseRelease(canvas, _LEFT, pos=goal)


def keep_as(page: LocalizePage, name: str, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.library_card.name, name)
    qtbot.mouseClick(page.library_card.keep_button, _LEFT)
    settle(page, qtbot)
    assert page.library_card.name.text() == ""


def choose_mask(page: LocalizePage, name: str, qtbot: QtBot) -> None:
    settle(page, qtbot)
    table = page.library_card.table
    rows = {cell(page, row, NAME): row for row in range(table.rowCount())}
    table.selectRow(rows[name])


def close(page: LocalizePage) -> None:
    """As the window closes a project."""
    from act_gui.session import close_context

    page.close()
    close_context(page.context)
