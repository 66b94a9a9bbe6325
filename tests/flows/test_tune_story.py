"""A person tunes the demo after its transfer, writes what came of it, and exports just that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from act_core.transfer.verify import verify_folder
from act_core.tune.tuned_training import read_tuned
from act_gui.stages import StageState
from tests.flows.person import Person

_MOST_S = 90


def test_a_tuning_is_written_and_exported_and_the_pages_say_so(
    make_window: Callable[..., Any], finished: Path, tmp_path: Path
) -> None:
    window = make_window()
    window.desk.open(finished)
    person = Person(window)
    run = window.context.project.run
    untuned = load_file(run.model / "model.safetensors")
    window.show_page("tune")
    page = person.page("tune")

    person.click(page.choice.using)
    page.settings.learning.steps.setValue(3)
    page.settings.learning.every.setValue(1)
    person.write(page.settings.learning.tokens, "48")
    window.show_page("export")
    export = person.page("export")
    assert export.missing_step.text.text().startswith("Tune first")
    assert not export.export_button.isEnabled(), "what lies there is not tuned"
    window.show_page("transfer")
    transfer = person.page("transfer")
    assert "tuned before it is written" in transfer.note.text()
    person.wait(lambda: "will change" in transfer.plan_view.words.text(), 20, "the transfer's plan")

    window.show_page("tune")
    person.click(page.run_card.main_button)
    person.wait_done("tune", _MOST_S)
    person.click(page.result.write_button)
    assert "is the tuned one" in transfer.note.text()
    person.wait(lambda: "as they were tuned" in transfer.plan_view.words.text(), 20, "the plan")
    person.click(transfer.write_button)
    person.wait_done("transfer", _MOST_S)

    window.show_page("export")
    assert "is the tuned one" in export.note.text()
    person.wait(lambda: "were tuned" in export.editor.text(), 60, "the model card")
    person.write(export.place.folder, str(tmp_path / "out"))
    person.click(export.export_button)
    person.wait_done("export", _MOST_S)
    out = export.place.path()
    assert all(check.passed for check in verify_folder(out).checks)
    _holds_what_was_tuned(out, read_tuned(run.tuned_path("result")), untuned)
    assert json.loads(run.metrics.read_text("utf-8"))["tune"]["steps"] == 3

    window.show_page("tune")
    person.click(page.choice.without)
    assert person.state("transfer") is StageState.STALE
    assert person.state("evaluate") is StageState.DONE  # figures of the transfer alone


def _holds_what_was_tuned(out: Path, tuned: Any, untuned: dict[str, Any]) -> None:
    """Rows of the checkpoint are those of the tuning's file; all others are as before."""
    written, rows = load_file(out / "model.safetensors"), load_file(tuned.weights)
    assert written.keys() == untuned.keys()
    changed = 0
    for name, values in written.items():
        before = untuned[name].clone()
        if name in rows:
            own = rows[f"{name}|rows"].long()
            changed += int((values[own] != before[own]).any())
            before[own] = rows[name]
        assert values.equal(before), name
    assert changed > 0
