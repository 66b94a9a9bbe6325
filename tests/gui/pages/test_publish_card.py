"""Publishing from the page Export, against a Hub on this computer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from act_core.cli.main import run
from act_core.hub.access import log_in
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_gui.pages.export_parts.publish_card import PublishCard
from act_gui.session import close_context
from tests.core.project import write_project
from tests.gui.access import unnamed, unreached
from tests.gui.browser import opened_addresses
from tests.hub.loopback import Hub

_LEFT = Qt.MouseButton.LeftButton
WAIT_MS = 30_000
_CARD = "---\nlicense: apache-2.0\nbase_model:\n- lab/base\n---\n\n# Mine\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that a transfer has written."""
    folder = tmp_path_factory.mktemp("project")
    assert run(["transfer", str(write_project(folder))]) == 0
    (folder / "run" / "model" / "README.md").write_text(_CARD)
    return folder / "run" / "model"


@pytest.fixture
def show(
    qtbot: QtBot,
    make_context: Callable[..., Any],
    hub: Hub,
    settings: HubSettings,
    made: Path,
    act_home: Path,
    tmp_path: Path,
) -> Callable[[], PublishCard]:
    """Shows the card of a copy of the checkpoint; a second call opens the project again."""
    save_settings(Settings(hub=settings), settings_path())
    shutil.copytree(made, tmp_path / "small")

    def shown() -> PublishCard:
        card = PublishCard(make_context())
        qtbot.addWidget(card)
        card.show_folder(tmp_path / "small")
        card.resize(900, 700)
        card.show()
        qtbot.mouseClick(card.unfold.button, _LEFT)
        qtbot.waitUntil(lambda: "…" not in card.who.text(), timeout=WAIT_MS)
        return card

    return shown


def press(qtbot: QtBot, card: PublishCard, button: Any) -> None:
    """Press a button and wait until its job has ended well."""
    with qtbot.waitSignal(card._context.jobs.finished, timeout=WAIT_MS):
        qtbot.mouseClick(button, _LEFT)


def card_of(hub: Hub, repository: str) -> str:
    blob = hub.repos["model", repository].files["README.md"]
    return blob.read(0, blob.size).decode()


def test_looks_first_then_publishes_and_leads_to_the_page(
    qtbot: QtBot, hub: Hub, settings: HubSettings, show: Callable[[], PublishCard]
) -> None:
    log_in(settings, "hf_writer")
    card = show()
    assert [card.owner.itemText(row) for row in range(card.owner.count())] == ["writer", "lab"]
    assert card.name.text() == "small"
    assert not card.publish_button.isEnabled()
    card.owner.setCurrentIndex(1)

    hub.log.clear()
    press(qtbot, card, card.check_button)
    assert {one.severity for one in card.findings.findings()} == {"warns"}
    assert not card.answers.isVisible()
    assert hub.log == []

    qtbot.keyClicks(card.name, "er")  # that was of another name
    assert not card.publish_button.isEnabled()
    press(qtbot, card, card.check_button)
    press(qtbot, card, card.publish_button)
    repo = hub.repos["model", "lab/smaller"]
    assert repo.private
    assert "model.safetensors" in repo.files
    assert "lab/smaller" in card.result.text()
    with opened_addresses() as opened:
        qtbot.mouseClick(card.page_button, _LEFT)
    assert opened == [f"{hub.url}/lab/smaller"]
    assert (unnamed(card), unreached(card)) == ([], [])


def test_each_refusal_takes_a_sentence(
    qtbot: QtBot,
    hub: Hub,
    settings: HubSettings,
    show: Callable[[], PublishCard],
    tmp_path: Path,
) -> None:
    log_in(settings, "hf_writer")
    card = show()
    (tmp_path / "small" / "README.md").write_text("# No front matter\n")
    press(qtbot, card, card.check_button)
    shown = card.findings.findings()
    assert {one.title for one in shown if one.severity == "blocks"} == {
        "The card names no licence",
        "The card does not name its base models",
    }
    assert all(one.remedy for one in shown)
    assert not card.publish_button.isEnabled()

    qtbot.mouseClick(card.answers.button, _LEFT)
    for line in card.answers.lines.values():
        qtbot.keyClicks(line, "Too short")
    assert not card.publish_button.isEnabled()
    for line in card.answers.lines.values():
        qtbot.keyClicks(line, ", no: it is for our own people.")
    qtbot.keyClick(card.public, Qt.Key.Key_Space)
    press(qtbot, card, card.publish_button)

    assert "it is for our own people." in card_of(hub, "writer/small")
    assert not hub.repos["model", "writer/small"].private


def test_who_cannot_publish_is_led_to_the_login(
    qtbot: QtBot, hub: Hub, settings: HubSettings, show: Callable[[], PublishCard]
) -> None:
    card = show()
    assert "Nobody is logged in" in card.who.text()
    with qtbot.waitSignal(card._context.command_wanted) as wanted:
        qtbot.mouseClick(card.log_in_button, _LEFT)
    assert wanted.args == ["hub-settings"]
    log_in(settings, "hf_reader")
    card._context.hub_changed.emit()
    qtbot.waitUntil(lambda: "may only read" in card.who.text(), timeout=WAIT_MS)
    press(qtbot, card, card.check_button)
    assert not card.publish_button.isEnabled()


def test_goes_on_after_the_program_was_closed(
    qtbot: QtBot, hub: Hub, settings: HubSettings, show: Callable[[], PublishCard]
) -> None:
    log_in(settings, "hf_writer")
    card = show()
    press(qtbot, card, card.check_button)
    hub.fault("/commit/", delay_s=2.0, status=500)
    qtbot.mouseClick(card.publish_button, _LEFT)
    qtbot.waitUntil(lambda: bool(hub.requests("POST /api/models/writer/small/commit")))
    assert card.job_line.busy
    assert not card.publish_button.isEnabled()
    close_context(card._context)
    card.close()

    again = show()
    (job,) = again._context.jobs.jobs()
    assert (job.state, job.spec.title) == ("paused", "Publish writer/small")
    assert "resume it under Jobs" in again.job_line.text.text()
    hub.log.clear()
    with qtbot.waitSignal(again._context.jobs.finished, timeout=WAIT_MS):
        again._context.jobs.resume(job.id)
    assert hub.requests("PUT") == []
    assert "model.safetensors" in hub.repos["model", "writer/small"].files
