"""The Hub in the settings: account, connection and its test, against a Hub on this computer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from act_core.hub.access import log_in
from act_core.settings import HubSettings, Settings, settings_path
from act_gui.dialogs.settings_dialog import SettingsDialog
from act_gui.preferences import Preferences
from tests.gui.access import unnamed, unreached
from tests.gui.browser import opened_addresses
from tests.hub.loopback import Hub

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def preferences(qapp: QApplication, settings: HubSettings) -> Iterator[Preferences]:
    made = Preferences(qapp, settings_path(), Settings(theme="light", hub=settings))
    yield made
    made.deleteLater()


@pytest.fixture
def dialog(qtbot: QtBot, preferences: Preferences) -> SettingsDialog:
    return shown(qtbot, preferences)


def shown(qtbot: QtBot, preferences: Preferences) -> SettingsDialog:
    made = SettingsDialog(preferences, on_hub=True)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    return made


def settled(qtbot: QtBot, dialog: SettingsDialog) -> None:
    """Until the Hub has answered."""
    words = dialog.account.words
    qtbot.waitUntil(lambda: bool(words.text()) and "…" not in words.text(), timeout=20_000)


def write(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Tab)


def steps(dialog: SettingsDialog) -> str:
    return "\n".join(one.text() for one in dialog.connection.steps.findChildren(QLabel))


def test_logs_in_and_out(qtbot: QtBot, hub: Hub, dialog: SettingsDialog) -> None:
    settled(qtbot, dialog)
    account = dialog.account
    assert "Nobody is logged in" in account.words.text()
    assert account.secret.echoMode() is QLineEdit.EchoMode.Password
    assert not account.log_in_button.isEnabled()

    qtbot.keyClicks(account.secret, "hf_nobody")
    qtbot.keyClick(account.secret, Qt.Key.Key_Return)
    settled(qtbot, dialog)
    assert account.fault is not None
    assert account.fault.error.kind == "TokenRefusedError"
    assert not Path(constants.HF_TOKEN_PATH).exists()

    account.secret.selectAll()
    qtbot.keyClicks(account.secret, "hf_writer")
    with qtbot.waitSignal(dialog.hub_changed):
        qtbot.mouseClick(account.log_in_button, _LEFT)
    assert account.fault is None
    assert account.secret.text() == ""
    facts = account.facts.facts()
    assert facts["Logged in as"] == "writer"
    assert facts["Organisations"] == "lab"
    assert facts["May"] == "read and publish"
    assert Path(constants.HF_TOKEN_PATH).read_text() == "hf_writer"

    with qtbot.waitSignal(dialog.hub_changed):
        qtbot.mouseClick(account.log_out_button, _LEFT)
    assert account.secret.isVisible()
    assert not Path(constants.HF_TOKEN_PATH).exists()


def test_says_that_the_environment_holds_the_token(
    qtbot: QtBot, hub: Hub, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    dialog = shown(qtbot, preferences)
    settled(qtbot, dialog)

    assert "HF_TOKEN is set" in dialog.account.words.text()
    assert dialog.account.facts.facts()["May"] == "read"
    assert not dialog.account.secret.isVisible()
    assert not dialog.account.log_out_button.isVisible()


def test_a_way_that_leads_nowhere_is_told_step_by_step(
    qtbot: QtBot, hub: Hub, dialog: SettingsDialog, preferences: Preferences, tmp_path: Path
) -> None:
    log_in(preferences.settings.hub, "hf_writer")
    settled(qtbot, dialog)
    connection = dialog.connection
    qtbot.mouseClick(connection.test_button, _LEFT)
    assert not connection.test_button.isEnabled()
    qtbot.waitUntil(connection.test_button.isEnabled, timeout=20_000)
    assert connection.words.text() == "The Hub can be used."
    assert "Logged in as writer" in steps(dialog)
    assert "No proxy is used." in steps(dialog)

    with qtbot.waitSignal(dialog.hub_changed):
        write(qtbot, connection.proxy, "http://me:secret@127.0.0.1:9")
    assert connection.words.text() == ""  # that was of another way
    qtbot.mouseClick(connection.test_button, _LEFT)
    qtbot.waitUntil(connection.test_button.isEnabled, timeout=20_000)
    assert connection.words.text() == "The Hub cannot be used so."
    assert "nothing listens there" in steps(dialog)
    assert "secret" not in steps(dialog)

    write(qtbot, connection.certificates, str(tmp_path / "none.pem"))
    qtbot.mouseClick(connection.test_button, _LEFT)
    qtbot.waitUntil(connection.test_button.isEnabled, timeout=20_000)
    assert "none.pem" in steps(dialog)


def test_a_proxys_password_is_kept_and_not_shown_again(
    qtbot: QtBot, hub: Hub, dialog: SettingsDialog, preferences: Preferences
) -> None:
    settled(qtbot, dialog)
    proxy = dialog.connection.proxy
    write(qtbot, proxy, "http://me:secret@127.0.0.1:9")
    assert proxy.text() == "http://***@127.0.0.1:9"
    assert preferences.settings.hub.proxy == "http://me:secret@127.0.0.1:9"
    proxy.undo()
    assert "secret" not in proxy.text()
    dialog.reject()

    again = shown(qtbot, preferences)
    field = again.connection.proxy
    assert field.text() == "http://***@127.0.0.1:9"
    qtbot.keyClicks(field, "8")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert preferences.settings.hub.proxy == "http://me:secret@127.0.0.1:98"
    field.selectAll()
    qtbot.keyClicks(field, "http://127.0.0.1:9")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert preferences.settings.hub.proxy == "http://127.0.0.1:9"
    assert "HTTPS_PROXY" in field.toolTip()


def test_offline_nothing_is_sent(
    qtbot: QtBot, hub: Hub, dialog: SettingsDialog, preferences: Preferences
) -> None:
    log_in(preferences.settings.hub, "hf_writer")
    settled(qtbot, dialog)
    hub.log.clear()
    qtbot.mouseClick(dialog.connection.offline, _LEFT)
    settled(qtbot, dialog)

    assert preferences.settings.hub.offline
    assert dialog.account.fault is not None
    assert dialog.account.fault.error.kind == "HubOfflineError"
    assert hub.log == []


def test_what_was_being_written_is_kept_when_the_dialog_closes(
    qtbot: QtBot, hub: Hub, dialog: SettingsDialog, preferences: Preferences
) -> None:
    settled(qtbot, dialog)
    qtbot.keyClicks(dialog.account.secret, "hf_writer")
    qtbot.keyClicks(dialog.connection.endpoint, "/")
    qtbot.keyClick(dialog.connection.endpoint, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert not Path(constants.HF_TOKEN_PATH).exists()
    qtbot.keyClicks(dialog.connection.proxy, "http://proxy:1")
    dialog.reject()

    assert preferences.settings.hub == HubSettings(hub.url + "/", "http://proxy:1")


def test_shows_where_tokens_are_made(qtbot: QtBot, hub: Hub, dialog: SettingsDialog) -> None:
    settled(qtbot, dialog)
    with opened_addresses() as opened:
        qtbot.mouseClick(dialog.account.tokens_button, _LEFT)

    assert opened == [f"{hub.url}/settings/tokens"]


def test_named_and_reached_by_tab(qtbot: QtBot, hub: Hub, dialog: Any) -> None:
    settled(qtbot, dialog)
    qtbot.keyClicks(dialog.account.secret, "x")
    assert unnamed(dialog) == []
    assert unreached(dialog) == []
