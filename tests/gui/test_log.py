"""The log: everything in one stream, bounded, filtered, and without secrets."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from act_core.errors import ActError
from act_gui.log import LogStore, log_error, log_notices, logger
from act_gui.notify import Notices
from act_gui.widgets.log_view import LogView


@pytest.fixture
def store(qtbot: QtBot, tmp_path: Path) -> Iterator[LogStore]:
    made = LogStore(tmp_path / "log" / "act.log")
    yield made
    made.close()


@pytest.fixture
def view(qtbot: QtBot, store: LogStore) -> LogView:
    made = LogView(store)
    qtbot.addWidget(made)
    made.show()
    return made


def test_lines_of_other_threads_arrive(view: LogView, store: LogStore, qtbot: QtBot) -> None:
    thread = threading.Thread(target=lambda: logger.warning("from afar"))
    thread.start()
    thread.join()

    qtbot.waitUntil(lambda: "from afar" in view.text.toPlainText())
    assert "Warning" in view.text.toPlainText()


def test_notices_are_written_down(store: LogStore, view: LogView) -> None:
    notices = Notices()
    log_notices(notices)

    notices.error(ActError("A reason.", remedy="A remedy.", detail="detail\nof two lines"))
    notices.note("All is well.", "good")

    text = store.path.read_text("utf-8") if store.path else ""
    for words in ("A reason.", "A remedy.", "of two lines", "All is well."):
        assert words in text
        assert words in view.text.toPlainText()


@pytest.mark.parametrize(
    "secret",
    [
        "hf_abcdefghijklmnopqrstuvwx",
        "Authorization: Bearer abcdef123456",
        "https://person:swordfish@proxy.example/",
        "token=abcdef123456",
    ],
)
def test_secrets_are_hidden(store: LogStore, secret: str) -> None:
    logger.info("asked with %s", secret)

    text = (store.path.read_text("utf-8") if store.path else "") + store.lines[-1].text
    assert "***" in text
    for part in ("abcdef", "swordfish"):
        assert part not in text


def test_levels_and_words_filter(view: LogView) -> None:
    logger.info("a note")
    logger.warning("a warning")
    logger.error("an error")

    view.level.setCurrentIndex(1)
    assert "a note" not in view.text.toPlainText()
    assert "a warning" in view.text.toPlainText()
    view.search.setText("ERROR")
    assert "a warning" not in view.text.toPlainText()
    view.copy_button.click()
    assert "an error" in QGuiApplication.clipboard().text()
    assert "a warning" not in QGuiApplication.clipboard().text()


def test_clearing_keeps_the_file(view: LogView, store: LogStore) -> None:
    logger.info("before")
    view.clear_button.click()
    logger.info("after")

    assert "before" not in view.text.toPlainText()
    assert "after" in view.text.toPlainText()
    assert store.path is not None
    assert "before" in store.path.read_text("utf-8")


def test_the_store_is_bounded(store: LogStore, view: LogView) -> None:
    for number in range(2100):
        logger.info("line %d", number)

    assert len(store.lines) == 2000
    assert view.text.blockCount() <= 2000


def test_the_file_is_turned_over(store: LogStore) -> None:
    for _line in range(12):
        logger.info("x" * 100_000)

    assert store.path is not None
    assert store.path.with_name("act.log.1").exists()
    assert store.path.stat().st_size < 1 << 20


def test_a_log_that_cannot_be_written_keeps_nobody_from_working(
    qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "log").write_text("in the way", "utf-8")

    store = LogStore(tmp_path / "log" / "act.log")
    log_error(ActError("A reason.", remedy="A remedy.").record())

    assert "A reason." in store.lines[-1].text
    store.close()


def test_a_closed_store_leaves_the_root_logger_as_it_was(qtbot: QtBot, tmp_path: Path) -> None:
    before = list(logging.getLogger().handlers)

    store = LogStore(tmp_path / "act.log")
    store.close()

    assert logging.getLogger().handlers == before
