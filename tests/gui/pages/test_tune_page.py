"""Tune: a switch, presets, a real job with live curves, and what it is held against."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from safetensors.numpy import load_file

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.pipeline.run import run_recipe
from act_core.pipeline.tune_plan import tune_plan
from act_core.recipe import TuneSettings, preset_of
from act_core.report.numbers import size
from act_core.runs import RunFolder
from act_core.tune.tuned_training import read_tuned
from act_gui.pages.tune_page import TunePage
from act_gui.session import close_context
from act_gui.stages import StageName, StageState
from tests.gui.access import unnamed, unreached
from tests.gui.fitting import cut_texts
from tests.gui.pages.learning import choose, context_of_copy, wait_for, write
from tests.gui.pages.profiled import carried_out_project, tiny_draft

_LEFT = Qt.MouseButton.LeftButton
_SHORT = TuneSettings(steps=4, batch_tokens=40, check_every=2, learning_rate=0.01)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of tiny models that is localized and tuned."""
    place = tmp_path_factory.mktemp("tuned")
    draft = tiny_draft(place / "data", tune=_SHORT)
    done: tuple[StageName, ...] = ("models", "abilities", "profile", "localize", "tune")
    carried_out_project(place / "project", draft, "fit", done)
    return place / "project"


@pytest.fixture
def make_page(
    qtbot: QtBot, make_context: Callable[..., Any], tuned: Path, tmp_path: Path
) -> Callable[..., TunePage]:
    """Shows the page of a copy of that project; keywords change its tuning before."""

    def make(
        *, off: bool = False, fresh: bool = False, known: bool = True, **changes: Any
    ) -> TunePage:
        context = context_of_copy(
            make_context,
            tuned,
            tmp_path / "project",
            "tune",
            off=off,
            forgotten="runs/main/tune" if fresh else None,
            changes=changes,
        )
        page = TunePage(context)
        qtbot.addWidget(page)
        page.resize(1200, 850)
        page.show()
        if not off and not fresh and known:
            qtbot.waitUntil(lambda: page._stored is not None, timeout=20_000)
        return page

    return make


def state_of(page: TunePage) -> StageState:
    return page.context.states()["tune"]


def settings_of(page: TunePage) -> TuneSettings | None:
    return page.context.project.draft.tune


def result_of(run: Path) -> Any:
    found = read_tuned(RunFolder(run).tuned_path("result"))
    assert found is not None
    return found


def assert_equal_numbers(run: Path, other: Path) -> None:
    one, two = (load_file(result_of(place).weights) for place in (run, other))
    assert one.keys() == two.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name])


# ----------------------------------------------------------------------------------- choice


def test_one_switch_adds_and_removes_the_section_and_both_can_be_undone(
    make_page: Callable[..., TunePage], qtbot: QtBot
) -> None:
    page = make_page(off=True)
    recipe = page.context.project.folder / "recipe.yaml"
    assert state_of(page) is StageState.UNUSED
    assert "go on to Evaluate" in page.empty.text.text()
    assert not page.run_card.isVisible()

    qtbot.mouseClick(page.choice.using, _LEFT, pos=QPoint(8, 8))
    assert settings_of(page) == preset_of("quick")
    page.context.project.save()
    assert "tune:" in recipe.read_text("utf-8")
    page.settings.learning.steps.setValue(9)
    qtbot.mouseClick(page.choice.without, _LEFT, pos=QPoint(8, 8))
    assert state_of(page) is StageState.UNUSED
    page.context.project.save()
    assert "tune:" not in recipe.read_text("utf-8")

    qtbot.mouseClick(page.choice.using, _LEFT, pos=QPoint(8, 8))
    nine = preset_of("quick").model_copy(update={"steps": 9})
    assert settings_of(page) == nine
    stack = page.undo_stack()
    seen = []
    while stack.canUndo():
        stack.undo()
        seen.append(settings_of(page))
    assert seen == [None, nine, preset_of("quick"), None]
    assert page.choice.without.isChecked()
    stack.redo()
    assert settings_of(page) == preset_of("quick")


# --------------------------------------------------------------------------------- settings


def test_presets_and_kinds_set_fields_together_and_one_field_makes_them_a_persons_own(
    make_page: Callable[..., TunePage],
) -> None:
    page = make_page()
    card = page.settings
    assert card.preset.currentText() == "Own settings"
    choose(card.preset, "careful")
    assert settings_of(page) == preset_of("careful", _SHORT)
    assert (card.learning.steps.value(), card.learning.tokens.text(), card.rate.text()) == (
        96,
        "2,048",
        "5e-05",
    )
    assert not card.rank.isVisible()
    choose(card.kind, "lora")
    lora = TuneSettings(kind="lora")
    assert settings_of(page) == preset_of("careful", lora)  # the rate is the kind's
    assert card.rank.isVisible()
    assert card.keep.isVisible()
    choose(card.preset, "quick")
    assert settings_of(page) == preset_of("quick", lora)
    card.learning.steps.setValue(17)
    assert card.preset.currentText() == "Own settings"
    choose(card.kind, "channels")
    assert settings_of(page) == TuneSettings(steps=17, batch_tokens=1024, patience=2)


