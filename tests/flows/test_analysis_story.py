"""A person asks where English sits, reads the figures as they come, and finds them again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from act_core.analysis.file import analysis_path, known_analysis
from act_core.analysis.findings import Concentration
from act_core.events import Analysed
from act_core.recipe import Budget
from act_core.report.numbers import part
from act_gui.stages import StageState
from tests.flows.person import Person

_MOST_S = 120


def test_findings_come_stay_and_are_out_of_date_with_another_budget(
    make_window: Callable[..., Any], finished: Path, tmp_path: Path
) -> None:
    window = make_window()
    window.desk.open(finished)
    person = Person(window)
    analysis_path(window.context.project.run).unlink()
    window.context.project.forget("analysis")
    # Without a backward pass the parts of the data are measured in a few seconds.
    window.context.project.edit_section("profile", statistics=("matched",))
    window.context.project.edit_section("localize", scorer="matched")
    window.show_page("analysis")
    page = person.page("analysis")
    assert person.state("analysis") is StageState.READY
    said: list[Analysed] = []
    window.context.jobs.event.connect(
        lambda _job, event: said.append(event) if isinstance(event, Analysed) else None
    )

    person.click(page.choices.button)
    for name, box in page.choices.boxes.items():
        if name not in ("concentration", "weights"):
            box.setFocus()
            QTest.keyClick(box, Qt.Key.Key_Space)
    assert page.choices.chosen == ("concentration", "weights")
    person.click(page.run_card.main_button)
    person.wait_done("analysis", _MOST_S)
    section = page.sections["concentration"]
    page.tabs.setCurrentWidget(section)
    person.wait(lambda: section.found.isVisible(), 20, "what was found")
    person.wait(lambda: page.run_card.main_button.text() == "Run analysis", _MOST_S, "the end")

    found = [one.finding for one in known_analysis(window.context.project.run)]
    assert {event.analysis for event in said} == {"concentration", "weights"}
    assert [event.finding for event in said] == found
    first = next(f for f in found if isinstance(f, Concentration) and f.statistic == "matched")
    top = next(top for top in first.top if top.channels == 0.01)
    assert f"hold {part(top.mass.value)}" in section.says.text()
    assert f"weight puts {part(top.weight)}" in section.says.text()
    person.wait(lambda: section.area.chart.lines, 20, "the figure")
    drawn = section.area.chart.lines
    assert [point.y for point in drawn[0].points] == [p.share for p in first.curve if p.share > 0]

    person.click(section.area.copy_button)
    assert QApplication.clipboard().text().splitlines()[1].startswith("2 × mean\t")
    section.area.write_figure(tmp_path / "figure.png")
    person.wait((tmp_path / "figure.png").exists, 20, "the picture")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")

    said.clear()
    person.click(page.run_card.main_button)
    person.wait(lambda: len(said) == len(found), _MOST_S, "the known findings")
    assert all(event.reused for event in said)
    person.wait(lambda: page.run_card.main_button.text() == "Run analysis", _MOST_S, "the end")
    window.context.project.edit_section("localize", budget=Budget(share=0.1))
    person.wait(page.stale_note.isVisible, 20, "a word that they are of earlier settings")
    assert person.state("analysis") is StageState.STALE

    window.desk.close()
    window.desk.open(finished)
    window.show_page("analysis")
    page = person.page("analysis")
    person.wait(lambda: "equal scores" in page.overview.texts["concentration"].text(), 20, "them")
    assert page.overview.texts["necessity"].text() == "Not analysed yet."
    assert page.stale_note.isVisible()
