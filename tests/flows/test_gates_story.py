"""A person lets the demo learn how far each channel moves, and writes what was learned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from act_core.transfer.verify import verify_folder
from act_gui.stages import StageState
from tests.flows.person import Person

_MOST_S = 90


def test_gates_are_learned_watched_and_written_as_a_verified_checkpoint(
    make_window: Callable[..., Any], finished: Path
) -> None:
    window = make_window()
    window.desk.open(finished)
    person = Person(window)
    run = window.context.project.run
    window.show_page("gates")
    page = person.page("gates")
    assert person.state("gates") is StageState.UNUSED

    person.click(page.choice.using)
    assert person.state("transfer") is StageState.STALE
    page.settings.learning.steps.setValue(3)
    page.settings.learning.every.setValue(1)
    person.write(page.settings.learning.tokens, "48")
    person.click(page.run_card.main_button)
    person.wait_done("gates", _MOST_S)
    person.wait(lambda: page.result.isVisible(), 20, "the learned gates")

    drawn = page.pictures.losses
    assert {line.ability for line in drawn.lines} == {"english", "cipher", "add"}
    assert {line.steps for line in drawn.lines if line.split == "tuning"} == {(0, 1, 2)}
    assert {line.steps for line in drawn.lines if line.split == "validation"} == {(0, 1, 2, 3)}
    assert page.pictures.map.pane.data.missing_rows == 0
    assert "8,448" in page.result.facts.facts()["Open gates"]

    person.click(page.next_button)
    transfer = person.page("transfer")
    assert "blended by its learned gate" in transfer.note.text()
    assert not transfer.choices.strength.isEnabled()
    person.wait(lambda: "blended by their gates" in transfer.plan_view.words.text(), 20, "the plan")
    person.click(transfer.write_button)
    person.wait_done("transfer", _MOST_S)
    assert all(check.passed for check in verify_folder(run.model).checks)
    facts = json.loads(run.metrics.read_text("utf-8"))
    assert facts["gates"]["steps"] == 3
    assert person.state("evaluate") is StageState.STALE  # figures are of the copied channels