def test_every_setting_reaches_the_recipe(make_page: Callable[..., TunePage], qtbot: QtBot) -> None:
    page = make_page(kind="lora")
    card = page.settings
    qtbot.mouseClick(card.more.button, _LEFT)
    card.learning.steps.setValue(12)
    card.rank.setValue(4)
    card.learning.validation.setValue(30)
    card.learning.every.setValue(3)
    card.learning.patience.setValue(5)
    write(qtbot, card.learning.tokens, "2,048")
    write(qtbot, card.rate, "2e-4")
    card.decay.click()  # their places may not be laid out yet
    card.learning.checkpointing.click()
    choose(card.keep, "adapter")
    page.mix.fields["colours"].setValue(3)

    assert settings_of(page) == TuneSettings(
        kind="lora", steps=12, batch_tokens=2048, shares={"colours": 3.0}, learning_rate=2e-4,
        decay=False, validation=0.3, check_every=3, patience=5, rank=4, keep="adapter",
        checkpointing=True,
    )  # fmt: skip
    assert page.mix.said["colours"].text() == "75 %, 3,072 tokens a step"
    assert page.mix.said["numbers"].text() == "25 %, 1,024 tokens a step"
    page.mix.fields["colours"].setValue(1)
    assert settings_of(page).shares == {}
    card.learning.validation.setValue(0)  # nothing is checked then
    assert not card.learning.patience.isEnabled()


def test_tokens_to_read_stand_beside_those_of_the_training(
    make_page: Callable[..., TunePage], qtbot: QtBot
) -> None:
    page = make_page(steps=10, batch_tokens=100)
    card = page.tokens
    assert "about 2,000 tokens" in card.reading.text()  # of two abilities
    write(qtbot, card.fields["painter"], "200,000")
    assert "1 % of its training, below 2 %" in card.verdicts["painter"].text()
    write(qtbot, card.fields["painter"], "10,000")
    assert "20 % of its training, above 2 %" in card.verdicts["painter"].text()
    assert page.context.project.draft.specialists["painter"].training_tokens == 10_000


def test_memory_and_time_are_told_before_the_start_and_follow_the_settings(
    make_page: Callable[..., TunePage], qtbot: QtBot
) -> None:
    page = make_page(steps=6)
    for kind in ("channels", "lora"):
        choose(page.settings.kind, kind)
        plan = tune_plan(page.context.project.draft.complete())

        def is_told(parameters: int = plan.parameters) -> bool:
            return f"{parameters:,} numbers" in page.plan.facts.facts().get("Learn", "")

        qtbot.waitUntil(is_told, timeout=20_000)
        assert f"{plan.tokens:,} tokens at most" in page.plan.facts.facts()["Read"]
        assert "as fast as the last tuning" in page.plan.facts.facts()["Time"]
        assert size(plan.memory.size_bytes) in page.run_card.facts.text()
        assert plan.memory.assumptions[0] in page.plan.fit.text()


# -------------------------------------------------------------------------------------- job


def test_tuning_draws_losses_tells_rate_speed_and_memory_and_ends_with_what_is_stored(
    make_page: Callable[..., TunePage], qtbot: QtBot, tuned: Path
) -> None:
    page = make_page(fresh=True)
    assert state_of(page) is StageState.READY
    assert "drawn here" in page.losses.accessibleDescription()
    told: list[str] = []
    page.context.jobs.changed.connect(lambda _job: told.append(page.run_card.facts.text()))

    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    assert not page.choice.without.isEnabled()
    assert not page.settings.learning.steps.isEnabled()
    assert not page.mix.fields["colours"].isEnabled()
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(lambda: page._stored is not None, timeout=10_000)

    run, known = page.context.project.run.path, result_of(tuned / "runs" / "main")
    assert_equal_numbers(run, tuned / "runs" / "main")  # as the pipeline alone
    drawn = {
        (line.ability, line.split): dict(zip(line.steps, line.losses, strict=True))
        for line in page.losses.lines
    }
    assert {(e.ability, e.split) for e in known.losses} == set(drawn)
    assert all(drawn[e.ability, e.split][e.step] == e.loss for e in known.losses)
    assert page.context.live_tuning.losses() == known.losses
    # Whichever step a busy machine has let be seen.
    shown = re.search(r"learning rate (\d\S*)", " ".join(told))
    assert shown is not None
    assert 0 < float(shown[1].rstrip(",;.")) <= page.context.project.draft.tune.rate
    assert "tokens a second" in " ".join(told)
    assert "of memory" in " ".join(told)
    assert state_of(page) is StageState.DONE
    steps = page.result.facts.facts()["Steps"]
    assert steps == f"{known.facts['steps']}, the best is {known.facts['best_step']}"
    assert not page.run_card.main_button.isEnabled()
    with qtbot.waitSignal(page.context.page_wanted) as wanted:
        qtbot.mouseClick(page.result.write_button, _LEFT)
    assert wanted.args == ["transfer"]


