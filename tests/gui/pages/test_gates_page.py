"""Gates: a choice, a real job that fills curves and map, and what can be done with its gates."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.events import TuningLoss, discard
from act_core.localize.masks import load_mask
from act_core.pipeline.run import run_recipe
from act_core.recipe import GateSettings
from act_core.runs import RunFolder
from act_core.transfer.gates import load_gates
from act_gui.pages.gates_page import GatesPage
from act_gui.pages.gates_parts.plan import best_so_far
from act_gui.session import close_context
from act_gui.stages import StageState
from tests.gui.access import unnamed, unreached
from tests.gui.fitting import cut_texts
from tests.gui.pages.learning import choose, context_of_copy, wait_for, write
from tests.gui.pages.profiled import carried_out_project, tiny_draft

_LEFT = Qt.MouseButton.LeftButton
_QUICK = GateSettings(steps=4, batch_tokens=40, check_every=2, learning_rate=0.2, l1=0.5)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of tiny models whose gates are learned."""
    place = tmp_path_factory.mktemp("gates")
    draft = tiny_draft(place / "data", gates=_QUICK)
    carried_out_project(place / "project", draft, "learn", ("models", "abilities", "gates"))
    return place / "project"


@pytest.fixture
def make_page(
    qtbot: QtBot, make_context: Callable[..., Any], learned: Path, tmp_path: Path
) -> Callable[..., GatesPage]:
    """Shows the page of a copy of that project; keywords change its gates before."""

    def make(
        *, off: bool = False, fresh: bool = False, known: bool = True, **changes: Any
    ) -> GatesPage:
        context = context_of_copy(
            make_context,
            learned,
            tmp_path / "project",
            "gates",
            off=off,
            forgotten="runs/main" if fresh else None,
            changes=changes,
        )
        page = GatesPage(context)
        qtbot.addWidget(page)
        page.resize(1200, 850)
        page.show()
        context.models.get(context.project.draft.target)
        qtbot.waitUntil(lambda: context.profiles.layout is not None, timeout=20_000)
        if not off and not fresh and known:
            qtbot.waitUntil(lambda: page._stored is not None, timeout=20_000)
        return page

    return make


def state_of(page: GatesPage) -> StageState:
    return page.context.states()["gates"]


def gates_of(page: GatesPage) -> Any:
    layout = page.context.profiles.layout
    assert layout is not None
    return load_gates(page.context.project.run.gates_path, layout)


# ----------------------------------------------------------------------------------- choice


