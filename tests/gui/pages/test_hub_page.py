"""The page Hub with a Hub on this computer: search, checks, downloads, and the cache."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from act_core.abilities.preview import Preview
from act_core.hub.download import download
from act_core.hub.models import find_model
from act_core.hub.names import HubName
from act_core.recipe import Ability, Source, Specialist
from act_core.resources import resource_path
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from act_gui.pages.abilities_page import AbilitiesPage
from act_gui.pages.hub_page import HubPage
from act_gui.pages.hub_parts.found_model import NAME, VERDICT
from act_gui.theme import colours_of
from tests.gui.access import unnamed, unreached
from tests.hub.loopback import Hub, Repo

WAIT_MS = 20_000
DEMO = resource_path("demo")
TARGET, SPECIALIST = "lab/cipher", "lab/german"
_ROLES = Qt.ItemDataRole


@pytest.fixture(autouse=True)
def way(settings: HubSettings) -> HubSettings:
    """The window finds the Hub by its settings."""
    save_settings(Settings(hub=settings), settings_path())
    return settings


def add(
    hub: Hub, name: str, folder: Path | None = None, *, downloads: int = 0, **more: Any
) -> Repo:
    """A model with the facts that the Hub lists beside its name."""
    config = {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        **more.pop("config", {}),
    }
    meta = {
        "config": config,
        "downloads": downloads,
        "tags": ["safetensors", *more.pop("tags", ())],
        "safetensors": {"parameters": {"BF16": 1000}},
    }
    files = {} if folder else {"config.json": json.dumps(config).encode()}
    return hub.add(name, folder, files=files, meta=meta, **more)


@pytest.fixture
def family(hub: Hub) -> Hub:
    """The demo's models as a family on the Hub."""
    made = ["base_model:lab/base", "base_model:finetune:lab/base"]
    add(hub, "lab/base", DEMO / "base", downloads=30)
    add(hub, TARGET, DEMO / "cipher-specialist", downloads=20, tags=made)
    add(hub, SPECIALIST, DEMO / "german-specialist", downloads=10, tags=made)
    return hub


@pytest.fixture
def make_page(qtbot: QtBot, make_context: Callable[..., Any]) -> Callable[..., HubPage]:
    def make(**changes: Any) -> HubPage:
        context = make_context()
        context.project.edit(**changes)
        page = HubPage(context)
        qtbot.addWidget(page)
        page.resize(1100, 900)
        page.show()
        qtbot.waitExposed(page)
        return page

    return make


def names(page: HubPage) -> list[str]:
    model = page.results.model
    return [model.row(number).name for number in range(model.rowCount())]


def choose(page: HubPage, name: str) -> None:
    page.results.table.selectRow(names(page).index(name))


def known(page: HubPage) -> bool:
    """Everything about the chosen model has been found out."""
    return page._details is not None and not page.questions.is_open("details")


def listed(hub: Hub) -> list[str]:
    """Queries of the list of models."""
    return [one.query for one in hub.log if one.line == "GET /api/models"]


def _asking() -> bool:
    """Whether a thread waits for the list of models."""
    return any(thread.name in ("hub search", "act-hub") for thread in threading.enumerate())


def weight_requests(hub: Hub) -> list[Any]:
    return [one for one in hub.log if one.to_cdn]


def press(fault: Any, text: str) -> None:
    (button,) = [one for one in fault.findChildren(QPushButton) if one.text() == text]
    button.click()


# ------------------------------------------------------------------------------- search


