"""The models page with real models on disk: choosing them, what is said of them, what blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from safetensors.torch import load_file, save_file

from act_core.recipe import Ability, Parts, Source, Specialist, load_draft, load_recipe
from act_core.resources import resource_path
from act_core.settings import HubSettings, Settings, load_settings, save_settings, settings_path
from act_gui.pages.models_page import ModelsPage
from act_gui.widgets.model_card import ModelCard
from tests.core.tiny import write_specialist, write_tiny
from tests.gui.access import unnamed, unreached
from tests.hub.loopback import Hub

WAIT_MS = 20_000


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    target = write_tiny(folder / "target", "llama", seed=1)
    (target / "README.md").write_text("---\nlicense: mit\nbase_model: a/b\n---\n# T\n", "utf-8")
    adapter = folder / "adapter"
    adapter.mkdir()
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "base_model_name_or_path": "a/b"}
    (adapter / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    stem = "base_model.model.model.layers.0.self_attn.q_proj"
    save_file(
        {
            f"{stem}.lora_A.weight": torch.full((4, 32), 0.1),
            f"{stem}.lora_B.weight": torch.full((32, 4), 0.1),
        },
        adapter / "adapter_model.safetensors",
    )
    return {
        "target": target,
        "specialist": write_specialist(folder / "specialist", target, seed=2),
        "other": write_specialist(folder / "other", target, seed=3),
        "stranger": write_tiny(folder / "stranger", "llama", seed=9),
        "deeper": write_tiny(folder / "deeper", "llama", seed=1, layers=3),
        "adapter": adapter,
    }


@pytest.fixture
def make_page(qtbot: QtBot, make_context: Callable[..., Any]) -> Callable[..., ModelsPage]:
    def make(**changes: Any) -> ModelsPage:
        context = make_context()
        context.project.edit(**changes)
        page = ModelsPage(context)
        qtbot.addWidget(page)
        page.resize(1000, 1400)
        page.show()
        qtbot.waitExposed(page)
        return page

    return make


def type_into(line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def drop(widget: QWidget, *places: Path | QUrl) -> None:
    data = QMimeData()
    data.setUrls([p if isinstance(p, QUrl) else QUrl.fromLocalFile(str(p)) for p in places])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPointF(9, 9).toPoint(), action, data, buttons, keys)
    widget.dragEnterEvent(enter)
    assert enter.isAccepted()
    widget.dropEvent(QDropEvent(QPointF(9, 9), action, data, buttons, keys))


def answer(page: ModelsPage, path: Path) -> None:
    """Choose a path in the dialog that is open."""
    (dialog,) = page.findChildren(QFileDialog)
    dialog.selectFile(str(path))
    chosen = dialog.filesSelected if path.is_file() else dialog.fileSelected
    chosen.emit([str(path)] if path.is_file() else str(path))
    dialog.close()


def record(page: ModelsPage) -> Any:
    return page.context.project.records.get("models")


def titles(card: ModelCard) -> list[str]:
    return [finding.title for finding in card.findings.findings()]


def test_choose_by_typing_and_by_dropping(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    page = make_page()
    type_into(page.target.picker.line, f'"{models["target"]}"')
    qtbot.waitUntil(lambda: "Family" in page.target.facts.facts(), timeout=WAIT_MS)
    facts = page.target.facts.facts()
    assert facts["Family"] == "Llama"
    assert (facts["Layers"], facts["Width"], facts["Vocabulary"]) == ("2", "32", "128 tokens")
    assert (facts["Licence"], facts["Derived from"]) == ("mit", "a/b")
    assert "kB" in facts["Size on disk"]
    drop(page.newcomer, models["specialist"])
    card = page.specialists["specialist"]
    qtbot.waitUntil(lambda: titles(card) == ["Same lineage"], timeout=WAIT_MS)
    assert "from the target" in card.facts.facts()["Lineage"]
    assert record(page) is not None
    page.context.project.save()
    saved = load_draft(page.context.project.folder / "recipe.yaml")
    assert saved.target == str(models["target"])
    assert saved.specialists == {"specialist": Specialist(model=str(models["specialist"]))}


def test_memory_is_estimated_with_its_assumptions(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    section = Specialist(model=str(models["specialist"]))
    page = make_page(target=str(models["target"]), specialists={"s": section})
    qtbot.waitUntil(lambda: "Profile: fits" in page.fit_view.text(), timeout=WAIT_MS)
    assert not page.fit_view.unfold.body.parentWidget().isVisible()
    qtbot.mouseClick(page.fit_view.unfold.button, Qt.MouseButton.LeftButton)
    assert page.fit_view.unfold.body.parentWidget().isVisible()
    assert "two decoder layers" in page.fit_view.text()
    memory = "fits (profile, transfer, evaluate)"
    qtbot.waitUntil(lambda: page.specialists["s"].facts.facts().get("Memory") == memory)


def test_choose_with_the_dialogs(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    page = make_page()
    qtbot.mouseClick(page.target.picker.folder_button, Qt.MouseButton.LeftButton)
    answer(page, models["target"])
    assert page.context.project.draft.target == str(models["target"])
    qtbot.waitUntil(lambda: not page.findChildren(QFileDialog))
    qtbot.mouseClick(page.newcomer.picker.file_button, Qt.MouseButton.LeftButton)
    answer(page, models["specialist"] / "model.safetensors")
    (name,) = page.context.project.draft.specialists
    assert name == "model.safetensors"
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("missing", "Model not found"),
        ("pickle", "Unsafe file refused"),
        ("damaged", "Checkpoint is damaged"),
        ("empty", "Checkpoint is damaged"),
        ("text", "Model is not supported"),
    ],
)
def test_what_cannot_be_read_says_so_in_place(
    qtbot: QtBot,
    make_page: Callable[..., ModelsPage],
    tmp_path: Path,
    kind: str,
    title: str,
) -> None:
    path = tmp_path / {"pickle": "m.bin", "text": "m.txt"}.get(kind, "m.safetensors")
    if kind == "damaged":
        path.write_bytes(b"\xff" * 100)
    elif kind != "missing":
        path.write_bytes(b"" if kind == "empty" else b"\x80\x04pickle")
    page = make_page()
    type_into(page.target.picker.line, str(path))
    qtbot.waitUntil(lambda: page.target.fault is not None, timeout=WAIT_MS)
    error = page.target.fault.error
    assert error.title == title
    assert error.reason
    assert error.remedy
    qtbot.waitUntil(page.target.fault.isVisible)
    assert record(page) is None


def test_a_mended_file_is_read_again(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path], tmp_path: Path
) -> None:
    place = tmp_path / "later"
    page = make_page(target=str(place))
    qtbot.waitUntil(lambda: page.target.fault is not None, timeout=WAIT_MS)
    write_specialist(place, models["target"], seed=5)
    qtbot.mouseClick(page.target.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Family" in page.target.facts.facts(), timeout=WAIT_MS)
    assert page.target.fault is None


@pytest.mark.parametrize(
    ("which", "title"), [("stranger", "Unrelated parents"), ("deeper", "Different layers")]
)
def test_a_pair_that_does_not_fit_blocks(
    qtbot: QtBot,
    make_page: Callable[..., ModelsPage],
    models: dict[str, Path],
    which: str,
    title: str,
) -> None:
    good = Specialist(model=str(models["specialist"]))
    page = make_page(target=str(models["target"]), specialists={"good": good})
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    drop(page.newcomer, models[which])
    qtbot.waitUntil(lambda: title in titles(page.specialists[which]), timeout=WAIT_MS)
    blocking = page.specialists[which].findings.findings()[0]
    assert blocking.severity == "blocks"
    assert blocking.remedy
    assert record(page) is None
    qtbot.mouseClick(page.specialists[which].clear_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)


def test_another_vocabulary_is_a_warning_with_a_remedy(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path], tmp_path: Path
) -> None:
    grown = write_specialist(tmp_path / "grown", models["target"], seed=4)
    config = json.loads((grown / "config.json").read_text("utf-8"))
    (grown / "config.json").write_text(json.dumps({**config, "vocab_size": 130}), "utf-8")
    tensors = load_file(grown / "model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = torch.cat([tensors[name], tensors[name][:2]])
    save_file(tensors, grown / "model.safetensors", metadata={"format": "pt"})
    page = make_page(
        target=str(models["target"]), specialists={"grown": Specialist(model=str(grown))}
    )
    card = page.specialists["grown"]
    qtbot.waitUntil(lambda: "Different vocabulary" in titles(card), timeout=WAIT_MS)
    finding = card.findings.findings()[0]
    assert (finding.severity, bool(finding.remedy)) == ("warns", True)
    assert record(page) is not None


def test_an_adapter_without_its_base_asks_for_it(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    page = make_page(target=str(models["target"]))
    drop(page.newcomer, models["adapter"])
    card = page.specialists["adapter"]
    qtbot.waitUntil(lambda: card.fault is not None, timeout=WAIT_MS)
    assert "a/b" in card.fault.error.reason
    buttons = {button.text(): button for button in card.fault.findChildren(QPushButton)}
    qtbot.mouseClick(buttons["Choose its base…"], Qt.MouseButton.LeftButton)
    answer(page, models["other"])
    reference = f"{models['other']}+{models['adapter']}"
    assert page.context.project.draft.specialists["adapter"].model == reference
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    assert card.fault is None


def test_an_adapter_can_stand_on_the_target(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    section = Specialist(model=str(models["adapter"]))
    page = make_page(target=str(models["target"]), specialists={"a": section})
    card = page.specialists["a"]
    qtbot.waitUntil(lambda: card.fault is not None, timeout=WAIT_MS)
    buttons = {button.text(): button for button in card.fault.findChildren(QPushButton)}
    qtbot.mouseClick(buttons["Put it on the target"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    assert "+" in page.context.project.draft.specialists["a"].model


def test_an_adapter_as_target_blocks_at_once(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    page = make_page(specialists={"s": Specialist(model=str(models["specialist"]))})
    type_into(page.target.picker.line, f"{models['target']}+{models['adapter']}")
    qtbot.waitUntil(lambda: titles(page.target) == ["Cannot be the target"], timeout=WAIT_MS)
    assert "safetensors version" in page.target.findings.findings()[0].remedy
    qtbot.waitUntil(lambda: bool(titles(page.specialists["s"])), timeout=WAIT_MS)
    assert record(page) is None


def test_folders_dropped_together_become_specialists_of_their_own(
    make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    page = make_page(target=str(models["target"]))
    drop(page.newcomer, models["specialist"], models["other"])
    drop(page.newcomer, models["other"])
    assert list(page.specialists) == ["specialist", "other", "other-2"]


def test_rename_swap_and_what_is_brought(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    source = (Source(builtin="plain-en"),)
    ability = Ability(calibration=source, heldout=source)
    page = make_page(
        target=str(models["target"]),
        specialists={n: Specialist(model=str(models[n])) for n in ("specialist", "other")},
        abilities={"one": ability, "two": ability},
    )
    project = page.context.project
    card = page.specialists["specialist"]
    type_into(card.name_field.line, "other")
    assert "already" in card.name_field.fault.text()
    type_into(card.name_field.line, "with space")
    qtbot.waitUntil(card.name_field.fault.isVisible)
    assert list(project.draft.specialists) == ["specialist", "other"]
    own = {"specialist": Parts(norms="move"), "other": Parts(norms=0.5)}
    project.edit_section("transfer", specialists=own)
    type_into(card.name_field.line, "painter")
    assert list(project.draft.specialists) == ["painter", "other"]
    assert project.draft.transfer.part("painter", "norms") == "move"
    assert page.specialists["painter"] is card
    box = card.bring_boxes()["two"]
    assert box.isVisible()
    box.click()
    assert project.draft.specialists["painter"].brings == ("one",)
    box.click()
    assert project.draft.specialists["painter"].brings is None
    qtbot.mouseClick(card.swap_button, Qt.MouseButton.LeftButton)
    assert project.draft.target == str(models["specialist"])
    assert project.draft.specialists["painter"].model == str(models["target"])
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    other = page.specialists["other"]
    qtbot.waitUntil(other.clear_button.isVisible)
    qtbot.mouseClick(other.clear_button, Qt.MouseButton.LeftButton)
    assert (
        list(project.draft.specialists) == list(project.draft.transfer.specialists) == ["painter"]
    )


def test_the_demo_models_pass(qtbot: QtBot, make_page: Callable[..., ModelsPage]) -> None:
    recipe = load_recipe(resource_path("demo", "recipe.yaml"))
    page = make_page(target=recipe.target, base=recipe.base, specialists=recipe.specialists)
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    assert "Family" in page.base.facts.facts()


def test_everything_is_named_and_reached_by_keyboard(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], models: dict[str, Path]
) -> None:
    section = Specialist(model=str(models["specialist"]))
    page = make_page(target=str(models["target"]), specialists={"s": section})
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    assert not unnamed(page)
    assert not unreached(page)


@pytest.fixture
def on_hub(models: dict[str, Path], hub: Hub, settings: HubSettings) -> Hub:
    """Target and specialist on the Hub as well."""
    save_settings(Settings(hub=settings), settings_path())
    hub.add("lab/target", models["target"])
    hub.add("lab/specialist", models["specialist"])
    return hub


def test_models_of_the_hub_are_checked_by_their_headers_and_fetched_when_wanted(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], on_hub: Hub
) -> None:
    page = make_page()
    type_into(page.target.picker.line, "lab/target")
    drop(page.newcomer, QUrl(f"{on_hub.url}/lab/specialist"))
    card = page.specialists["specialist"]
    qtbot.waitUntil(lambda: titles(card) == ["Lineage not checked yet"], timeout=WAIT_MS)
    assert page.target.facts.facts()["Family"] == "Llama"
    assert page.context.project.draft.specialists["specialist"].model == "lab/specialist"
    assert record(page) is not None
    assert page.target.download_button.isVisible()
    assert (unnamed(page), unreached(page)) == ([], [])
    whole = [one for one in on_hub.log if one.to_cdn and "range" not in one.headers]
    assert not whole  # of the weights headers only

    for one in (page.target, card):
        one.download_button.click()
        assert not one.download_button.isVisible()
    qtbot.waitUntil(lambda: titles(card) == ["Same lineage"], timeout=WAIT_MS)
    assert not page.target._offer.isVisible()
    assert {view.state for view in page.context.jobs.jobs()} == {"done"}


def test_a_name_that_is_neither_here_nor_on_the_hub(
    qtbot: QtBot, make_page: Callable[..., ModelsPage], on_hub: Hub
) -> None:
    page = make_page(target="lab/nothing")
    qtbot.waitUntil(lambda: page.target.fault is not None, timeout=WAIT_MS)
    assert page.target.fault is not None
    assert page.target.fault.error.title == "Not found on the Hub"
    assert "There is no path lab/nothing" in page.target.fault.error.reason
    with qtbot.waitSignal(page.context.page_wanted) as wanted:
        page.target.picker.hub_button.click()
    assert wanted.args == ["hub"]


def test_names_that_were_used_are_offered_again(
    qtbot: QtBot, make_window: Callable[..., Any], on_hub: Hub, tmp_path: Path
) -> None:
    window = make_window()
    window.desk.create(tmp_path / "one")
    window.context.project.edit(target="lab/target")
    names = window.context.recent_models
    qtbot.waitUntil(lambda: names.stringList() == ["lab/target"], timeout=WAIT_MS)
    window.desk.create(tmp_path / "two")
    completer = window.parts.stack.page.target.picker.line.completer()
    completer.setCompletionPrefix("targ")
    assert completer.currentCompletion() == "lab/target"
    assert load_settings(settings_path()).recent_models == ("lab/target",)