def test_not_used_is_said_and_a_person_can_decide_otherwise_and_back(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page(off=True)
    project = page.context.project
    assert state_of(page) is StageState.UNUSED
    assert page.state_label.text() == "Not used"
    assert "go on to Transfer" in page.empty.text.text()
    assert not page.run_card.isVisible()

    qtbot.mouseClick(page.choice.using, _LEFT, pos=QPoint(8, 8))
    assert project.draft.gates == GateSettings()
    assert page.run_card.main_button.isEnabled()
    page.settings.learning.steps.setValue(9)
    qtbot.mouseClick(page.choice.without, _LEFT, pos=QPoint(8, 8))
    assert project.draft.gates is None
    assert state_of(page) is StageState.UNUSED
    qtbot.mouseClick(page.choice.using, _LEFT, pos=QPoint(8, 8))
    assert project.draft.gates == GateSettings(steps=9)


def test_a_dtype_without_room_for_gradients_is_told_before_the_start(
    make_page: Callable[..., GatesPage],
) -> None:
    page = make_page(fresh=True)
    profile = page.context.project.draft.profile
    for dtype, ready in (("float16", False), ("bfloat16", True)):
        page.context.project.edit(profile=profile.model_copy(update={"dtype": dtype}))
        assert page.run_card.main_button.isEnabled() is ready
        assert page.run_card.plan.text().startswith("float16 has no room") is not ready


def test_several_specialists_start_from_their_sum_and_are_shown_one_at_a_time(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page(off=True)
    project = page.context.project
    painter = project.draft.specialists["painter"]
    project.edit(specialists={"painter": painter, "second": painter})

    qtbot.mouseClick(page.choice.using, _LEFT, pos=QPoint(8, 8))

    assert project.draft.gates == GateSettings(start="task-arithmetic")
    start = page.settings.start
    assert not start.model().item(start.findData("interpolation")).isEnabled()
    assert start.model().item(start.findData("mask")).isEnabled()
    chooser = page.pictures.specialist
    assert [chooser.itemText(row) for row in range(chooser.count())] == ["painter", "second"]
    assert chooser.isVisible()
    assert list(page.tokens.fields) == ["painter", "second"]


def test_a_start_in_the_selected_channels_waits_for_them(
    make_page: Callable[..., GatesPage],
) -> None:
    page = make_page(start="mask")
    assert state_of(page) is StageState.STALE
    assert "Profile first" in page.missing_step.text.text()
    assert not page.run_card.isVisible()


# --------------------------------------------------------------------------------- settings


def test_settings_reach_the_recipe(make_page: Callable[..., GatesPage], qtbot: QtBot) -> None:
    page = make_page()
    card = page.settings
    qtbot.mouseClick(card.more.button, _LEFT)
    card.high.setValue(1.5)
    card.strength.setValue(1.2)
    card.low.setValue(-0.5)
    card.rate.setValue(0.01)
    card.price.setValue(0.25)
    card.learning.validation.setValue(30)
    card.learning.every.setValue(3)
    card.learning.patience.setValue(5)
    write(qtbot, card.learning.tokens, "2,048")
    write(qtbot, card.budget, "20 %")
    card.learning.checkpointing.click()  # its place may not be laid out yet
    choose(card.start, "task-arithmetic")

    assert page.context.project.draft.gates == GateSettings(
        start="task-arithmetic", strength=1.2, steps=4, batch_tokens=2048, learning_rate=0.01,
        l1=0.25, bounds=(-0.5, 1.5), validation=0.3, check_every=3, patience=5, checkpointing=True,
        budget=0.2,
    )  # fmt: skip


def test_no_field_offers_what_the_recipe_refuses(
    make_page: Callable[..., GatesPage],
) -> None:
    page = make_page(strength=0.6, bounds=(0.0, 0.8))
    card = page.settings
    card.strength.setValue(2.0)  # beyond the highest gate
    assert page.context.project.draft.gates == _QUICK.model_copy(
        update={"strength": 0.8, "bounds": (0.0, 0.8)}
    )
    card.high.setValue(0.1)  # below the start
    assert page.context.project.draft.gates.bounds == (0.0, 0.8)


def test_tokens_to_read_stand_beside_those_of_the_training(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page(steps=10, batch_tokens=100)
    card = page.tokens
    assert "about 2,000 tokens" in card.reading.text()  # of two abilities
    assert "Up to 2 %" in card.verdicts["painter"].text()

    def say(text: str) -> str:
        write(qtbot, card.fields["painter"], text)
        return card.verdicts["painter"].text()

    assert "1 % of its training, below 2 %" in say("200,000")
    assert page.context.project.draft.specialists["painter"].training_tokens == 200_000
    assert "20 % of its training, above 2 %" in say("10,000")
    assert card.verdicts["painter"].property("role") == "warn"
    assert state_of(page) is StageState.STALE  # by other steps, not by what was said here


# -------------------------------------------------------------------------------------- job


def test_learning_fills_curves_and_map_and_ends_with_the_stored_gates(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page(fresh=True)
    assert state_of(page) is StageState.READY
    assert "drawn here" in page.pictures.losses.accessibleDescription()
    drawn: list[int] = []
    page.context.live_gates.loss_came.connect(
        lambda: drawn.append(len(page.context.live_gates.losses()))
    )

    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    assert not page.choice.without.isEnabled()
    assert not page.settings.learning.steps.isEnabled()
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(lambda: page._stored is not None, timeout=10_000)

    # Two abilities: four steps learned from, three checks.
    assert drawn == list(range(1, 15))
    assert state_of(page) is StageState.DONE
    values = gates_of(page).values["painter"]
    np.testing.assert_array_equal(page.pictures.map.pane.data.values, values)
    assert (
        f"{np.count_nonzero(values):,} of {len(values):,}"
        in page.result.facts.facts()["Open gates"]
    )
    said = page.pictures.losses.accessibleDescription()
    assert f"The best step is {page._stored.best_step}" in said
    assert "colours, validation" in said
    assert not page.run_card.main_button.isEnabled()
    assert page.context.live.rows() == ()  # gates are no profile


def test_a_paused_job_is_gone_on_with_after_reopening_and_ends_as_without_a_break(
    make_page: Callable[..., GatesPage], qtbot: QtBot, tmp_path: Path
) -> None:
    page = make_page(fresh=True, steps=12, patience=12)
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    with qtbot.waitSignal(page.context.live_gates.rows_came, timeout=60_000):
        pass
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    wait_for(page, qtbot, "paused")
    assert "kept" in page.run_card.plan.text()
    context = page.context
    page.close()
    close_context(context)

    again = make_page(known=False)
    assert again.run_card.main_button.text() == "Resume"
    qtbot.mouseClick(again.run_card.main_button, _LEFT)
    wait_for(again, qtbot, "done")
    assert state_of(again) is StageState.DONE
    recipe = again.context.project.draft.complete().model_copy(update={"run": tmp_path / "whole"})
    run_recipe(recipe, until="learn", command="act", emit=discard, token=CancelToken())
    whole = load_gates(RunFolder(tmp_path / "whole").gates_path, again.context.profiles.layout)
    np.testing.assert_array_equal(gates_of(again).values["painter"], whole.values["painter"])


def test_cancel_ends_the_job_and_the_page_can_start_again(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page(fresh=True, steps=500, patience=500)
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    with qtbot.waitSignal(page.context.live_gates.rows_came, timeout=60_000):
        pass
    late = GatesPage(page.context)
    qtbot.addWidget(late)
    late.show()
    assert "colours, validation" in late.pictures.losses.accessibleDescription()
    qtbot.mouseClick(page.run_card.cancel_button, _LEFT)
    wait_for(page, qtbot, "cancelled")
    assert state_of(page) is StageState.READY
    assert page.run_card.main_button.text() == "Start learning"
    assert page.run_card.main_button.isEnabled()


def test_a_person_stops_the_learning_and_keeps_the_best(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page(fresh=True, steps=500, patience=500)
    assert not page.run_card.best_button.isVisible()
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    qtbot.waitUntil(page.run_card.best_button.isEnabled, timeout=60_000)
    qtbot.mouseClick(page.run_card.best_button, _LEFT)
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(lambda: page._stored is not None, timeout=10_000)

    assert page._stored.stopped_by_person
    assert page._stored.steps < 500
    assert page.result.facts.facts()["Stopped early"] == "yes, as you asked"
    assert state_of(page) is StageState.DONE


# ------------------------------------------------------------------------------- afterwards


def test_other_settings_make_the_gates_out_of_date_but_leave_them_in_sight(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page()
    assert state_of(page) is StageState.DONE
    page.settings.learning.steps.setValue(6)
    assert state_of(page) is StageState.STALE
    assert "earlier settings" in page.run_card.plan.text()
    assert page.result.isVisible()
    assert page.run_card.main_button.isEnabled()
    page.settings.learning.steps.setValue(4)
    assert state_of(page) is StageState.DONE


def test_damaged_gates_can_be_learned_again(
    make_page: Callable[..., GatesPage], qtbot: QtBot, learned: Path, tmp_path: Path
) -> None:
    shutil.copytree(learned, tmp_path / "project")
    path = RunFolder(tmp_path / "project" / "runs" / "main").gates_path
    path.write_bytes(b"damaged")
    page = make_page(known=False)
    qtbot.waitUntil(page.run_card.main_button.isEnabled, timeout=10_000)
    assert "gone or damaged" in page.run_card.plan.text()
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(lambda: page._stored is not None, timeout=10_000)
    whole = load_gates(
        RunFolder(learned / "runs" / "main").gates_path, page.context.profiles.layout
    )
    np.testing.assert_array_equal(gates_of(page).values["painter"], whole.values["painter"])


def test_open_gates_become_a_mask_of_the_library(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page()
    notes: list[str] = []
    page.context.notices.note_given.connect(lambda text, *_rest: notes.append(text))
    for name in ("gates painter", "gates painter 2"):
        qtbot.mouseClick(page.result.mask_button, _LEFT)
        path = page.context.project.masks / f"{name}.safetensors"
        qtbot.waitUntil(path.is_file, timeout=10_000)
        qtbot.waitUntil(lambda name=name: any(name in text for text in notes), timeout=10_000)
        mask = load_mask(path, page.context.profiles.layout)
        np.testing.assert_array_equal(mask.selected, gates_of(page).values["painter"] != 0)


def test_the_best_step_so_far_is_the_lowest_mean_of_whole_checks() -> None:
    def loss(step: int, ability: str, value: float) -> TuningLoss:
        return TuningLoss(step, 8, ability, "validation", value, 1)

    losses = [
        loss(0, "a", 2.0), loss(0, "b", 1.0), loss(4, "a", 1.0), loss(4, "b", 1.5),
        loss(8, "a", 0.1),
    ]  # fmt: skip
    assert best_so_far(losses, GateSettings()) == 4
    assert best_so_far(losses, GateSettings(l1=0.1)) is None
    assert best_so_far(losses, GateSettings(budget=0.1)) is None
    assert best_so_far([], GateSettings()) is None


def test_everything_has_a_name_is_reached_by_tab_and_is_never_cut(
    make_page: Callable[..., GatesPage], qtbot: QtBot
) -> None:
    page = make_page()
    qtbot.mouseClick(page.settings.more.button, _LEFT)
    assert unnamed(page) == []
    page.activateWindow()
    assert unreached(page) == []
    page.resize(820, 700)
    qtbot.waitUntil(lambda: cut_texts(page) == [], timeout=5_000)