def test_pages_come_as_the_table_is_scrolled_and_useless_rows_are_grey(
    qtbot: QtBot, hub: Hub, make_page: Callable[..., HubPage]
) -> None:
    for number in range(70):
        quantised = {"quantization_config": {"quant_method": "awq"}} if number == 1 else {}
        add(hub, f"lab/model-{number:02}", downloads=100 - number, config=quantised)
    page = make_page()
    model, table = page.results.model, page.results.table
    qtbot.waitUntil(lambda: model.rowCount() == 30, timeout=WAIT_MS)
    assert len(listed(hub)) == 1
    table.scrollToBottom()
    qtbot.waitUntil(lambda: model.rowCount() == 60, timeout=WAIT_MS)
    table.scrollToBottom()
    qtbot.waitUntil(lambda: model.rowCount() == 70, timeout=WAIT_MS)
    assert names(page) == [f"lab/model-{number:02}" for number in range(70)]
    assert "no more" in page.results.status.text()

    grey = [model.data(model.index(row, NAME), _ROLES.ForegroundRole) for row in range(70)]
    assert [row for row, colour in enumerate(grey) if colour is not None] == [1]
    assert grey[1].name() == colours_of(page).muted
    assert "quantised (awq)" in model.data(model.index(1, NAME), _ROLES.ToolTipRole)
    choose(page, "lab/model-01")
    assert "quantised (awq)" in page.details._status.text()
    assert not page.details.uses.main_button.isEnabled()
    assert not hub.downloads()


def test_an_older_answer_never_takes_the_place_of_a_newer_one(
    qtbot: QtBot, hub: Hub, make_page: Callable[..., HubPage]
) -> None:
    for name in ("lab/alpha", "lab/beta"):
        add(hub, name)
    page = make_page()
    qtbot.waitUntil(lambda: len(names(page)) == 2, timeout=WAIT_MS)
    go_on = threading.Event()
    hub.fault("GET /api/models", then=go_on.wait)
    QTest.keyClicks(page.filters.words, "alph")
    qtbot.waitUntil(lambda: len(listed(hub)) == 2, timeout=WAIT_MS)
    page.filters.words.setText("beta")
    qtbot.waitUntil(lambda: names(page) == ["lab/beta"], timeout=WAIT_MS)
    go_on.set()
    qtbot.waitUntil(lambda: not _asking(), timeout=WAIT_MS)
    page.filters.words.setText("bet")  # with its answer the older one is looked at too
    qtbot.waitUntil(lambda: len(listed(hub)) == 4 and not page.questions.is_open("search"))

    assert names(page) == ["lab/beta"]
    asked = [re.findall("search=([^&]*)", query) for query in listed(hub)]
    assert asked == [[], ["alph"], ["beta"], ["bet"]]  # once typing has rested, not at each letter


def test_filters_and_pasted_addresses(
    qtbot: QtBot, family: Hub, make_page: Callable[..., HubPage]
) -> None:
    add(family, "other/bert", config={"model_type": "bert", "architectures": ["BertForMaskedLM"]})
    page = make_page()
    qtbot.waitUntil(lambda: len(names(page)) == 4, timeout=WAIT_MS)
    page.filters.usable.click()
    qtbot.waitUntil(lambda: names(page) == ["lab/base", TARGET, SPECIALIST], timeout=WAIT_MS)
    page.filters.base.setText("lab/base")
    page.filters.origin.setCurrentIndex(page.filters.origin.findData("finetune"))
    page.filters.origin.activated.emit(0)
    qtbot.waitUntil(lambda: names(page) == [TARGET, SPECIALIST], timeout=WAIT_MS)
    page.filters.words.setText(f"{family.url}/{TARGET}/tree/main")
    qtbot.waitUntil(lambda: names(page) == [TARGET], timeout=WAIT_MS)
    page.filters.words.setText("nothing like it")
    qtbot.waitUntil(lambda: page.results.stack.currentWidget() is page.results.empty)
    assert "Nothing was found" in page.results.empty.text.text()
    assert not page.details.isVisible()


def test_names_of_models_stay_readable_where_the_page_is_narrow(
    qtbot: QtBot, family: Hub, make_page: Callable[..., HubPage]
) -> None:
    page = make_page()
    table, em = page.results.table, page.fontMetrics().height()
    bar = table.horizontalScrollBar()
    page.resize(1400, 900)
    qtbot.waitUntil(lambda: page.width() == 1400 and bar.maximum() == 0)
    assert table.columnWidth(NAME) > 12 * em
    page.results.setMaximumWidth(60 * em)
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert table.columnWidth(NAME) == 12 * em


