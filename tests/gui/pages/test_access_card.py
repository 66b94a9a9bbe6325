"""What a project needs of the Hub, said before a job starts; against a Hub on this computer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from act_core.hub.access import log_in
from act_core.recipe import Ability, Draft, Source, Specialist
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_gui.pages.models_parts.access_card import AccessCard
from tests.gui.access import unnamed, unreached
from tests.gui.browser import opened_addresses
from tests.hub.loopback import Hub

_LEFT = Qt.MouseButton.LeftButton
WAIT_MS = 20_000
_FILES = {"config.json": b"{}", "model.safetensors": b"0"}


@pytest.fixture
def context(
    hub: Hub,
    settings: HubSettings,
    make_context: Callable[..., Any],
    act_home: Path,
    tmp_path: Path,
) -> Any:
    """A project whose models and data are on the Hub, each open or closed in its own way."""
    save_settings(Settings(hub=settings), settings_path())
    hub.add("org/target", files=_FILES, gated="auto")
    hub.add("org/asked", files=_FILES, gated="manual", requests={"writer": "awaiting"})
    hub.add("org/open", files=_FILES)
    hub.add("lab/sums", kind="dataset", files={"train.jsonl": b"{}\n"}, private=True)
    source = (Source(hub="lab/sums", split="train"),)
    draft = Draft(
        name="small",
        run=tmp_path / "project" / "run",
        target="org/target",
        base=str(tmp_path / "base"),
        specialists={
            "asked": Specialist(model="org/asked"),
            "open": Specialist(model="org/open"),
            "gone": Specialist(model="org/gone"),
        },
        abilities={"sums": Ability(calibration=source, heldout=source)},
    )
    return make_context(draft=draft)


def states(context: Any) -> dict[str, str]:
    return {need.name.repo: need.state for need in context.access.needs or ()}


def known(qtbot: QtBot, context: Any) -> None:
    qtbot.waitUntil(lambda: context.access.needs is not None, timeout=WAIT_MS)


def test_says_what_each_repository_asks_for(qtbot: QtBot, hub: Hub, context: Any) -> None:
    card = AccessCard(context)
    qtbot.addWidget(card)
    known(qtbot, context)
    card.resize(900, 300)
    card.show()
    assert states(context) == {
        "org/target": "log in",
        "org/asked": "log in",
        "org/open": "open",
        "org/gone": "missing",
        "lab/sums": "missing",
    }
    with qtbot.waitSignal(context.command_wanted) as wanted:
        qtbot.mouseClick(card.buttons["org/target"], _LEFT)
    assert wanted.args == ["hub-settings"]

    log_in(HubSettings(endpoint=hub.url), "hf_writer")
    with qtbot.waitSignal(context.access.looked, timeout=WAIT_MS):
        context.hub_changed.emit()  # as the dialog of the settings has it
    assert states(context) == {
        "org/target": "terms",
        "org/asked": "awaiting",
        "org/open": "open",
        "org/gone": "missing",
        "lab/sums": "open",
    }
    qtbot.waitUntil(card.buttons["org/target"].isVisible)
    texts = [one.text() for one in card.findChildren(QLabel) if one.isVisible()]
    assert "lab/sums (data of sums)" in texts
    assert "accept the terms" in texts
    assert set(card.buttons) == {"org/target", "org/asked", "org/gone"}
    assert (unnamed(card), unreached(card)) == ([], [])
    with opened_addresses() as opened:
        qtbot.mouseClick(card.buttons["org/target"], _LEFT)
    assert opened == [f"{hub.url}/org/target"]


def test_a_start_that_would_fail_is_explained(qtbot: QtBot, hub: Hub, context: Any) -> None:
    log_in(HubSettings(endpoint=hub.url), "hf_writer")
    known(qtbot, context)
    with (
        qtbot.waitSignal(context.notices.error_raised) as raised,
        qtbot.waitSignal(context.access.looked, timeout=WAIT_MS),
    ):
        assert context.start("profile", "Profile") is None
    assert context.jobs.jobs() == ()
    (error,) = raised.args
    assert "org/target (target)" in error.reason
    assert "org/asked (asked)" in error.reason
    assert "org/open" not in error.reason

    hub.repos["model", "org/target"].allowed.add("writer")
    hub.repos["model", "org/asked"].allowed.add("writer")
    context.project.edit(specialists={"asked": Specialist(model="org/asked")}, abilities={})
    qtbot.waitUntil(lambda: set(states(context).values()) == {"open"}, timeout=WAIT_MS)
    assert context.access.refusal() is None


def test_nothing_is_asked_where_nothing_is_of_the_hub(qtbot: QtBot, hub: Hub, context: Any) -> None:
    known(qtbot, context)
    card = AccessCard(context)
    qtbot.addWidget(card)
    hub.log.clear()
    with qtbot.waitSignal(context.access.looked, timeout=WAIT_MS):
        context.project.edit(target=context.project.draft.base, specialists={}, abilities={})
    assert context.access.needs == ()
    assert card.isHidden()
    assert hub.requests("GET /api/models/org/asked") == []
    context.hub.forget("access")


def test_offline_says_why_nothing_is_known(
    qtbot: QtBot, hub: Hub, context: Any, settings: HubSettings
) -> None:
    known(qtbot, context)
    card = AccessCard(context)
    qtbot.addWidget(card)
    card.show()
    save_settings(Settings(hub=HubSettings(hub.url, offline=True)), settings_path())
    with qtbot.waitSignal(context.access.looked, timeout=WAIT_MS):
        context.access.look_again()
    assert "switched off by the settings" in card.words.text()
