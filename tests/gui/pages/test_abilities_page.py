"""The abilities page with real data and tokenizers: adding, splitting, changing, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from act_core.abilities.preview import Preview
from act_core.recipe import Ability, Source, Specialist, TuneSettings, load_draft, load_recipe
from act_core.resources import resource_path
from act_gui.pages.abilities_page import AbilitiesPage
from act_gui.pages.abilities_parts.add_dialog import AddAbilityDialog
from tests.core.tiny import write_specialist, write_tiny
from tests.gui.access import unnamed, unreached

WAIT_MS = 20_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("models") / "target", "llama", seed=1)


@pytest.fixture
def make_page(
    qtbot: QtBot, make_context: Callable[..., Any], target: Path
) -> Callable[..., AbilitiesPage]:
    def make(**changes: Any) -> AbilitiesPage:
        context = make_context()
        context.project.edit(**{"target": str(target), **changes})
        page = AbilitiesPage(context)
        qtbot.addWidget(page)
        page.resize(1000, 1000)
        page.show()
        qtbot.waitExposed(page)
        return page

    return make


def lines(path: Path, first: int, count: int, **more: Any) -> Path:
    rows = [
        {"prompt": f"item {n} is ", "answer": "red", **more} for n in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def ability(folder: Path, name: str = "a", first: int = 0, **settings: Any) -> Ability:
    return Ability(
        calibration=(Source(file=lines(folder / f"{name}_calib.jsonl", first, 20)),),
        heldout=(Source(file=lines(folder / f"{name}_heldout.jsonl", first + 50, 9)),),
        **settings,
    )


def type_into(line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def choose(box: QComboBox, data: object) -> None:
    """Choose an entry by keyboard, as a person does."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findData(data)):
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == data


def dialog_of(page: AbilitiesPage) -> AddAbilityDialog:
    (dialog,) = page.findChildren(AddAbilityDialog)
    return dialog


def opened(qtbot: QtBot, page: AbilitiesPage) -> AddAbilityDialog:
    qtbot.mouseClick(page.list.add_button, LEFT)
    dialog = dialog_of(page)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def added(qtbot: QtBot, page: AbilitiesPage, dialog: AddAbilityDialog) -> str:
    """Press Add and give the name of the ability that was added."""
    before = set(page.context.project.draft.abilities)
    qtbot.mouseClick(dialog.add_button, LEFT)
    qtbot.waitUntil(
        lambda: len(page.context.project.draft.abilities) == len(before) + 1, timeout=WAIT_MS
    )
    qtbot.waitUntil(lambda: not page.findChildren(AddAbilityDialog))
    (name,) = set(page.context.project.draft.abilities) - before
    return name


def wait_checked(qtbot: QtBot, page: AbilitiesPage) -> None:
    qtbot.waitUntil(page.checks.is_current, timeout=WAIT_MS)


def record(page: AbilitiesPage) -> Any:
    return page.context.project.records.get("abilities")


def test_an_empty_page_says_the_next_step(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage]
) -> None:
    page = make_page()
    assert page.empty.isVisible()
    assert not page.details.isVisible()
    dialog = opened(qtbot, page)
    qtbot.mouseClick(dialog.add_button, LEFT)
    assert dialog.fault is not None
    assert dialog.fault.error.remedy == "Choose a file."
    dialog.reject()