def test_every_control_has_a_name_and_is_reached(
    qtbot: QtBot, family: Hub, make_page: Callable[..., HubPage]
) -> None:
    page = make_page(target=TARGET)
    qtbot.waitUntil(lambda: SPECIALIST in names(page), timeout=WAIT_MS)
    choose(page, SPECIALIST)
    qtbot.waitUntil(lambda: known(page), timeout=WAIT_MS)
    assert (unnamed(page), unreached(page)) == ([], [])
    page.tabs.setCurrentWidget(page.cache)
    qtbot.waitUntil(lambda: page.cache._cache is not None, timeout=WAIT_MS)
    assert (unnamed(page), unreached(page)) == ([], [])


# ------------------------------------------------------------------------------- checks


def test_the_pair_is_checked_before_a_weight_is_fetched(
    qtbot: QtBot, family: Hub, make_page: Callable[..., HubPage]
) -> None:
    page = make_page(target=TARGET)
    qtbot.waitUntil(lambda: SPECIALIST in names(page), timeout=WAIT_MS)
    choose(page, SPECIALIST)
    details = page.details
    qtbot.waitUntil(lambda: bool(details.findings.findings()) and known(page), timeout=WAIT_MS)
    facts = details.facts.facts()
    sha = family.repos["model", SPECIALIST].refs["main"]
    assert (facts["Family"], facts["Commit"]) == ("Llama", sha[:12])
    assert facts["Download"].endswith("2.63 MB")
    assert [f.title for f in details.findings.findings()] == ["Lineage not checked yet"]
    assert page._details is not None
    assert {fit.verdict for fit in page._details.fits} == {"fits"}
    assert "Download 2.63 MB" in details.download_button.text()
    ranges = [
        re.fullmatch(r"bytes=0-(\d+)", one.headers["range"]) for one in weight_requests(family)
    ]
    assert ranges  # of each model the header alone
    assert all(found is not None and int(found[1]) < 1 << 16 for found in ranges)

    details.uses.main_button.click()
    (section,) = page.context.project.draft.specialists.values()
    assert section.model == SPECIALIST
    assert details.uses.words.text() == "This model is the specialist german of the project."
    assert not details.uses.target_button.isEnabled()
    with qtbot.waitSignal(page.context.page_wanted) as wanted:
        details.uses.main_button.click()
    assert wanted.args == ["models"]


def test_the_main_button_knows_other_revisions_of_what_the_project_has(
    qtbot: QtBot, family: Hub, make_page: Callable[..., HubPage]
) -> None:
    repo = family.repos["model", SPECIALIST]
    older = repo.refs["main"]
    newer = repo.write(README__md=b"# Newer\n")
    page = make_page(target=f"{TARGET}@{family.repos['model', TARGET].refs['main']}")
    page.context.project.edit(specialists={"german": Specialist(model=f"{SPECIALIST}@{older}")})
    qtbot.waitUntil(lambda: SPECIALIST in names(page), timeout=WAIT_MS)
    choose(page, SPECIALIST)
    qtbot.waitUntil(lambda: known(page), timeout=WAIT_MS)
    uses = page.details.uses
    assert (newer, older[:12] in uses.words.text()) == (repo.refs["main"], True)
    assert uses.main_button.text() == "Use this revision instead"
    uses.main_button.click()
    draft = page.context.project.draft
    assert {name: one.model for name, one in draft.specialists.items()} == {"german": SPECIALIST}
    assert uses.main_button.text() == "Show it on the page Models"

    choose(page, TARGET)  # by the name of its branch: the commit is the same
    qtbot.waitUntil(lambda: known(page), timeout=WAIT_MS)
    assert uses.words.text() == "This model is the target of the project."
    assert (uses.target_button.text(), uses.target_button.isEnabled()) == ("Is the target", False)
    assert page._details is not None
    assert page._details.findings is None  # it is not compared with itself
    page.context.project.edit(target=f"{TARGET}@dev")
    qtbot.waitUntil(lambda: known(page), timeout=WAIT_MS)
    assert "Another revision of it, dev, is the target" in uses.words.text()
    assert (uses.main_button.text(), uses.target_button.isEnabled()) == ("Use as specialist", True)


