"""A token that was entered in the window is in the Hub's own store and nowhere else."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from act_core.cli.main import run
from act_core.events import Note
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_gui.dialogs.settings_dialog import SettingsDialog
from tests.core.project import write_project
from tests.hub.loopback import Hub

TOKEN = "hf_TellTale0123456789AbCdEf"
PASSWORD = "ShibbolethOfTheProxy"
WAIT_MS = 30_000


def holding(folder: Path, secret: str) -> set[str]:
    """Files that hold a secret, in their content or their name."""
    found = set()
    for place, _folders, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if secret in name or secret.encode() in path.read_bytes():
                found.add(name)
    return found


def logged_in(qtbot: QtBot, window: Any) -> None:
    """Enter the token as a person does, by the window's command."""
    window.commands.action("hub-settings").trigger()
    (dialog,) = window.findChildren(SettingsDialog)
    account = dialog.account
    qtbot.waitUntil(account.secret.isVisible, timeout=WAIT_MS)
    qtbot.keyClicks(account.secret, TOKEN)
    with qtbot.waitSignal(window.context.hub_changed, timeout=WAIT_MS):
        qtbot.mouseClick(account.log_in_button, Qt.MouseButton.LeftButton)
    assert account.facts.facts()["Logged in as"] == "writer"
    dialog.reject()


def failed(qtbot: QtBot, context: Any, kind: str, **arguments: Any) -> str:
    """Start a job that fails, and give the kind of its error."""
    with qtbot.waitSignal(context.jobs.failed, timeout=WAIT_MS) as ended:
        context.start_network(kind, kind, **arguments)
    return str(ended.args[1].kind)


def shown() -> str:
    """Everything that can be read in the program's windows."""
    texts = []
    for top in QApplication.topLevelWidgets():
        for kind in (QLabel, QLineEdit):
            texts += [one.text() for one in top.findChildren(kind)]
        texts += [one.toPlainText() for one in top.findChildren(QPlainTextEdit)]
    return "\n".join(texts)


def test_a_token_entered_in_the_window_shows_up_nowhere(
    qtbot: QtBot,
    hub: Hub,
    settings: HubSettings,
    make_window: Callable[..., Any],
    act_home: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)  # as the program takes them
    assert run(["transfer", str(write_project(tmp_path / "made"))]) == 0
    model = tmp_path / "made" / "run" / "model"
    (model / "README.md").write_text("---\nlicense: apache-2.0\nbase_model: lab/base\n---\n")
    hub.tokens[TOKEN] = {"name": "writer", "role": "write", "orgs": ["lab"]}
    files = {"config.json": b"{}", "model.safetensors": b"0"}
    hub.add("org/closed", files=files, gated="auto")
    save_settings(Settings(hub=settings), settings_path())
    window = make_window()
    assert window.desk.create(tmp_path / "project")
    context = window.context
    logged_in(qtbot, window)

    publish = {"folder": str(model), "repository": "writer/small", "answers": {}}
    assert failed(qtbot, context, "download", reference="org/closed") == "TermsNotAcceptedError"
    hub.fault("PUT /lfs/", status=403, message=f"signature of {TOKEN} is over", times=9)
    failed(qtbot, context, "publish-hub", **publish)
    del hub.tokens[TOKEN]  # withdrawn: from here on everything is a 401
    assert failed(qtbot, context, "download", reference="org/closed") == "TokenRefusedError"
    failed(qtbot, context, "publish-hub", **publish)
    proxy = f"http://me:{PASSWORD}@127.0.0.1:9"
    window.preferences.change(hub=HubSettings(settings.endpoint, proxy))
    job = context.start_network("download", "through the proxy", reference="org/closed")
    qtbot.waitUntil(
        lambda: bool(context.jobs.view(job).notes) or context.jobs.view(job).error is not None,
        timeout=WAIT_MS,
    )
    context.jobs.cancel(job)
    window.show_dock("jobs")
    window.show_dock("log")
    context.project.save()
    qtbot.waitUntil(lambda: not context.jobs.busy(), timeout=WAIT_MS)

    seen = [caplog.text, shown()]
    for secret in (TOKEN, PASSWORD):
        assert not [text for text in seen if secret in text]
    store = {Path(constants.HF_TOKEN_PATH).name, Path(constants.HF_STORED_TOKENS_PATH).name}
    assert holding(tmp_path, TOKEN) == store
    assert holding(tmp_path, PASSWORD) == {"settings.json"}
    assert "Bearer" not in caplog.text
    assert any(TOKEN in one.headers.get("authorization", "") for one in hub.log)


def test_what_a_job_says_is_stored_without_secrets(
    qtbot: QtBot, hub: Hub, make_context: Callable[..., Any]
) -> None:
    context = make_context()
    job = context.start_network("check-hub", "look", folder="nowhere", repository="lab/small")
    context.jobs._buffer.put(job, Note(f"asked with {TOKEN} through http://me:{PASSWORD}@host"))
    qtbot.waitUntil(lambda: bool(context.jobs.view(job).notes), timeout=WAIT_MS)

    said = context.jobs.view(job).notes[0].text
    assert said == "asked with hf_*** through http://***@host"
    qtbot.waitUntil(lambda: not context.jobs.busy(), timeout=WAIT_MS)