def test_add_two_files_with_the_dialog(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    page = make_page()
    dialog = opened(qtbot, page)
    files = [lines(tmp_path / "red_train.jsonl", 0, 20), lines(tmp_path / "red_test.jsonl", 50, 9)]
    for field, path in zip((dialog.files.calibration, dialog.files.heldout), files, strict=True):
        qtbot.mouseClick(field.button, LEFT)
        (chooser,) = page.findChildren(QFileDialog)
        chooser.filesSelected.emit([str(path)])
        chooser.close()
        qtbot.waitUntil(lambda: not page.findChildren(QFileDialog))
    assert added(qtbot, page, dialog) == "red"
    wait_checked(qtbot, page)
    assert page.details.calibration.facts.facts()["Items used"] == "20 of 20"
    assert page.details.heldout.facts.facts()["Items used"] == "9 of 9"
    assert page.details.calibration.facts.facts()["Counted tokens"] == "80"
    assert "item" in page.details.heldout.items.text()
    assert record(page) is not None
    page.context.project.save()
    saved = load_draft(page.context.project.folder / "recipe.yaml").abilities["red"]
    assert (saved.role, saved.calibration) == ("bring", (Source(file=files[0]),))


def test_one_dropped_file_is_split_and_said_so(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    page = make_page()
    notes: list[str] = []
    page.context.notices.note_given.connect(lambda text, _level: notes.append(text))
    path = tmp_path / "all.jsonl"
    path.write_text(
        lines(tmp_path / "once.jsonl", 0, 10).read_text("utf-8")
        + lines(tmp_path / "again.jsonl", 0, 3).read_text("utf-8"),
        "utf-8",
    )
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    keys, action = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), action, data, LEFT, keys)
    page.list.dragEnterEvent(enter)
    assert enter.isAccepted()
    page.list.dropEvent(QDropEvent(QPointF(5, 5), action, data, LEFT, keys))
    dialog = dialog_of(page)
    qtbot.waitUntil(dialog.isVisible)
    assert added(qtbot, page, dialog) == "all"
    wait_checked(qtbot, page)
    folder = page.context.project.folder / "data"
    assert {place.name for place in folder.iterdir()} == {"all_calib.jsonl", "all_heldout.jsonl"}
    assert "3 of them" in notes[0]
    answer = page.checks.answers["all"]
    assert isinstance(answer, Preview)
    assert answer.leak is None
    assert answer.calibration.available_items + answer.heldout.available_items == 13


def test_of_two_files_the_one_that_sounds_like_a_test_is_held_out(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    page = make_page(abilities={"maths": ability(tmp_path)})
    files = [
        lines(tmp_path / f"maths_{part}.jsonl", n, 9) for n, part in ((70, "test"), (0, "train"))
    ]
    page.list.add_wanted.emit(files)
    dialog = dialog_of(page)
    assert dialog.files.calibration.line.text() == str(files[1])
    assert dialog.files.heldout.line.text() == str(files[0])
    assert dialog.name.line.text() == "maths-2"
    assert dialog.role.currentData() == "keep"
    qtbot.keyClicks(dialog.name.line, " x")
    qtbot.mouseClick(dialog.add_button, LEFT)
    assert "name" in dialog.fault.error.title
    dialog.reject()


def test_pasted_text_becomes_files_of_the_project(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage]
) -> None:
    page = make_page()
    dialog = opened(qtbot, page)
    dialog.tabs.setCurrentIndex(1)
    dialog.pasted.setPlainText('{"text": "one"}\n{"text"')
    qtbot.mouseClick(dialog.add_button, LEFT)
    qtbot.waitUntil(lambda: dialog.fault is not None, timeout=WAIT_MS)
    assert "Line 2" in dialog.fault.error.reason
    dialog.pasted.setPlainText("First.\n\nSecond.\n\nThird.")
    dialog.name.line.selectAll()
    QTest.keyClicks(dialog.name.line, "plain")
    assert added(qtbot, page, dialog) == "plain"
    wait_checked(qtbot, page)
    draft = page.context.project.draft
    (source,) = draft.abilities["plain"].calibration
    assert source.file == page.context.project.folder / "data" / "plain_calib.jsonl"
    page.context.project.save()
    text = (page.context.project.folder / "recipe.yaml").read_text("utf-8")
    assert "file: data/plain_calib.jsonl" in text