def test_models_that_fit_are_shown_as_they_are_found(
    qtbot: QtBot, family: Hub, make_page: Callable[..., HubPage]
) -> None:
    tags = ["base_model:lab/base", "base_model:finetune:lab/base"]
    config = json.loads((DEMO / "base" / "config.json").read_text("utf-8"))
    broken = {"config.json": json.dumps({**config, "hidden_size": 64}).encode()}
    repo = add(family, "lab/broken", DEMO / "base", downloads=15, tags=tags)
    repo.write(config__json=broken["config.json"])
    page = make_page(target=TARGET, base="lab/base")
    qtbot.waitUntil(page.filters.fits_button.isEnabled, timeout=WAIT_MS)
    assert page.filters.base.text() == "lab/base"
    page.filters.fits_button.click()
    qtbot.waitUntil(lambda: page.results.status.text() == "1 of 2 fit", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not page.results.stop_button.isVisible(), timeout=WAIT_MS)
    model = page.results.model
    verdicts = {name: model.data(model.index(row, VERDICT)) for row, name in enumerate(names(page))}
    assert verdicts == {"lab/broken": "does not fit", SPECIALIST: "fits"}

    page.filters.words.setText("cipher")  # the words that led to the target
    qtbot.waitUntil(lambda: names(page) == [TARGET], timeout=WAIT_MS)
    choose(page, TARGET)
    qtbot.waitUntil(lambda: known(page), timeout=WAIT_MS)
    assert page.details.uses.main_button.text() == "Show what fits it"
    page.details.uses.main_button.click()
    empty = page.results.empty
    qtbot.waitUntil(lambda: page.results.stack.currentWidget() is empty, timeout=WAIT_MS)
    assert "by “cipher”" in empty.text.text()
    qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.results.status.text() == "1 of 2 fit", timeout=WAIT_MS)
    page.filters.words.setText("german")
    qtbot.waitUntil(lambda: names(page) == [SPECIALIST], timeout=WAIT_MS)
    page.filters.fits_button.click()
    few = "1 of 1 found by “german” fit"
    qtbot.waitUntil(lambda: page.results.status.text() == few, timeout=WAIT_MS)
    qtbot.waitUntil(page.results.words_button.isVisible, timeout=WAIT_MS)
    page.results.words_button.click()
    qtbot.waitUntil(lambda: page.results.status.text() == "1 of 2 fit", timeout=WAIT_MS)
    assert page.filters.words.text() == ""
    assert not page.results.words_button.isVisible()

    family.fault("GET /lab/german/resolve", delay_s=1, times=2)
    family.fault("GET /api/models/lab/german", delay_s=1, times=2)
    page.filters.fits_button.click()
    qtbot.waitUntil(lambda: names(page) == ["lab/broken"], timeout=WAIT_MS)
    page.results.stop_button.click()
    assert page.results.status.text() == "0 of 1 fit"
    assert not page.questions.is_open("search")


# ---------------------------------------------------------------------------- downloads


