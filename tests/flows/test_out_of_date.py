"""A person goes back and changes something early: what is stale is said, what is valid is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from act_core.events import Finished
from act_gui.stages import STAGE_NAMES, StageName, StageState
from tests.flows.person import Person

_MOST_S = 60
_DONE, _STALE = StageState.DONE, StageState.STALE
_MEASURED: tuple[StageName, ...] = ("profile", "localize", "transfer", "evaluate")


@pytest.fixture
def person(make_window: Callable[..., Any], finished: Path) -> Person:
    window = make_window()
    window.desk.open(finished)
    return Person(window)


def test_another_budget_makes_checkpoint_and_figures_stale_and_keeps_the_profile(
    person: Person,
) -> None:
    page = _go_to(person, "localize")
    person.wait(lambda: page.budget_card.isEnabled(), 20, "the score ranked")
    person.wait(lambda: page.selection.selected is not None, 20, "a selection")
    person.write(page.budget_card.share_field, "10")
    person.wait(lambda: person.state("transfer") is _STALE, 20, "a stale checkpoint")
    person.wait_done("localize", 20)

    assert _listed(person) == {
        "models": "Done", "abilities": "Done", "profile": "Done", "localize": "Done",
        "gates": "Not used", "transfer": "Out of date", "tune": "Not used",
        "evaluate": "Out of date", "analysis": "Out of date", "try": "Ready",
        "export": "Not ready yet",
    }  # fmt: skip
    evaluate = _go_to(person, "evaluate")
    assert evaluate.stale_note.isVisible()
    assert "measure again" in evaluate.stale_note.text()
    transfer = _go_to(person, "transfer")
    assert "settings have changed" in transfer.report_note.text()
    ended = _ended(person)
    person.click(transfer.write_button)
    person.wait_done("transfer", _MOST_S)
    assert Finished("profile", reused=True) in ended
    assert person.state("evaluate") is _STALE

    _go_to(person, "localize")
    QTest.keyClick(person.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    person.wait(lambda: person.state("evaluate") is _DONE, 20, "figures of the old budget")
    assert person.state("transfer") is _STALE


def test_other_data_of_one_ability_measures_only_that_one_again(
    person: Person, finished: Path
) -> None:
    page = _go_to(person, "abilities")
    person.wait_done("abilities", 20)
    page.list.list.setFocus()
    QTest.keyClick(page.list.list, Qt.Key.Key_Down)
    assert page.current == "cipher"
    _choose(page.form.counted, "all")
    person.wait(lambda: person.state("profile") is _STALE, 20, "a stale profile")
    assert {person.state(stage) for stage in _MEASURED} == {_STALE}

    profile = _go_to(person, "profile")
    assert profile.run_card.plan.text() == (
        "Will be measured: base on cipher. Reused: base on english, base on add."
    )
    before = _written_at(finished)
    person.click(profile.run_card.main_button)
    person.wait_done("profile", _MOST_S)
    after = _written_at(finished)
    assert [name for name in after if after[name] != before[name]] == ["base--cipher"]
    assert person.state("transfer") is _STALE


def test_another_target_makes_all_stale_and_equal_weights_are_known_again(
    person: Person, tmp_path: Path
) -> None:
    target = Path(person.window.context.project.draft.target)
    shutil.copytree(target, tmp_path / "moved")
    models = _go_to(person, "models")
    person.wait_done("models", 20)
    person.write(models.target.picker.line, str(tmp_path / "moved"))
    person.wait(lambda: person.state("profile") is _STALE, 20, "a stale profile")
    assert {person.state(stage) for stage in _MEASURED} == {_STALE}
    person.wait_done("models", 20)

    profile = _go_to(person, "profile")
    person.wait(lambda: profile.run_card.main_button.isEnabled(), 20, "something to measure")
    plan = profile.run_card.plan.text()
    assert plan.startswith("Will be measured: base on english, base on cipher, base on add.")
    ended = _ended(person)
    person.click(profile.run_card.main_button)
    person.wait_done("profile", _MOST_S)
    assert ended == [Finished("profile", reused=True)]


def _go_to(person: Person, stage: StageName) -> Any:
    """Choose a stage in the list at the left."""
    stages = person.window.parts.stage_list
    row = STAGE_NAMES.index(stage)
    place = stages.visualItemRect(stages.item(row)).center()
    QTest.mouseClick(
        stages.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        place,
    )
    return person.page(stage)


def _listed(person: Person) -> dict[str, str]:
    """What a screen reader says of every stage in the list."""
    stages = person.window.parts.stage_list
    rows = range(len(STAGE_NAMES))  # below them stand places that are never out of date
    said = [stages.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in rows]
    return {text.split(": ")[0].lower(): text.split(": ")[1] for text in said}


def _ended(person: Person) -> list[Finished]:
    """What the jobs say is finished, from now on."""
    found: list[Finished] = []
    person.window.context.jobs.event.connect(
        lambda _job, event: found.append(event) if isinstance(event, Finished) else None
    )
    return found


def _choose(box: QComboBox, data: str) -> None:
    """Choose as the keyboard does."""
    box.setFocus()
    while box.currentData() != data:
        QTest.keyClick(box, Qt.Key.Key_Down)


def _written_at(project: Path) -> dict[str, int]:
    files = sorted((project / "runs" / "main" / "profiles").glob("*.safetensors"))
    return {path.stem: path.stat().st_mtime_ns for path in files}
