"""The Hub goes away in the midst of work: every place says what still works, and has the switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from act_core.hub import waiting
from act_core.hub.access import log_in
from act_core.hub.download import download
from act_core.hub.names import HubName
from act_core.resources import resource_path
from act_core.settings import HubSettings, Settings, load_settings, save_settings, settings_path
from act_gui.pages.abilities_parts.add_dialog import AddAbilityDialog
from act_gui.pages.export_parts.publish_card import PublishCard
from tests.gui.pages.test_hub_page import add
from tests.hub.loopback import Hub

_LEFT = Qt.MouseButton.LeftButton
WAIT_MS = 60_000


def told(fault: Any) -> str:
    """All that an error says."""
    return "\n".join(one.text() for one in fault.findChildren(QLabel))


def press(qtbot: QtBot, fault: Any, text: str) -> None:
    (button,) = [one for one in fault.findChildren(QPushButton) if one.text() == text]
    qtbot.mouseClick(button, _LEFT)


def test_every_place_says_what_still_works_and_has_the_switch(
    qtbot: QtBot,
    hub: Hub,
    settings: HubSettings,
    make_window: Callable[..., Any],
    act_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "FIRST_WAIT_S", 0.01)
    add(hub, "lab/base", resource_path("demo") / "base")
    save_settings(Settings(hub=settings), settings_path())
    download(settings, HubName("lab/base"))
    log_in(settings, "hf_writer")
    window = make_window()
    assert window.desk.create(tmp_path / "project")
    window.show_page("hub")
    page: Any = window.parts.stack.page
    qtbot.waitUntil(lambda: page.results.model.rowCount() == 1, timeout=WAIT_MS)
    offline = window.commands.action("offline")
    assert not offline.isChecked()

    hub.__exit__()  # in the midst of work
    close_session()  # and with it the connections that it keeps open
    page.results.table.selectRow(0)
    qtbot.waitUntil(lambda: page.details.fault is not None, timeout=WAIT_MS)
    assert "does not answer" in told(page.details.fault)
    assert "see On this computer" in told(page.details.fault)
    press(qtbot, page.details.fault, "Work offline")
    assert load_settings(settings_path()).hub == HubSettings(settings.endpoint, offline=True)
    assert offline.isChecked()
    page.filters.words.setText("base")
    qtbot.waitUntil(page.results.has_failed, timeout=WAIT_MS)
    assert page.results.fault.error.kind == "HubOfflineError"
    assert "see On this computer" in told(page.results.fault)
    page.tabs.setCurrentWidget(page.cache)
    qtbot.waitUntil(lambda: page.cache._cache is not None, timeout=WAIT_MS)
    assert page.cache.tree.topLevelItem(0).text(0) == "lab/base"

    card = PublishCard(window.context)
    qtbot.addWidget(card)
    card.show()
    qtbot.mouseClick(card.unfold.button, _LEFT)
    qtbot.waitUntil(lambda: card.fault is not None, timeout=WAIT_MS)
    assert "only publishing needs the Hub" in told(card.fault)

    window.show_page("abilities")
    abilities: Any = window.parts.stack.page
    qtbot.mouseClick(abilities.list.add_button, _LEFT)
    (dialog,) = abilities.findChildren(AddAbilityDialog)
    tab: Any = dialog.hub
    dialog.tabs.setCurrentWidget(tab)
    qtbot.keyClicks(tab.words, "sums")
    qtbot.waitUntil(lambda: tab.fault is not None, timeout=WAIT_MS)
    assert "and so do the other tabs" in told(tab.fault)
    press(qtbot, tab.fault, "Go online")
    assert not load_settings(settings_path()).hub.offline
    assert not offline.isChecked()
    # What had failed is asked again by itself.
    qtbot.waitUntil(
        lambda: tab.fault is not None and tab.fault.error.kind == "HubUnreachableError",
        timeout=WAIT_MS,
    )
    dialog.reject()
    qtbot.waitUntil(lambda: card.fault.error.kind == "HubUnreachableError", timeout=WAIT_MS)