def test_pages_say_that_a_model_is_not_here_until_it_was_fetched(
    qtbot: QtBot, family: Hub, make_context: Callable[..., Any]
) -> None:
    files = {part: DEMO / "abilities" / f"english_{part}.jsonl" for part in ("calib", "heldout")}
    ability = Ability(
        role="bring",
        calibration=(Source(file=files["calib"]),),
        heldout=(Source(file=files["heldout"]),),
    )
    context = make_context()
    context.project.edit(target=TARGET, abilities={"english": ability})
    page = AbilitiesPage(context)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: bool(page.details.faults), timeout=WAIT_MS)
    error = page.details.faults[0].error
    assert error.reason == f"The tokenizer of {TARGET} is not on this computer yet."

    context.download(TARGET)
    qtbot.waitUntil(lambda: not page.details.faults and page.checks.is_current(), timeout=WAIT_MS)
    assert isinstance(page.checks.answers["english"], Preview)


def test_a_download_goes_on_after_a_restart_and_fetches_nothing_twice(
    qtbot: QtBot, family: Hub, make_page: Callable[..., HubPage], make_context: Callable[..., Any]
) -> None:
    from act_gui.session import close_context

    page = make_page()
    qtbot.waitUntil(lambda: SPECIALIST in names(page), timeout=WAIT_MS)
    choose(page, SPECIALIST)
    qtbot.waitUntil(lambda: known(page), timeout=WAIT_MS)
    family.log.clear()
    slow = family.fault("GET /cdn/", bytes_per_s=1_000_000)
    page.details.download_button.click()
    context = page.context
    jobs = context.jobs
    qtbot.waitUntil(lambda: jobs.view(1).done > 300_000, timeout=WAIT_MS)
    assert jobs.view(1).unit == "bytes"
    folder = context.project.folder
    page.hide()
    close_context(context)

    again = make_context(folder)
    (view,) = again.jobs.jobs()
    assert (view.state, view.spec.title) == ("paused", f"Download {SPECIALIST}")
    slow.times = 0
    again.jobs.resume(view.id)
    qtbot.waitUntil(lambda: again.jobs.view(view.id).state == "done", timeout=WAIT_MS)
    resumed = [one.headers.get("range") for one in weight_requests(family)]
    found = re.fullmatch(r"bytes=(\d+)-", resumed[1] or "")
    assert resumed[0] is None
    assert found is not None
    assert int(found[1]) >= 300_000
    assert len(resumed) == 2
    small = [line for one in family.downloads() if (line := one.line).endswith((".json", ".md"))]
    assert len(small) == len(set(small)) == 5
    folder = find_model(SPECIALIST).folder
    fetched = (folder / "model.safetensors").read_bytes()
    assert fetched == (DEMO / "german-specialist" / "model.safetensors").read_bytes()