def test_a_paused_job_is_gone_on_with_after_reopening_and_ends_as_without_a_break(
    make_page: Callable[..., TunePage], qtbot: QtBot, tmp_path: Path
) -> None:
    page = make_page(fresh=True, steps=12, patience=12)
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    with qtbot.waitSignal(page.context.live_tuning.step_done, timeout=60_000):
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
    run = again.context.project.run.path
    shutil.copytree(run, tmp_path / "whole", ignore=shutil.ignore_patterns("tune"))
    recipe = again.context.project.draft.complete().model_copy(update={"run": tmp_path / "whole"})
    run_recipe(recipe, until="fit", command="act", emit=discard, token=CancelToken())
    assert_equal_numbers(run, tmp_path / "whole")


def test_a_person_stops_the_tuning_and_keeps_the_best_or_cancels_it(
    make_page: Callable[..., TunePage], qtbot: QtBot
) -> None:
    page = make_page(fresh=True, steps=500, patience=500)
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    with qtbot.waitSignal(page.context.live_tuning.step_done, timeout=60_000):
        pass
    late = TunePage(page.context)  # a page that is opened later shows the same curves
    qtbot.addWidget(late)
    late.show()
    assert "colours, validation" in late.losses.accessibleDescription()
    late.hide()
    qtbot.mouseClick(page.run_card.cancel_button, _LEFT)
    wait_for(page, qtbot, "cancelled")
    assert state_of(page) is StageState.READY
    assert page.run_card.main_button.text() == "Start tuning"

    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    qtbot.waitUntil(page.run_card.best_button.isEnabled, timeout=60_000)
    qtbot.mouseClick(page.run_card.best_button, _LEFT)
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(lambda: page._stored is not None, timeout=10_000)
    found = result_of(page.context.project.run.path).facts
    assert found["stopped"] == "person"
    assert found["steps"] < 500
    assert page.result.facts.facts()["Stopped early"] == "yes, as you asked"
    assert state_of(page) is StageState.DONE


# ------------------------------------------------------------------------------- afterwards


def test_transfer_tuning_and_both_stand_beside_each_other_once_they_are_measured(
    make_page: Callable[..., TunePage], qtbot: QtBot
) -> None:
    page = make_page()
    table = page.comparison.table
    assert not table.isVisible()
    with qtbot.waitSignal(page.context.page_wanted) as wanted:
        qtbot.mouseClick(page.comparison.measure_button, _LEFT)
    assert wanted.args == ["evaluate"]
    evaluate = page.context.project.draft.evaluate.model_copy(update={"controls": ()})
    page.context.project.edit(evaluate=evaluate)
    page.context.start("evaluate", "Measure")
    wait_for(page, qtbot, "done")
    qtbot.waitUntil(table.isVisible, timeout=10_000)

    rows = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(4)}
    assert list(rows) == ["target (before)", "transfer only", "tuning only", "both (the result)"]
    metrics = json.loads(page.context.project.run.metrics.read_text("utf-8"))
    column = table.horizontalHeaderItem(1).text()
    assert column == "colours: loss"
    for name, title in (("transfer only", "transfer only"), ("result", "both (the result)")):
        figure = next(
            f["value"]
            for f in metrics["figures"]
            if (f["candidate"], f["ability"], f["measure"]) == (name, "colours", "loss")
        )
        assert rows[title].startswith(f"{figure:.3f}")
    assert not page.comparison.measure_button.isVisible()
    page.settings.learning.steps.setValue(6)
    assert "earlier settings" in page.comparison.hint.text()
    assert "earlier settings" in page.run_card.plan.text()
    assert state_of(page) is StageState.STALE
    page.undo_stack().undo()
    assert state_of(page) is StageState.DONE


def test_a_damaged_tuning_can_be_done_again(
    make_page: Callable[..., TunePage], qtbot: QtBot, tuned: Path, tmp_path: Path
) -> None:
    shutil.copytree(tuned, tmp_path / "project")
    result_of(tmp_path / "project" / "runs" / "main").weights.write_bytes(b"damaged")
    page = make_page(known=False)
    qtbot.waitUntil(page.run_card.main_button.isEnabled, timeout=10_000)
    assert "gone or damaged" in page.run_card.plan.text()
    qtbot.mouseClick(page.run_card.main_button, _LEFT)
    wait_for(page, qtbot, "done")
    assert_equal_numbers(page.context.project.run.path, tuned / "runs" / "main")


def test_everything_has_a_name_is_reached_by_tab_and_is_never_cut(
    make_page: Callable[..., TunePage], qtbot: QtBot
) -> None:
    page = make_page(kind="lora")
    qtbot.mouseClick(page.settings.more.button, _LEFT)
    assert unnamed(page) == []
    page.activateWindow()
    assert unreached(page) == []
    for preset in ("quick", "careful"):
        choose(page.settings.preset, preset)  # its words take other room
        _is_never_cut(page, qtbot)
    page.resize(820, 700)
    _is_never_cut(page, qtbot)


def _is_never_cut(page: QWidget, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: cut_texts(page) == [], timeout=5_000)
