"""Questions in the background: answered on the window's thread, the newest of a key only."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord, ProfileError
from act_gui.jobs.lookup import Lookups


@pytest.fixture
def lookups(qapp: QApplication) -> Iterator[Lookups]:
    made = Lookups()
    yield made
    made.shutdown()
    made.deleteLater()


def fail(error: ErrorRecord) -> None:
    raise AssertionError(error)


def test_the_answer_comes_on_the_windows_thread(qtbot: QtBot, lookups: Lookups) -> None:
    threads: list[threading.Thread] = []

    def work() -> threading.Thread:
        return threading.current_thread()

    lookups.ask(
        "a", work, lambda worker: threads.extend((worker, threading.current_thread())), fail
    )
    qtbot.waitUntil(lambda: len(threads) == 2)

    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()


def test_an_error_comes_as_data(qtbot: QtBot, lookups: Lookups) -> None:
    errors: list[ErrorRecord] = []

    def work() -> int:
        raise ProfileError("It is damaged.", remedy="Profile again.")

    lookups.ask("a", work, lambda _answer: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))

    assert errors[0].reason == "It is damaged."


def test_only_the_newest_question_of_a_key_is_answered(qtbot: QtBot, lookups: Lookups) -> None:
    started, go_on = threading.Event(), threading.Event()
    answers: list[str] = []

    def slow() -> str:
        started.set()
        go_on.wait()
        return "old"

    lookups.ask("plan", slow, answers.append, fail)
    started.wait()
    lookups.ask("plan", lambda: "new", answers.append, fail)
    lookups.ask("other", lambda: "other", answers.append, fail)
    qtbot.waitUntil(lambda: len(answers) == 2)
    go_on.set()
    lookups.ask("last", lambda: "last", answers.append, fail)
    qtbot.waitUntil(lambda: "last" in answers)
    qtbot.wait(50)

    assert sorted(answers) == ["last", "new", "other"]


def test_a_question_that_waits_is_not_worked_on_when_it_is_out_of_date(
    qtbot: QtBot, lookups: Lookups
) -> None:
    go_on = threading.Event()
    worked, answers = [], []

    def number(value: int) -> int:
        worked.append(value)
        return value

    for key in ("a", "b"):
        lookups.ask(key, go_on.wait, lambda _answer: None, fail)
    for value in range(5):
        lookups.ask("plan", lambda value=value: number(value), answers.append, fail)
    go_on.set()
    qtbot.waitUntil(lambda: answers == [4])

    assert worked == [4]


def test_a_forgotten_question_and_a_listener_that_is_gone_hear_nothing(
    qtbot: QtBot, lookups: Lookups
) -> None:
    heard: list[int] = []

    class Listener(QObject):
        def hear(self, answer: int) -> None:
            heard.append(answer)

    gone, here = Listener(), Listener()
    lookups.ask("forgotten", lambda: 1, here.hear, fail)
    lookups.forget("forgotten")
    lookups.ask("gone", lambda: 2, gone.hear, fail)
    gone.deleteLater()
    lookups.ask("here", lambda: 3, here.hear, fail)
    qtbot.waitUntil(lambda: bool(heard))
    qtbot.wait(50)

    assert heard == [3]


def test_slow_questions_are_announced(qtbot: QtBot, lookups: Lookups) -> None:
    go_on = threading.Event()
    said: list[str] = []
    lookups.busy_changed.connect(said.append)

    lookups.ask("quick", lambda: 1, lambda _answer: None, fail)
    lookups.ask("slow", go_on.wait, lambda _answer: None, fail)
    qtbot.waitUntil(lambda: bool(said))
    go_on.set()
    qtbot.waitUntil(lambda: len(said) == 2)

    assert said == ["Reading…", ""]


def test_shutdown_drops_questions_and_ends_threads(qapp: QApplication) -> None:
    before = set(threading.enumerate())
    lookups = Lookups()
    answers: list[int] = []
    for number in range(10):
        lookups.ask(str(number), lambda number=number: number, answers.append, fail)

    lookups.shutdown()
    lookups.ask("late", lambda: 99, answers.append, fail)
    qapp.processEvents()

    assert answers == []
    assert set(threading.enumerate()) <= before
    lookups.deleteLater()


def test_work_is_told_once_nobody_wants_its_answer(qtbot: QtBot, lookups: Lookups) -> None:
    answers: list[str] = []
    tokens = [CancelToken() for _ in range(4)]

    def ask(key: str, token: CancelToken) -> None:
        lookups.ask(key, lambda: key, answers.append, lambda _error: None, token)

    ask("replaced", tokens[0])
    ask("replaced", tokens[1])
    assert tokens[0].cancelled
    ask("forgotten", tokens[2])
    lookups.forget("forgotten")
    assert tokens[2].cancelled
    qtbot.waitUntil(lambda: answers == ["replaced"])
    assert not tokens[1].cancelled
    ask("open", tokens[3])
    lookups.shutdown()
    assert tokens[3].cancelled