def test_the_cache_is_listed_and_cleared(
    qtbot: QtBot,
    family: Hub,
    way: HubSettings,
    tmp_path: Path,
    make_page: Callable[..., HubPage],
) -> None:
    download(way, HubName(TARGET))
    rest = tmp_path / "hf" / "hub" / "models--lab--german" / "blobs" / f"{'a' * 64}.incomplete"
    rest.parent.mkdir(parents=True)
    rest.write_bytes(b"x" * 5000)
    page = make_page(target=TARGET)
    cache = page.cache
    page.tabs.setCurrentWidget(cache)
    qtbot.waitUntil(lambda: cache.tree.topLevelItemCount() == 2, timeout=WAIT_MS)
    rows = [cache.tree.topLevelItem(row) for row in range(2)]
    assert [(row.text(0), row.text(4)) for row in rows] == [
        (TARGET, "whole"),
        (SPECIALIST, "incomplete"),
    ]
    assert rows[0].child(0).text(0).endswith("(main)")

    cache.clean_button.click()
    answer(cache, "Delete")
    qtbot.waitUntil(lambda: not rest.exists(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not cache.clean_button.isEnabled(), timeout=WAIT_MS)

    cache.tree.setCurrentItem(cache.tree.topLevelItem(0))
    cache.delete_button.click()
    assert cache.question is not None
    assert "The project uses it" in cache.question.informativeText()
    answer(cache, "Keep")
    folder = tmp_path / "hf" / "hub" / "models--lab--cipher"
    assert folder.exists()
    cache.delete_button.click()
    answer(cache, "Delete")
    qtbot.waitUntil(lambda: not folder.exists(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: cache.tree.topLevelItemCount() < 2, timeout=WAIT_MS)


def test_a_project_begins_with_models_on_this_computer_while_the_hub_is_out_of_reach(
    qtbot: QtBot, family: Hub, way: HubSettings, make_page: Callable[..., HubPage]
) -> None:
    sha = family.repos["model", SPECIALIST].refs["main"]
    download(way, HubName(TARGET))
    download(way, HubName(SPECIALIST).pinned(sha))
    save_settings(Settings(hub=replace(way, offline=True)), settings_path())
    page = make_page()
    cache, draft = page.cache, page.context.project
    page.tabs.setCurrentWidget(cache)
    qtbot.waitUntil(lambda: cache.tree.topLevelItemCount() == 2, timeout=WAIT_MS)
    uses, rows = cache.uses, {cache.tree.topLevelItem(row).text(0): row for row in range(2)}
    assert not any(button.isEnabled() for button in uses.buttons())  # nothing is chosen

    cache.tree.setCurrentItem(cache.tree.topLevelItem(rows[TARGET]))
    assert uses.main_button.text() == "Use as target"
    assert uses.specialist_button.isVisible()
    assert uses.specialist_button.isEnabled()
    qtbot.mouseClick(uses.main_button, Qt.MouseButton.LeftButton)
    assert draft.draft.target == TARGET
    assert uses.words.text() == "This model is the target of the project."

    cache.tree.setCurrentItem(cache.tree.topLevelItem(rows[SPECIALIST]).child(0))
    assert uses.main_button.text() == "Use as specialist"
    assert not uses.specialist_button.isVisible()  # once is enough
    qtbot.mouseClick(uses.main_button, Qt.MouseButton.LeftButton)
    (section,) = draft.draft.specialists.values()
    assert section.model == f"{SPECIALIST}@{sha}"  # no branch of it is here
    assert uses.main_button.text() == "Show it on the page Models"
    found = page.context.models
    qtbot.waitUntil(
        lambda: None not in (found.get(draft.draft.target), found.get(section.model)),
        timeout=WAIT_MS,
    )


def answer(cache: Any, text: str) -> None:
    box = cache.question
    assert isinstance(box, QMessageBox)
    (button,) = [one for one in box.buttons() if one.text() == text]
    button.click()
    assert cache.question is None


# ------------------------------------------------------------------------------- errors


def test_errors_say_what_to_do_and_lead_there(
    qtbot: QtBot, family: Hub, way: HubSettings, make_page: Callable[..., HubPage]
) -> None:
    add(family, "lab/secret", DEMO / "base", gated="manual")
    save_settings(Settings(hub=HubSettings(endpoint=way.endpoint, offline=True)), settings_path())
    page = make_page()
    qtbot.waitUntil(lambda: page.results.fault is not None, timeout=WAIT_MS)
    assert page.results.fault is not None
    assert page.results.fault.error.title == "The program is offline"
    with qtbot.waitSignal(page.context.command_wanted) as wanted:
        press(page.results.fault, "Go online")
    assert wanted.args == ["offline"]
    press(page.results.fault, "Try again")
    qtbot.waitUntil(lambda: not page.questions.is_open("search"), timeout=WAIT_MS)
    assert page.results.has_failed()
    save_settings(Settings(hub=way), settings_path())
    page.context.hub_changed.emit()  # as the settings do
    qtbot.waitUntil(lambda: "lab/secret" in names(page), timeout=WAIT_MS)

    choose(page, "lab/secret")
    qtbot.waitUntil(lambda: page.details.fault is not None, timeout=WAIT_MS)
    assert page.details.fault is not None
    assert page.details.fault.error.title == "Log in to the Hub"
    assert page.details._page_button is not None
    assert page.details._page_button.toolTip() == f"{way.endpoint}/lab/secret"
    assert not page.details.download_button.isEnabled()
