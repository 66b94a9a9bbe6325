"""Analysis: sections that say what was found beside its chance level, and what to do before."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from act_core.analysis.findings import ANALYSES, AnalysisName
from act_core.errors import ErrorRecord
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.recipe import Budget
from act_gui.context import Context
from act_gui.pages.analysis_page import AnalysisPage
from act_gui.pages.analysis_parts.families import families
from act_gui.pages.analysis_parts.section import Section
from act_gui.pages.analysis_parts.shown import about
from act_gui.project import Project
from act_gui.stages import StageState
from tests.gui.access import unnamed, unreached
from tests.gui.analysed import drawn_analysis, drawn_findings
from tests.gui.fitting import cut_texts
from tests.gui.pages.profiled import tiny_draft


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of tiny models with findings."""
    place = tmp_path_factory.mktemp("analysis")
    project = Project.create(place / "project", tiny_draft(place / "data"))
    project.close()
    project.deleteLater()
    drawn_analysis(place / "project")
    return place / "project"


@pytest.fixture
def make_page(
    qtbot: QtBot, make_context: Callable[..., Any], analysed: Path, tmp_path: Path
) -> Callable[..., AnalysisPage]:
    """Shows the page of a copy of that project, or of one that was not analysed."""

    def make(*, fresh: bool = False) -> AnalysisPage:
        folder = tmp_path / "project"
        if not folder.exists():
            shutil.copytree(analysed, folder)
        context: Context = make_context(folder)
        context.project.edit(run=folder / "runs" / "main")
        if fresh:
            shutil.rmtree(folder / "runs" / "main")
            context.project.forget("analysis")
        page = AnalysisPage(context)
        qtbot.addWidget(page)
        page.resize(1100, 900)
        page.show()
        qtbot.waitUntil(lambda: page._found is not None, timeout=20_000)
        return page

    return make


def on_tab(page: AnalysisPage, name: AnalysisName) -> Section:
    section = page.sections[name]
    page.tabs.setCurrentWidget(section)
    QApplication.processEvents()
    QApplication.processEvents()
    return section


def test_without_findings_every_tab_says_what_to_do(make_page: Callable[..., AnalysisPage]) -> None:
    page = make_page(fresh=True)

    assert page.context.states()["analysis"] is StageState.READY
    assert "Press Run analysis" in page.overview.empty.text.text()
    assert not page.overview.texts["stability"].isVisible()
    for name in ANALYSES:
        section = on_tab(page, name)
        assert about(name).title in section.empty.text.text()
        assert not section.found.isVisible()
    assert page.run_card.main_button.isEnabled()
    assert not page.report_button.isEnabled()
    for box in page.choices.boxes.values():
        box.setChecked(False)
    assert not page.run_card.main_button.isEnabled()
    assert page.run_card.plan.text() == "Choose what to analyse."
    assert page.choices.button.text() == "What to analyse: 0 of 6"


def test_every_figure_of_every_section_is_drawn_with_its_table(
    make_page: Callable[..., AnalysisPage],
) -> None:
    page = make_page()
    draft = page.context.project.draft
    found = [one for _, one in drawn_findings(draft, layout_of(resolve(draft.target)))]
    wanted = families(found, draft.localize.scorer)

    for name in ANALYSES:
        section = on_tab(page, name)
        seen = []
        for subject in range(max(1, section.subject.count())):
            section.subject.setCurrentIndex(subject)
            for view in range(max(1, section.view.count())):
                section.view.setCurrentIndex(view)
                QApplication.processEvents()
                shown = section.area._view
                seen.append(shown)
                assert section.says.text() == shown.says
                assert section.area.chart.accessibleDescription() not in ("", "Nothing was found.")
                assert section.area.table.rowCount() == len(shown.table.rows)
        assert {view.figure.title for view in seen} == {v.figure.title for v in wanted[name].views}
        assert len(seen) == len(wanted[name].views)


