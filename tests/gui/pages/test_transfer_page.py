"""Transfer: choices reach the recipe, the plan comes before anything is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from act_core.localize.masks import Mask, load_mask, save_mask
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.recipe import Specialist
from act_core.resources import resource_path
from act_core.transfer.policies import POLICIES
from act_gui.pages.transfer_page import TransferPage
from act_gui.stages import StageState
from tests.core.tiny import write_tiny

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(
    qtbot: QtBot, make_context: Callable[..., Any], localized: Path, tmp_path: Path
) -> TransferPage:
    """The page of a copy of that project."""
    folder = tmp_path / "project"
    shutil.copytree(localized, folder)
    shown = TransferPage(make_context(folder))
    qtbot.addWidget(shown)
    shown.resize(1000, 800)
    shown.show()
    qtbot.waitUntil(lambda: bool(shown.plan_view.facts.facts()), timeout=10_000)
    return shown


def test_the_plan_stands_before_anything_is_written(page: TransferPage) -> None:
    facts = page.plan_view.facts.facts()
    rows = int(facts["Rows"].replace(",", ""))
    moved = resolve(page.context.project.draft.target)

    assert 0 < rows < sum(f.shape[0] for f in moved.facts.values() if len(f.shape) == 2)
    assert "Free on that disk" in facts
    assert not page.context.project.run.model.exists()


def test_writes_verifies_and_can_be_replaced(page: TransferPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.write_button, _LEFT)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=60_000):
        pass
    qtbot.waitUntil(lambda: page.report_card.isVisible(), timeout=5_000)

    written = page.context.project.run.model
    assert (written / "model.safetensors").is_file()
    assert page.checks.accessibleName() == "All checks passed"
    assert page.context.states()["transfer"] is StageState.DONE
    assert page.write_button.text() == "Replace checkpoint"

    page.choices.strength.setValue(0.9)

    assert page.context.states()["transfer"] is StageState.STALE
    assert "have changed" in page.report_note.text()


def test_choices_reach_the_recipe_on_disk(page: TransferPage, qtbot: QtBot) -> None:
    page.choices.strength.setFocus()
    page.choices.strength.selectAll()
    qtbot.keyClicks(page.choices.strength, "0.8")
    qtbot.keyClick(page.choices.strength, Qt.Key.Key_Return)
    _choose(page.choices.parts["norms"].choice, "move", qtbot)
    _choose(page.choices.parts["embeddings"].choice, "blend", qtbot)
    page.context.project.save()

    path = page.context.project.folder / "recipe.yaml"
    saved = yaml.safe_load(path.read_text("utf-8"))["transfer"]
    assert saved["strength"] == 0.8
    assert (saved["norms"], saved["embeddings"], saved["head"]) == ("move", 0.5, "leave")
    assert page.choices.slider.value() == 80


def test_the_plan_follows_the_choices(page: TransferPage, qtbot: QtBot) -> None:
    before = page.plan_view.words.text()
    _choose(page.choices.parts["embeddings"].choice, "move", qtbot)

    qtbot.waitUntil(lambda: page.plan_view.words.text() != before, timeout=10_000)
    assert page.plan_view.facts.facts()["Whole tensors"] == "1"


def test_a_damaged_mask_is_told_in_place_of_the_plan(page: TransferPage, qtbot: QtBot) -> None:
    library = page.context.project.masks
    library.mkdir(exist_ok=True)
    (library / "broken.safetensors").write_bytes(b"no mask")
    page.refresh()
    box = page.choices.masks["base"]
    box.setCurrentIndex(1)
    box.activated.emit(1)

    qtbot.waitUntil(lambda: "Mask cannot be used" in page.plan_view.words.text(), timeout=10_000)
    assert not page.plan_view.facts.isVisible()


def test_says_the_next_step_without_masks(qtbot: QtBot, context: Any) -> None:
    page = TransferPage(context)
    qtbot.addWidget(page)
    page.show()

    assert "Choose a target." in page.missing_step.text.text()
    assert not page.plan_view.isVisible()
    assert not page.write_button.isEnabled()


def _choose(box: QComboBox, data: str, qtbot: QtBot) -> None:
    """Choose an entry by keyboard, as a person who does not use the mouse."""
    box.setFocus()
    box.setCurrentIndex(0)
    for _ in range(box.findData(data)):
        qtbot.keyClick(box, Qt.Key.Key_Down)


def test_a_router_is_a_choice_where_the_target_has_one(
    qtbot: QtBot, make_context: Callable[..., Any], tmp_path: Path
) -> None:
    context = make_context(tmp_path / "project")
    page = TransferPage(context)
    qtbot.addWidget(page)
    page.show()
    assert not page.choices.parts["router"].isVisible()

    context.project.edit(target=str(write_tiny(tmp_path / "experts", "mixtral", seed=1)))

    qtbot.waitUntil(page.choices.parts["router"].isVisible, timeout=20_000)
    _choose(page.choices.parts["router"].choice, "move", qtbot)
    assert context.project.draft.transfer.router == "move"


@pytest.fixture
def several(
    qtbot: QtBot, make_context: Callable[..., Any], localized: Path, tmp_path: Path
) -> TransferPage:
    """The page of a project with three specialists, whose masks meet here and there."""
    folder = tmp_path / "project"
    shutil.copytree(localized, folder)
    context = make_context(folder)
    project = context.project
    layout = layout_of(resolve(project.draft.target))
    known = load_mask(project.run.mask_path("base"), layout)
    project.masks.mkdir(exist_ok=True)
    sections = dict(project.draft.specialists)
    for name, shift in (("base", 0), ("cipher", 3), ("german", 7)):
        path = project.masks / f"{name}.safetensors"
        selected = np.roll(known.selected, shift)
        save_mask(Mask(layout, selected, facts=known.facts), path)
        model = str(resource_path("demo") / f"{name}-specialist")
        sections[name] = Specialist(
            model=sections[name].model if name in sections else model, mask=path
        )
    project.edit(specialists=sections)
    for stage in ("models", "profile", "localize"):
        project.record(stage, project.draft)
    shown = TransferPage(context)
    qtbot.addWidget(shown)
    shown.resize(1000, 1400)
    shown.show()
    qtbot.waitUntil(lambda: "selected channels" in shown.contested.words.text(), timeout=10_000)
    return shown


def test_contested_channels_are_listed_and_every_policy_is_offered(
    several: TransferPage, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: "claim the same" in several.plan_view.words.text(), timeout=10_000)
    draft = several.context.project.draft
    layout = layout_of(resolve(draft.target))
    masks = [load_mask(one.mask, layout).selected for one in draft.specialists.values()]
    contested = int((np.sum(masks, axis=0) > 1).sum())
    table = several.contested.table
    assert several.contested.words.text().startswith(f"{contested:,} of ")
    assert table.item(0, 0).text() == "All"
    assert table.item(0, table.columnCount() - 1).text() == f"{contested:,}"
    assert "nothing can be written" in several.contested.words.text()  # before it is tried
    assert not several.write_button.isEnabled()
    box = several.choices.policy
    notes = set()
    for name, policy in POLICIES.items():
        _choose(box, name, qtbot)
        notes.add(several.choices.policy_note.text())
        assert policy.explanation in notes
        assert several.context.project.draft.transfer.policy == name
    assert len(notes) == len(POLICIES)
    qtbot.waitUntil(several.plan_view.facts.isVisible, timeout=10_000)
    qtbot.waitUntil(lambda: "nothing can" not in several.contested.words.text(), timeout=10_000)
    assert several.write_button.isEnabled()
    facts = several.plan_view.facts.facts()
    assert facts["Contested channels"].startswith(f"{contested:,} (")
    assert int(facts["Rows"].replace(",", "")) >= int((np.sum(masks, axis=0) > 0).sum())

    box = several.choices.masks["cipher"]  # another mask, another contest
    assert box.currentText() == "Mask cipher"
    index = next(i for i in range(box.count()) if box.itemText(i) == "Mask base")
    box.setCurrentIndex(index)
    box.activated.emit(index)

    masks[1] = masks[0]
    now = int((np.sum(masks, axis=0) > 1).sum())
    assert now != contested
    qtbot.waitUntil(
        lambda: several.contested.words.text().startswith(f"{now:,} of "), timeout=10_000
    )


def test_each_specialist_has_its_own_embeddings_norms_and_head(
    several: TransferPage, qtbot: QtBot
) -> None:
    grid = several.choices.grid
    assert grid.isVisible()
    assert not several.choices.parts["norms"].isVisible()
    assert not any(
        field.isVisible() for (_, part), field in grid.fields.items() if part == "router"
    )
    _choose(several.choices.policy, "mean", qtbot)
    _choose(grid.fields["base", "norms"].choice, "blend", qtbot)
    _choose(grid.fields["cipher", "norms"].choice, "blend", qtbot)
    grid.fields["cipher", "norms"].strength.setValue(0.25)
    _choose(grid.fields["german", "embeddings"].choice, "move", qtbot)
    several.context.project.save()

    path = several.context.project.folder / "recipe.yaml"
    saved = yaml.safe_load(path.read_text("utf-8"))["transfer"]["specialists"]
    found = {name: {k: v for k, v in one.items() if v is not None} for name, one in saved.items()}
    assert found == {
        "base": {"norms": 0.5},
        "cipher": {"norms": 0.25},
        "german": {"embeddings": "move"},
    }
    qtbot.waitUntil(lambda: "Whole tensors" in several.plan_view.facts.facts(), timeout=10_000)
    qtbot.keyClick(grid.fields["german", "embeddings"].choice, Qt.Key.Key_Home)
    assert "german" not in several.context.project.draft.transfer.specialists
    # Alone again, a specialist's own choice is shown, and the next one is the transfer's.
    project = several.context.project
    alone = project.draft.specialists["cipher"]
    own = {"cipher": project.draft.transfer.specialists["cipher"]}
    transfer = project.draft.transfer.model_copy(update={"specialists": own})
    project.edit(specialists={"cipher": alone}, transfer=transfer)
    assert several.choices.parts["norms"].part() == 0.25
    _choose(several.choices.parts["norms"].choice, "move", qtbot)
    assert project.draft.transfer.norms == "move"
    assert project.draft.transfer.specialists == {}
    assert not grid.isVisible()
    assert not several.contested.isVisible()
