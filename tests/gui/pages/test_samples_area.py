"""Browsing samples as a person does: filters, search, arrow keys, copying, exporting."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from act_core.hashing import content_hash
from act_core.pipeline.recommend import Recommendation
from act_gui.jobs.lookup import Lookups
from act_gui.pages.evaluate_parts.samples_area import SamplesArea
from act_gui.theme import DARK, apply_theme
from tests.gui.access import unnamed, unreached

LEFT = Qt.MouseButton.LeftButton
CANDIDATES = ("target", "german", "result", "random")
# What each candidate said; "4" is right. The many rows behind them are all right.
SAID = {"a": "4445", "b": "3441", "c": "4554", "d": "1425", "e": "1112"}
MANY = 3000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with the figures and samples of one ability, as the pipeline writes them."""
    folder = tmp_path_factory.mktemp("run")
    rows = [(name, list(said)) for name, said in SAID.items()]
    rows += [(f"more-{number}", list("4444")) for number in range(MANY)]
    head = {"act": 1, "key": "k", "ability": "sums", "candidates": CANDIDATES,
            "measures": ["loss", "exact"], "items": len(rows)}  # fmt: skip
    lines = [head, *(_line(name, said) for name, said in rows)]
    (folder / "samples").mkdir()
    (folder / "samples" / "sums.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (folder / "metrics.json").write_text(json.dumps(metrics()))
    return folder


def _line(name: str, said: list[str]) -> dict[str, Any]:
    exact = {c: [float(one == "4"), one] for c, one in zip(CANDIDATES, said, strict=True)}
    loss = {c: [float(number)] for number, c in enumerate(CANDIDATES)}
    outcomes = {"loss": loss, "exact": exact}
    return {"id": name, "prompt": f"Item {name}: 2+2=", "reference": "4", "outcomes": outcomes}


def metrics() -> dict[str, Any]:
    figures = [
        {"candidate": name, "ability": "sums", "measure": measure}
        for measure in ("loss", "exact")
        for name in CANDIDATES
    ]
    abilities = {"sums": {"role": "bring"}}
    return {"key": "k", "created": "now", "abilities": abilities, "figures": figures,
            "shares": [], "models": {"specialists": {"german": {}}}}  # fmt: skip


@pytest.fixture
def area(qtbot: QtBot, run: Path) -> Iterator[SamplesArea]:
    lookups = Lookups()
    shown = SamplesArea(lookups)
    qtbot.addWidget(shown)
    shown.resize(1000, 700)
    shown.show_metrics(run, metrics())
    assert not lookups._open  # nothing is read before it is looked at
    shown.show()
    qtbot.waitUntil(lambda: shown.sample is not None, timeout=30_000)
    yield shown
    lookups.shutdown()


def listed(area: SamplesArea) -> list[str]:
    model = area.table.samples
    return [model.row(number).id for number in range(model.rowCount())]


def choose(qtbot: QtBot, area: SamplesArea, box: QComboBox, data: object) -> None:
    """Choose an entry by keyboard and wait for its list."""
    before = area._listing
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentData() != data:
        QTest.keyClick(box, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: area._listing is not before and not area._lookups._open)


def test_lists_thousands_with_the_two_ends_and_the_result(area: SamplesArea) -> None:
    assert area.words.text() == f"{MANY + 5:,} items"
    assert area.choices.measure.currentData() == "exact"
    model = area.table.samples
    heads = [
        model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())
    ]
    assert heads[3:] == ["target (before)", "german (specialist)", "result (after)"]
    spoken = model.index(1, 3).data(Qt.ItemDataRole.AccessibleTextRole)
    assert (model.index(1, 3).data(), spoken) == ("3", "wrong: 3")


@pytest.mark.parametrize(
    ("only", "found"),
    [("lost", ["c"]), ("recovered", ["b"]), ("changed", ["b", "c", "d"]),
     ("still-wrong", ["d", "e"])],
)  # fmt: skip
def test_filters_by_keyboard(qtbot: QtBot, area: SamplesArea, only: str, found: list[str]) -> None:
    choose(qtbot, area, area.choices.only, only)
    assert listed(area) == found
    assert area.words.text() == f"{len(found)} of {MANY + 5:,} items"
    assert area.table.current_row() == 0


def test_arrow_keys_show_item_after_item_with_who_was_right(
    qtbot: QtBot, area: SamplesArea
) -> None:
    assert area.text.toPlainText().startswith("a. All are right.")
    area.table.setFocus()
    QTest.keyClick(area.table, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: area.sample is not None and area.sample.id == "b")
    text = area.text.toPlainText()
    assert text.startswith(
        "b. Right: german (specialist) and result (after). Wrong: target (before)."
    )
    assert "Item b: 2+2= 4\n" in text
    assert "target (before): wrong\n3" in text
    QTest.keySequence(area.table, "Ctrl+C")
    assert QGuiApplication.clipboard().text() == text
    QTest.keyClick(area.table, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: area.sample is not None and area.sample.id == "a")


