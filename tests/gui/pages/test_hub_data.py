"""Abilities from data sets of the Hub: searched, looked at, cut in two, fetched; on a real page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from act_core.recipe import Ability, Source
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_gui.pages.abilities_page import AbilitiesPage
from act_gui.pages.abilities_parts.add_dialog import AddAbilityDialog
from tests.core.tiny import write_tiny
from tests.gui.access import unnamed, unreached
from tests.gui.browser import opened_addresses
from tests.hub.loopback import Hub

LEFT = Qt.MouseButton.LeftButton
WAIT_MS = 20_000


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("models") / "target", "llama", seed=1)


@pytest.fixture
def page(
    qtbot: QtBot,
    make_context: Callable[..., Any],
    target: Path,
    hub: Hub,
    settings: HubSettings,
    act_home: Path,
) -> AbilitiesPage:
    save_settings(Settings(hub=settings), settings_path())
    context = make_context()
    context.project.edit(target=str(target))
    made = AbilitiesPage(context)
    qtbot.addWidget(made)
    made.resize(1000, 1000)
    made.show()
    qtbot.waitExposed(made)
    return made


def lines(first: int, count: int) -> bytes:
    """Rows of columns that say nothing of themselves."""
    rows = ({"asked": f"What is {n} and 1?", "reply": str(n + 1)} for n in range(first, count))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def opened(qtbot: QtBot, page: AbilitiesPage) -> AddAbilityDialog:
    qtbot.mouseClick(page.list.add_button, LEFT)
    (dialog,) = page.findChildren(AddAbilityDialog)
    dialog.tabs.setCurrentWidget(dialog.hub)
    dialog.hub.words.setFocus()
    qtbot.waitUntil(dialog.hub.words.hasFocus)
    return dialog


def named_directly(qtbot: QtBot, dialog: AddAbilityDialog, name: str) -> None:
    """Write a whole name and press Enter; until its first rows are there."""
    dialog.hub.words.clear()
    qtbot.keyClicks(dialog.hub.words, name)
    qtbot.keyClick(dialog.hub.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.hub.look is not None, timeout=WAIT_MS)
    assert dialog.fault is None  # Enter has not pressed Add


def found(dialog: AddAbilityDialog) -> list[str]:
    table = dialog.hub.list
    return [table.topLevelItem(row).text(0) for row in range(table.topLevelItemCount())]


def hub_threads() -> list[str]:
    """Questions to the Hub that go on."""
    return [one.name for one in threading.enumerate() if one.name.startswith(("hub ", "act-hub"))]


def test_found_mapped_added_and_fetched(qtbot: QtBot, hub: Hub, page: AbilitiesPage) -> None:
    repo = hub.add(
        "lab/sums",
        kind="dataset",
        files={
            "README.md": b"---\nlicense: cc-by-4.0\n---\n",
            "train.jsonl": lines(0, 40),
            "test.jsonl": lines(100, 120),
        },
    )
    dialog = opened(qtbot, page)
    tab = dialog.hub
    qtbot.keyClicks(tab.words, "sums")
    qtbot.waitUntil(lambda: found(dialog) == ["lab/sums"], timeout=WAIT_MS)
    assert len(hub.requests("GET /api/datasets")) == 1  # not one for each letter
    tab.list.setCurrentItem(tab.list.topLevelItem(0))
    qtbot.waitUntil(lambda: tab.look is not None, timeout=WAIT_MS)

    assert "cc-by-4.0" in tab.status.text()
    assert tab.rows.rowCount() == 20
    assert tab.rows.item(3, 0).text() == "What is 3 and 1?"
    assert dialog.name.text() == "sums"
    tab.offer.use.setFocus()
    QTest.keyClick(tab.offer.use, Qt.Key.Key_End)
    assert tab.offer.use.currentData() == "question"
    assert (tab.offer.first.currentText(), tab.offer.second.currentText()) == ("asked", "reply")
    assert (unnamed(dialog), unreached(dialog)) == ([], [])

    with qtbot.waitSignal(page.context.jobs.finished, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.add_button, LEFT)
    ability = page.context.project.draft.abilities["sums"]
    pinned = f"lab/sums@{repo.refs['main']}"
    assert ability.calibration == (Source(hub=pinned, split="train", rows=(0, 2000)),)
    assert ability.heldout == (Source(hub=pinned, split="test", rows=(0, 2000)),)
    assert ability.template is not None
    assert "{asked}" in str(ability.template.prompt)
    qtbot.waitUntil(page.checks.is_current, timeout=WAIT_MS)
    assert [fault.error for fault in page.details.faults] == []
    assert "abilities" in page.context.project.records


def test_one_split_is_cut_in_rows_that_may_not_meet(
    qtbot: QtBot, hub: Hub, page: AbilitiesPage
) -> None:
    card = {
        "configs": [
            {"config_name": "short", "data_files": "a.jsonl"},
            {"config_name": "long", "data_files": "b.jsonl"},
        ],
        "dataset_info": {
            "config_name": "long",
            "splits": [{"name": "train", "num_examples": 60}],
        },
    }
    repo = hub.add(
        "lab/both",
        kind="dataset",
        files={
            "README.md": f"---\n{json.dumps(card)}\n---\n".encode(),
            "a.jsonl": lines(0, 30),
            "b.jsonl": lines(200, 260),
        },
    )
    dialog = opened(qtbot, page)
    named_directly(qtbot, dialog, "lab/both")
    choices = dialog.hub.choices
    assert dialog.hub.rows.item(0, 0).text() == "What is 0 and 1?"
    choices.config.setFocus()
    QTest.keyClick(choices.config, Qt.Key.Key_Down)
    qtbot.waitUntil(
        lambda: (
            dialog.hub.look is not None
            and dialog.hub.rows.item(0, 0).text() == "What is 200 and 1?"
        ),
        timeout=WAIT_MS,
    )
    assert (choices.calibration.rows(), choices.heldout.rows()) == ((0, 30), (30, 60))

    choices.heldout.first.setValue(30)
    qtbot.mouseClick(dialog.add_button, LEFT)
    assert dialog.fault is not None
    assert dialog.fault.error.reason == "Calibration and held-out share rows of train."
    choices.heldout.first.setValue(31)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.add_button, LEFT)
    (source,) = page.context.project.draft.abilities["both"].heldout
    assert source == Source(
        hub=f"lab/both@{repo.refs['main']}", config="long", split="train", rows=(30, 60)
    )


def test_a_split_that_does_not_tell_its_length_is_halved_by_its_size(
    qtbot: QtBot, hub: Hub, page: AbilitiesPage
) -> None:
    hub.add("lab/one", kind="dataset", files={"train.jsonl": lines(0, 330)})
    dialog = opened(qtbot, page)
    named_directly(qtbot, dialog, "lab/one")
    calibration, heldout = dialog.hub.choices.sources()
    assert calibration.rows is not None
    assert heldout.rows is not None
    assert calibration.rows[0] == 0
    assert 60 < calibration.rows[1] == heldout.rows[0] < heldout.rows[1] <= 330
    within = dialog.hub.mapTo(dialog, dialog.hub.rect().bottomLeft()).y()
    assert within < dialog.height() <= dialog.screen().availableGeometry().height()


def test_an_older_answer_never_stands_over_a_newer_one(
    qtbot: QtBot, hub: Hub, page: AbilitiesPage
) -> None:
    for name in ("lab/slow", "lab/fast"):
        hub.add(name, kind="dataset", files={"train.jsonl": lines(0, 30)})
    dialog = opened(qtbot, page)
    hub.fault(r"GET /api/datasets", delay_s=1.0)
    qtbot.keyClicks(dialog.hub.words, "slow")
    qtbot.waitUntil(lambda: len(hub.requests("GET /api/datasets")) == 1, timeout=WAIT_MS)
    dialog.hub.words.selectAll()
    qtbot.keyClicks(dialog.hub.words, "fast")
    qtbot.keyClick(dialog.hub.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: found(dialog) == ["lab/fast"], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not hub_threads(), timeout=WAIT_MS)  # the slow answer has come
    assert found(dialog) == ["lab/fast"]


def test_a_gated_data_set_leads_to_its_page_and_to_the_login(
    qtbot: QtBot, hub: Hub, page: AbilitiesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("lab/gated", kind="dataset", files={"train.jsonl": lines(0, 30)}, gated="auto")
    dialog = opened(qtbot, page)

    def refused(kind: str) -> QPushButton:
        qtbot.keyClick(dialog.hub.words, Qt.Key.Key_Return)
        qtbot.waitUntil(
            lambda: dialog.hub.fault is not None and dialog.hub.fault.error.kind == kind,
            timeout=WAIT_MS,
        )
        return next(
            one for one in dialog.hub.fault.findChildren(QPushButton) if one.text() != "Dismiss"
        )

    qtbot.keyClicks(dialog.hub.words, "lab/gated")
    button = refused("LogInNeededError")
    with qtbot.waitSignal(page.context.command_wanted) as wanted:
        qtbot.mouseClick(button, LEFT)
    assert wanted.args == ["hub-settings"]
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    button = refused("TermsNotAcceptedError")
    with opened_addresses() as opened_pages:
        qtbot.mouseClick(button, LEFT)
    assert opened_pages == [f"{hub.url}/datasets/lab/gated"]
    qtbot.mouseClick(dialog.add_button, LEFT)
    assert dialog.fault is not None
    assert page.context.project.draft.abilities == {}


def test_data_that_is_not_here_is_fetched_from_the_page(
    qtbot: QtBot, hub: Hub, page: AbilitiesPage
) -> None:
    repo = hub.add(
        "lab/texts",
        kind="dataset",
        files={
            "train.txt": "\n\n".join(f"Text {n}." for n in range(30)).encode(),
            "test.txt": "\n\n".join(f"Other {n}." for n in range(20)).encode(),
        },
    )
    calibration, heldout = (Source(hub="lab/texts", split=split) for split in ("train", "test"))
    ability = Ability(calibration=(calibration,), heldout=(heldout,))
    page.context.project.edit(abilities={"texts": ability})
    qtbot.waitUntil(lambda: bool(page.details.faults), timeout=WAIT_MS)
    assert "not on this computer" in page.details.faults[0].error.reason
    fetch = next(
        one
        for one in page.details.faults[0].findChildren(QPushButton)
        if one.text() == "Fetch from the Hub"
    )
    with qtbot.waitSignal(page.context.jobs.finished, timeout=WAIT_MS):
        qtbot.mouseClick(fetch, LEFT)
    qtbot.waitUntil(lambda: page.checks.is_current() and not page.details.faults, timeout=WAIT_MS)
    (source,) = page.context.project.draft.abilities["texts"].heldout
    assert source.hub == f"lab/texts@{repo.refs['main']}"
