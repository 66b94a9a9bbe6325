"""What goes wrong in people's hands: it is said, nothing hangs, nothing half-written remains."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtWidgets import QLabel, QWidget

from act_core.errors import ErrorRecord
from act_gui.stages import STAGE_NAMES, StageState
from tests.flows.person import Person

_MOST_S = 30
_SMALL_DISK_BYTES = 400_000


@pytest.fixture
def person(make_window: Callable[..., Any], finished: Path) -> Person:
    window = make_window()
    window.desk.open(finished)
    return Person(window)


def test_a_project_that_is_deleted_while_it_is_open(person: Person, finished: Path) -> None:
    window = person.window
    window.show_page("transfer")
    page = person.page("transfer")
    person.wait_done("transfer", 20)
    shutil.rmtree(finished)

    page.choices.strength.setFocus()
    page.choices.strength.stepUp()
    error = _told(person)
    assert str(finished) in error.reason
    for stage in STAGE_NAMES:
        window.show_page(stage)
        person.page(stage)
    assert window.desk.close()
    assert window.parts.start_page.isVisible()
    assert not (finished / "recipe.yaml").exists()


def test_a_full_disk_ends_the_writing_and_leaves_the_checkpoint_as_it_was(
    person: Person, finished: Path
) -> None:
    person.window.show_page("transfer")
    page = person.page("transfer")
    person.wait_done("transfer", 20)
    model = finished / "runs" / "main" / "model"
    before = _contents(model)
    person.write(page.choices.strength.lineEdit(), "0.75")
    person.wait(lambda: person.state("transfer") is StageState.STALE, 10, "a stale checkpoint")
    with _small_disk():
        person.click(page.write_button)
        error = _told(person)

    assert error.title
    assert error.remedy
    assert person.state("transfer") is StageState.STALE
    assert _contents(model) == before
    assert [p.name for p in model.parent.iterdir() if p.name.startswith(("model.", ".model"))] == []
    person.wait(page.write_button.isEnabled, 10, "another try")
    person.click(page.write_button)
    person.wait_done("transfer", _MOST_S)
    assert _contents(model) != before


def test_held_out_items_that_are_calibration_items_stop_the_profile(
    person: Person, finished: Path
) -> None:
    person.window.show_page("abilities")
    page = person.page("abilities")
    person.wait_done("abilities", 20)
    calibration = page.form.calibration.line.text()
    person.write(page.form.heldout.line, calibration)
    person.wait(lambda: page.details.faults, 20, "the fault in its place")

    fault = page.details.faults[0]
    said = " ".join(words.text() for words in fault.findChildren(QLabel))
    assert "held-out" in said.lower()
    person.wait(lambda: person.state("abilities") is not StageState.DONE, 10, "no done abilities")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"localize": {"budget": {"share": 7}}}, "share"),
        ({"surprise": 1}, "surprise"),
        ({"abilities": "none"}, "abilities"),
    ],
)
def test_a_recipe_that_was_spoilt_by_hand_is_refused_with_the_place(
    make_window: Callable[..., Any], finished: Path, change: dict[str, Any], word: str
) -> None:
    path = finished / "recipe.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text("utf-8")), **change}), "utf-8")
    spoilt = _contents(finished)
    window = make_window()

    assert not window.desk.open(finished)

    error = window.parts.start_page.error
    assert error is not None
    assert word in error.reason
    assert error.title
    assert error.remedy
    assert _contents(finished) == spoilt


def test_a_folder_that_is_no_model_is_said_on_its_card_and_can_be_mended(
    person: Person, tmp_path: Path
) -> None:
    person.window.show_page("models")
    page = person.page("models")
    person.wait_done("models", 20)
    good = page.target.picker.line.text()
    (tmp_path / "letters").mkdir()
    person.write(page.target.picker.line, str(tmp_path / "letters"))
    letters = str(tmp_path / "letters")
    person.wait(lambda: letters in _words_of(page.target), 20, "the fault on the card")
    assert person.state("models") is not StageState.DONE

    person.write(page.target.picker.line, good)
    person.wait_done("models", 20)
    person.wait_done("profile", 20)


def _told(person: Person) -> ErrorRecord:
    """The error that the window shows above its page."""
    area = person.window.parts.notice_area

    def errors() -> list[ErrorRecord]:
        found = (getattr(banner, "error", None) for banner in area.banners)
        return [error for error in found if error is not None]

    person.wait(errors, _MOST_S, "an error that is told")
    error = errors()[0]
    assert error.reason
    assert error.remedy
    shown = _words_of(area)
    assert error.title in shown
    assert error.reason in shown
    assert error.remedy in shown
    return error


def _words_of(widget: QWidget) -> str:
    labels = widget.findChildren(QLabel)
    return "\n".join(words.text() for words in labels if words.isVisible())


@contextmanager
def _small_disk() -> Iterator[None]:
    """No file of this process grows beyond a size: writing more fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SMALL_DISK_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