def test_columns_search_and_an_item_that_stays(qtbot: QtBot, area: SamplesArea) -> None:
    for action in area.choices.menu.actions():
        if action.text() == "random mask":
            action.trigger()
    qtbot.waitUntil(lambda: area.table.samples.columnCount() == 7)
    assert area.choices.shown.text() == "Side by side: 4 of 4"
    area.table.selectRow(3)
    QTest.keyClicks(area.choices.search, "Item D:")
    qtbot.waitUntil(lambda: listed(area) == ["d"])
    area.choices.search.clear()
    qtbot.waitUntil(lambda: area.table.samples.rowCount() > 9)
    assert area.table.current_row() == 3


def test_losses_are_never_wrong(qtbot: QtBot, area: SamplesArea) -> None:
    choose(qtbot, area, area.choices.only, "still-wrong")
    choose(qtbot, area, area.choices.measure, "loss")
    assert area.choices.only.currentData() is None
    qtbot.waitUntil(lambda: "nats per token" in area.text.toPlainText())
    assert area.text.toPlainText().startswith("d. The lowest loss is that of target (before).")
    assert area.table.samples.index(0, 5).data() == "2.000"


def test_exports_what_is_listed(qtbot: QtBot, area: SamplesArea, tmp_path: Path) -> None:
    choose(qtbot, area, area.choices.only, "changed")
    qtbot.mouseClick(area.export_button, LEFT)
    (dialog,) = area.findChildren(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("sums-exact-changed.csv")
    with qtbot.waitSignal(area.written):
        dialog.fileSelected.emit(str(tmp_path / "out.csv"))
    dialog.close()
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["id"] for row in csv.DictReader(stream)] == ["b", "c", "d"]
    qtbot.waitUntil(lambda: not area.findChildren(QFileDialog))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda run: (run / "samples" / "sums.jsonl").unlink(), "without keeping samples of sums"),
        (lambda run: (run / "samples" / "sums.jsonl").write_text("x"), "is not a sample"),
    ],
)
def test_without_samples_it_says_why_and_offers_to_measure_again(
    qtbot: QtBot, run: Path, tmp_path: Path, change: Callable[[Path], object], said: str
) -> None:
    (tmp_path / "samples").mkdir()
    for name in ("metrics.json", "samples/sums.jsonl"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    change(tmp_path)
    lookups = Lookups()
    area = SamplesArea(lookups)
    qtbot.addWidget(area)
    area.set_may_measure(True)
    area.show_metrics(tmp_path, metrics())
    area.show()
    qtbot.waitUntil(lambda: said in area.empty.text.text())
    with qtbot.waitSignal(area.measure_wanted):
        qtbot.mouseClick(area.empty.button, LEFT)
    lookups.shutdown()


def test_what_a_sweep_recommends_is_browsed_beside_the_run(
    qtbot: QtBot, area: SamplesArea, run: Path, tmp_path: Path
) -> None:
    found = Recommendation("difference 5 % × 1", rival="weight 5 % × 1")
    sweep = {"act": 2, "recommendation": dataclasses.asdict(found), "candidates": []}
    (tmp_path / "sweep.json").write_text(json.dumps(sweep))
    names = ("target", "random", found.candidate, found.rival)
    head, *lines = (run / "samples" / "sums.jsonl").read_text().splitlines()[:6]
    pairs = dict(zip(CANDIDATES, names, strict=True))
    rows = [json.loads(line) for line in lines]
    for row in rows:
        row["outcomes"] = {
            measure: {pairs[name]: one for name, one in outcomes.items()}
            for measure, outcomes in row["outcomes"].items()
        }
    key = content_hash(dataclasses.asdict(found))
    first = {**json.loads(head), "key": key, "candidates": names, "items": len(rows)}
    place = tmp_path / "sweep" / "samples"
    place.mkdir(parents=True)
    (place / "sums.jsonl").write_text("\n".join(map(json.dumps, [first, *rows])) + "\n")
    assert not area.source.isVisible()

    area.show_sweep(tmp_path, found, ("sums",))

    assert area.source.isVisible()
    assert area.words.text() == f"{MANY + 5:,} items"  # still those of the run
    area.source.setFocus()
    QTest.keyClick(area.source, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: area.words.text() == "5 items")
    assert area.choices.candidate.currentData() == found.candidate
    heads = [area.table.samples.headerData(n, Qt.Orientation.Horizontal) for n in range(3, 6)]
    assert heads == ["target", found.candidate, found.rival]
    choose(qtbot, area, area.choices.only, "lost")
    assert listed(area) == ["c"]  # who is recommended said there what the result said

    area.show_sweep(tmp_path, Recommendation(""), ("sums",))

    qtbot.waitUntil(lambda: area.words.text() == f"1 of {MANY + 5:,} items")
    assert not area.source.isVisible()


def test_named_reached_and_drawn_in_both_themes(qtbot: QtBot, area: SamplesArea, qapp: Any) -> None:
    assert not unnamed(area)
    assert not unreached(area)
    apply_theme(qapp, "dark")
    try:
        cursor = area.text.textCursor()
        cursor.setPosition(2)
        assert cursor.charFormat().foreground().color().name() == DARK.text
    finally:
        apply_theme(qapp, "light")