def test_a_built_in_set_by_keyboard(qtbot: QtBot, make_page: Callable[..., AbilitiesPage]) -> None:
    page = make_page()
    page.list.add_button.setFocus()
    QTest.keyClick(page.list.add_button, Qt.Key.Key_Space)
    dialog = dialog_of(page)
    qtbot.waitUntil(dialog.isVisible)
    dialog.tabs.tabBar().setFocus()
    for _ in range(2):
        QTest.keyClick(dialog.tabs.tabBar(), Qt.Key.Key_Right)
    button = dialog.builtins["plain-de"]
    assert "CC0" in button.accessibleName()
    assert "German" in button.accessibleName()
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    dialog.add_button.setFocus()
    QTest.keyClick(dialog.add_button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "plain-de" in page.context.project.draft.abilities, timeout=WAIT_MS)
    wait_checked(qtbot, page)
    assert page.details.calibration.facts.facts()["Items used"] == "40 of 40"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "cannot be read"),
        ("empty", "no rows"),
        ("latin", "not UTF-8"),
        ("damaged", "Line 1"),
        ("unknown", "of a kind"),
        ("leak", "calibration"),
    ],
)
def test_wrong_data_is_said_in_place(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path, kind: str, said: str
) -> None:
    good = ability(tmp_path)
    path = tmp_path / ("bad.xyz" if kind == "unknown" else "bad.jsonl")
    contents = {"empty": b"", "latin": b'{"text": "\xe4"}', "damaged": b"{", "unknown": b"x"}
    if kind == "leak":
        lines(path, 3, 2)
    elif kind != "missing":
        path.write_bytes(contents[kind])
    page = make_page(abilities={"a": good})
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    type_into(page.form.heldout.line, str(path))
    qtbot.waitUntil(lambda: bool(page.details.faults), timeout=WAIT_MS)
    error = page.details.faults[0].error
    assert said in error.reason
    assert error.title
    assert error.remedy
    assert record(page) is None
    type_into(page.form.heldout.line, str(good.heldout[0].file))
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    assert not page.details.faults