def test_sentences_carry_their_chance_level_or_interval(
    make_page: Callable[..., AnalysisPage],
) -> None:
    said = {name: text.text() for name, text in make_page().overview.texts.items()}

    assert "equal scores would put 1 % there" in said["concentration"]
    assert "overlap by 12 % (10 % to 14 %), by chance 2.6 %" in said["weights"]
    assert "0.31 (0.29 to 0.33), by chance 0" in said["weights"]
    assert "overlap by 45 % (40 % to 50 %), by chance 2.6 %" in said["stability"]
    assert "pairs of abilities 0 overlap clearly more than by chance" in said["disentanglement"]
    assert "mean of 3 draws" in said["disentanglement"]
    assert "from 10 % of all channels on" in said["sufficiency"]
    assert "+0.100 (+0.090 to +0.110) nats against random" in said["sufficiency"]
    assert "clearly better than with random channels" in said["necessity"]


def test_other_settings_are_said_and_a_chosen_figure_stays(
    make_page: Callable[..., AnalysisPage], qtbot: QtBot
) -> None:
    page = make_page()
    section = on_tab(page, "concentration")
    section.view.setCurrentText("Layers")
    assert not page.stale_note.isVisible()
    page.context.project.edit_section("localize", budget=Budget(share=0.2))

    qtbot.waitUntil(page.stale_note.isVisible, timeout=5_000)
    assert page.context.states()["analysis"] is StageState.STALE
    assert section.view.currentText() == "Layers"
    layers = "Share of all score in each layer"
    qtbot.waitUntil(lambda: section.area.chart.accessibleName() == layers, timeout=5_000)


def test_tables_are_copied_and_figures_written(
    make_page: Callable[..., AnalysisPage], tmp_path: Path, qtbot: QtBot
) -> None:
    page = make_page()
    section = on_tab(page, "disentanglement")
    area = section.area
    noted: list[str] = []
    page.context.notices.note_given.connect(lambda text, _level: noted.append(text))
    for write, name in (
        (area.write_table, "table.csv"),
        (area.write_figure, "figure.svg"),
        (area.write_figure, "figure.csv"),
    ):
        with qtbot.waitSignal(area.written):
            write(tmp_path / name)
        assert str(tmp_path / name) in noted[-1]
    qtbot.mouseClick(section.area.copy_button, Qt.MouseButton.LeftButton)

    rows = list(csv.reader((tmp_path / "table.csv").read_text("utf-8").splitlines()))
    assert rows[0] == ["Mask of", *(row[0] for row in rows[1:])]
    assert rows[1][2] == "5 % (2 % to 8 %), by chance 2.6 %"
    assert QApplication.clipboard().text().splitlines()[1].split("\t") == rows[1]
    assert b"<svg" in (tmp_path / "figure.svg").read_bytes()
    cells = list(csv.DictReader((tmp_path / "figure.csv").read_text("utf-8").splitlines()))
    assert [float(cell["shade"]) for cell in cells] == [0.6, 0.05, 0.05, 0.6]
    told: list[ErrorRecord] = []
    section.failed.connect(told.append)
    (tmp_path / "file").touch()
    with qtbot.waitSignal(section.failed):
        area.write_table(tmp_path / "file" / "table.csv")
    assert told[0].remedy


@pytest.mark.parametrize("width_px", [640, 1100])
def test_every_section_is_reached_by_tab_and_cuts_no_text(
    make_page: Callable[..., AnalysisPage], width_px: int
) -> None:
    page = make_page()
    page.choices.button.setChecked(True)
    page.resize(width_px, 900)
    for name in (None, *ANALYSES):
        if name is None:
            page.tabs.setCurrentIndex(0)
        else:
            on_tab(page, name)
        for _ in range(5):
            QApplication.processEvents()
        assert (name, unnamed(page), unreached(page), cut_texts(page)) == (name, [], [], [])
