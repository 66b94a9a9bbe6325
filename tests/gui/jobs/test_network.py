"""Questions to the Hub: answered on the window's thread, called off by newer ones and the end."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_core.hub.datasets import search_datasets
from act_core.hub.waiting import wait
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_gui.jobs.network import HubQuestions, Tell
from tests.hub.loopback import Hub


def fail(error: ErrorRecord) -> None:
    raise AssertionError(error)


def test_asks_as_the_settings_say_and_tells_on_the_way(
    qtbot: QtBot, hub: Hub, settings: HubSettings
) -> None:
    save_settings(Settings(hub=settings), settings_path())
    hub.add("lab/sums", kind="dataset", files={"train.jsonl": b"{}\n"})
    owner, heard = QObject(), []
    questions = HubQuestions(owner)

    def work(way: HubSettings, tell: Tell, token: CancelToken) -> list[str]:
        tell(way.endpoint)
        return [str(one.name) for one in search_datasets(way, "sums", token=token)]

    def hear(value: object) -> None:
        heard.append((value, threading.current_thread() is threading.main_thread()))

    questions.ask("a", work, hear, fail, hear)
    qtbot.waitUntil(lambda: not questions.is_open("a"))

    assert heard == [(hub.url, True), (["lab/sums"], True)]


def test_a_newer_question_and_the_end_call_the_older_off(qtbot: QtBot) -> None:
    owner, answers, ended = QObject(), [], []
    questions = HubQuestions(owner)

    def long(_way: HubSettings, _tell: Tell, token: CancelToken) -> str:
        try:
            wait(60.0, token)
        finally:
            ended.append(token.cancelled)
        return "old"

    questions.ask("a", long, answers.append, fail)
    questions.ask("a", lambda *_: "new", answers.append, fail)
    questions.ask("b", long, answers.append, fail)
    qtbot.waitUntil(lambda: bool(answers) and bool(ended))
    owner.deleteLater()
    qtbot.waitUntil(lambda: len(ended) == 2)

    assert answers == ["new"]
    assert ended == [True, True]


def test_an_error_comes_as_data(qtbot: QtBot, hub: Hub) -> None:
    save_settings(Settings(hub=HubSettings(endpoint=hub.url, offline=True)), settings_path())
    owner, errors = QObject(), []
    questions = HubQuestions(owner)

    questions.ask("a", lambda way, _tell, _token: search_datasets(way), fail, errors.append)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: bool(errors))

    assert errors[0].kind == "HubOfflineError"