def test_counted_tokens_are_marked_item_by_item(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    page = make_page(abilities={"a": ability(tmp_path)})
    wait_checked(qtbot, page)
    text = page.details.item.text
    first = text.toPlainText()
    assert first.startswith("item ")
    assert first.endswith("red<eos>")
    assert text.counted_text() == "red<eos>"
    assert len(text.borders()) == len(first) - len("<eos>")
    assert "4 of" in text.accessibleDescription()
    assert not page.details.item.back_button.isEnabled()
    qtbot.mouseClick(page.details.item.next_button, LEFT)
    assert text.toPlainText() != first
    qtbot.mouseClick(page.details.item.back_button, LEFT)
    assert text.toPlainText() == first
    choose(page.details.item.split, "heldout")
    assert "a_heldout" in page.details.item.words.text()
    choose(page.form.counted, "all")
    wait_checked(qtbot, page)
    assert text.counted_text() == text.toPlainText()


def test_a_template_with_a_field_that_is_missing(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    page = make_page(abilities={"a": ability(tmp_path)})
    wait_checked(qtbot, page)
    form = page.form.template
    choose(form.kind, "parts")
    assert form.prompt.toPlainText() == "{prompt}"
    wait_checked(qtbot, page)
    assert not page.details.faults
    form.prompt.setFocus()
    form.prompt.selectAll()
    QTest.keyClicks(form.prompt, "{prmpt}")
    qtbot.waitUntil(lambda: bool(page.details.faults), timeout=WAIT_MS)
    assert "prmpt" in page.details.faults[0].error.reason
    assert "prompt" in page.details.faults[0].error.remedy
    choose(form.kind, "auto")
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)


def test_a_template_that_is_being_written_stays_with_its_ability(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    abilities = {"a": ability(tmp_path, "a"), "b": ability(tmp_path, "b", 300, role="keep")}
    page = make_page(abilities=abilities)
    wait_checked(qtbot, page)
    form = page.form.template
    choose(form.kind, "text")
    form.text.selectAll()
    QTest.keyClicks(form.text, "{answer}")
    page.list.list.setCurrentRow(1)
    draft = page.context.project.draft
    assert draft.abilities["a"].template.text == "{answer}"
    assert draft.abilities["b"].template is None
    assert page.form.template.kind.currentData() == "auto"


def test_measures_are_those_that_the_items_allow(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    page = make_page(abilities={"a": ability(tmp_path)})
    wait_checked(qtbot, page)
    boxes = page.form.measures
    assert boxes["exact"].isEnabled()
    assert not boxes["choice"].isEnabled()
    boxes["exact"].click()
    assert page.context.project.draft.abilities["a"].measures == ("loss", "exact")
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    text = tmp_path / "text.txt"
    text.write_text("One.\n\nTwo.", "utf-8")
    type_into(page.form.heldout.line, str(text))
    qtbot.waitUntil(lambda: bool(page.details.faults), timeout=WAIT_MS)
    assert "exact" in page.details.faults[0].error.reason
    assert record(page) is None


def test_labels_styles_and_exemplars_are_set_in_the_form(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    files = []
    for name, first in (("c", 0), ("h", 40), ("shots", 90)):
        rows = [{"text": f"t {n}", "label": "good" if n % 2 else "bad"} for n in range(12)]
        rows = [{**row, "text": f"t {first + n}"} for n, row in enumerate(rows)]
        files.append(write_rows(tmp_path / f"{name}.jsonl", rows))
    sources = {"calibration": (Source(file=files[0]),), "heldout": (Source(file=files[1]),)}
    page = make_page(abilities={"a": Ability(**sources), "b": ability(tmp_path, "b", 300)})
    form, project = page.form, page.context.project
    wait_checked(qtbot, page)
    assert not form.measures["label"].isEnabled()

    choose(form.template.kind, "labels")
    assert form.template.prompt.toPlainText() == "{text}\nLabel:"
    type_into(form.template.labels, "good")
    assert project.draft.abilities["a"].template.labels is None  # one label is none
    qtbot.waitUntil(lambda: "two labels" in form.template.labels.toolTip())
    page.refresh()
    assert form.template.kind.currentData() == "labels"  # it is being written
    type_into(form.template.labels, "good, bad")
    good_bad = ("good", "bad")
    qtbot.waitUntil(lambda: project.draft.abilities["a"].template.labels == good_bad)
    wait_checked(qtbot, page)
    assert page.details.item.text.counted_text().strip("<eos>").strip() in ("good", "bad")
    form.measures["label"].click()
    qtbot.mouseClick(form.more.button, LEFT)
    type_into(form.shots.source.line, str(files[2]))
    type_into(form.shots.count, "3")
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    shots = project.draft.abilities["a"].shots
    assert (shots.file, shots.count) == (files[2], 3)
    type_into(form.shots.count, "40")
    qtbot.waitUntil(lambda: bool(page.details.faults), timeout=WAIT_MS)
    assert "12 exemplars" in page.details.faults[0].error.reason
    form.shots.source.line.selectAll()
    QTest.keyClick(form.shots.source.line, Qt.Key.Key_Delete)
    QTest.keyClick(form.shots.source.line, Qt.Key.Key_Return)
    assert project.draft.abilities["a"].shots is None

    type_into(form.template.labels, "good")
    page.list.list.setCurrentRow(1)
    page.list.list.setCurrentRow(0)
    assert form.template.labels.text() == "good, bad"
    choose(form.template.kind, "mgsm")
    choose(form.template.lang, "sw")
    assert project.draft.abilities["a"].template.lang == "sw"
    qtbot.waitUntil(  # the style wants another field
        lambda: any("question" in fault.error.reason for fault in page.details.faults),
        timeout=WAIT_MS,
    )
    assert not unnamed(page)


@pytest.mark.parametrize("apart", [True, False])
def test_a_file_of_several_languages_offers_each_on_its_own(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path, apart: bool
) -> None:
    rows = [
        {"question": f"{n} + 1?", "answer_number": n + 1, "answer": None, "lang": lang}
        for n, lang in enumerate(["de", "sw", "de", "bn"] * 6)
    ]
    page = make_page()
    dialog = opened(qtbot, page)
    dialog.files.calibration.set_paths([write_rows(tmp_path / "mgsm_train.jsonl", rows)])
    qtbot.waitUntil(dialog.files.offer.isVisible, timeout=WAIT_MS)
    said = dialog.files.offer.words.text()
    assert said.startswith("24 rows. They look like word problems: measured by loss and exact")
    assert "Languages: de (12), sw (6), bn (6)." in said
    assert not unnamed(dialog)
    assert not unreached(dialog)
    if apart:
        type_into(dialog.files.offer.languages, "de, xx")  # Enter adds
        assert "no rows of xx" in dialog.fault.error.reason
        dialog.files.offer.languages.selectAll()
        QTest.keyClicks(dialog.files.offer.languages, "de, sw")
    else:
        dialog.files.offer.apart.click()
    qtbot.mouseClick(dialog.add_button, LEFT)
    project = page.context.project
    names = ["mgsm-de", "mgsm-sw"] if apart else ["mgsm"]
    qtbot.waitUntil(lambda: list(project.draft.abilities) == names, timeout=WAIT_MS)
    one = project.draft.abilities[names[0]]
    assert one.measures == ("loss", "exact")
    assert one.template.style == "mgsm"
    assert one.heldout[0].where == ({"lang": "de"} if apart else {})
    wait_checked(qtbot, page)
    assert page.details.item.text.toPlainText().startswith("Frage: " if apart else "")


def test_columns_of_an_unknown_file_are_chosen(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    rows = [{"frage": f"Was ist {n}?", "antwort": f"Zahl {n}"} for n in range(20)]
    page = make_page()
    dialog = opened(qtbot, page)
    dialog.files.calibration.set_paths([write_rows(tmp_path / "fragen.jsonl", rows)])
    qtbot.waitUntil(dialog.files.offer.isVisible, timeout=WAIT_MS)
    assert "No known form" in dialog.files.offer.words.text()
    choose(dialog.files.offer.use, "question")
    dialog.files.offer.first.setCurrentText("frage")
    dialog.files.offer.second.setCurrentText("antwort")
    name = added(qtbot, page, dialog)
    made = page.context.project.draft.abilities[name]
    assert made.template.prompt == "Question: {frage}\nAnswer:"
    assert made.measures == ("loss", "exact")
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)
    assert page.details.item.text.counted_text().startswith(" Zahl")


def test_what_leaks_is_told_with_the_items_that_share_most(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    said = " ".join(f"word{n}" for n in range(30))
    calibration, heldout = tmp_path / "c.jsonl", tmp_path / "h.jsonl"
    other = " ".join(f"other{n}" for n in range(30))
    write_rows(calibration, [{"text": f"{said} and on"}, {"text": "something else"}])
    write_rows(heldout, [{"text": f"{said} but no"}, {"text": other}, {"text": "short"}])
    sources = {"calibration": (Source(file=calibration),), "heldout": (Source(file=heldout),)}
    leaking = Ability(**sources, length_tokens=32)
    page = make_page(abilities={"a": leaking})
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)  # told, not refused
    words = page.details.leaks.words.text()
    assert words.startswith("1 of 2 held-out items share 13 words in a row")
    assert words.endswith("Items too short to be compared in part: 1.")
    assert page.list.list.item(0).toolTip() == "checked; held-out items leak"
    qtbot.mouseClick(page.details.leaks.pairs.button, LEFT)
    row = [page.details.leaks.table.item(0, column).text() for column in range(3)]
    assert row == ["h-1", "90 %", "c-1 (a)"]

    write_rows(heldout, [{"text": other}])
    qtbot.mouseClick(page.again_button, LEFT)
    qtbot.waitUntil(
        lambda: page.details.leaks.words.text().startswith("No 13 words"), timeout=WAIT_MS
    )
    assert not page.details.leaks.pairs.isVisible()
    assert page.list.list.item(0).toolTip() == "checked"


def test_less_common_settings_are_folded(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text(
        lines(tmp_path / "de.jsonl", 0, 5, lang="de").read_text("utf-8")
        + lines(tmp_path / "fr.jsonl", 20, 7, lang="fr").read_text("utf-8"),
        "utf-8",
    )
    good = ability(tmp_path, first=100).model_copy(
        update={"heldout": (Source(file=lines(tmp_path / "h.jsonl", 40, 4, lang="de")),)}
    )
    page = make_page(abilities={"a": good.model_copy(
        update={"calibration": (Source(file=mixed),)})})  # fmt: skip
    wait_checked(qtbot, page)
    assert not page.form.length_tokens.isVisible()
    qtbot.mouseClick(page.form.more.button, LEFT)
    assert page.form.length_tokens.isVisible()
    type_into(page.form.where, "lang")
    assert page.form.where.toolTip()
    type_into(page.form.where, "lang = de")
    wait_checked(qtbot, page)
    assert page.details.calibration.facts.facts()["Items used"] == "5 of 5"
    type_into(page.form.length_tokens, "12")
    wait_checked(qtbot, page)
    assert page.details.calibration.facts.facts()["Cut items"] == "5 lose their end"
    assert page.context.project.draft.abilities["a"].length_tokens == 12


def test_rename_role_and_remove(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage], tmp_path: Path, target: Path
) -> None:
    other = write_specialist(tmp_path / "other", target, seed=2)
    abilities = {"a": ability(tmp_path, "a"), "b": ability(tmp_path, "b", 300)}
    section = Specialist(model=str(other), brings=("a", "b"))
    tune = TuneSettings(shares={"a": 2.0, "b": 3.0})
    page = make_page(abilities=abilities, specialists={"s": section}, tune=tune)
    project = page.context.project
    wait_checked(qtbot, page)
    type_into(page.form.name.line, "reds")
    assert list(project.draft.abilities) == ["reds", "b"]
    assert project.draft.tune.shares == {"reds": 2.0, "b": 3.0}
    assert project.draft.specialists["s"].brings == ("reds", "b")
    page.list.list.setFocus()
    QTest.keyClick(page.list.list, Qt.Key.Key_Down)
    assert page.form.name.line.text() == "b"
    choose(page.form.role, "keep")
    assert project.draft.abilities["b"].role == "keep"
    assert project.draft.specialists["s"].brings == ("reds",)
    qtbot.mouseClick(page.list.remove_button, LEFT)
    assert list(project.draft.abilities) == ["reds"]
    assert project.draft.tune.shares == {"reds": 2.0}
    qtbot.waitUntil(lambda: record(page) is not None, timeout=WAIT_MS)


def test_without_a_target_it_says_where_to_choose_one(
    make_page: Callable[..., AbilitiesPage], tmp_path: Path
) -> None:
    page = make_page(target="", abilities={"a": ability(tmp_path)})
    assert "Models" in page.details.waiting.text()
    assert record(page) is None


def test_the_demo_tells_lengths_and_the_time_of_profiling(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage]
) -> None:
    recipe = load_recipe(resource_path("demo", "recipe.yaml"))
    page = make_page(
        target=recipe.target, base=recipe.base, specialists=recipe.specialists,
        abilities=recipe.abilities,
    )  # fmt: skip
    qtbot.waitUntil(lambda: "on this machine" in page.time.words.text(), timeout=WAIT_MS)
    qtbot.mouseClick(page.time.unfold.button, LEFT)
    assert record(page) is not None
    assert page.list.list.count() == 3
    assert not unnamed(page)
    assert not unreached(page)


def test_the_dialog_is_named_and_reached_by_keyboard(
    qtbot: QtBot, make_page: Callable[..., AbilitiesPage]
) -> None:
    page = make_page()
    dialog = opened(qtbot, page)
    for tab in range(3):
        dialog.tabs.setCurrentIndex(tab)
        assert not unnamed(dialog)
        assert not unreached(dialog)
    dialog.reject()
    qtbot.waitUntil(lambda: not page.findChildren(AddAbilityDialog))
