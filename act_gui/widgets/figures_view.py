"""Figures of a run in three ways: bars with intervals, the plane, and the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.baselines.registry import BASELINES
from act_core.events import Metric
from act_core.report.results import RESULT, TARGET, Results
from act_core.report.table import figure_table
from act_gui.maps.bars import AbilityBars, BarRow
from act_gui.maps.kinds import Kind
from act_gui.text import tr
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.fitted_tabs import FittedTabs
from act_gui.widgets.late_plane import LatePlane
from act_gui.widgets.task_figures import TaskFigures


class FiguresView(QWidget):
    """Bars, plane and table in tabs.

    Signals:
        point_chosen: Name of the candidate that was clicked on the plane.
    """

    point_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live: dict[tuple[str, str, str], Metric] = {}
        self.tabs = FittedTabs(self)
        self.bars = AbilityBars()
        self.plane = LatePlane()
        self.tabs.setAccessibleName(tr("Figures"))
        self.tabs.tabBar().setAccessibleName(tr("Figures"))
        self.tabs.addTab(self.bars, tr("Abilities"))
        self.tabs.addTab(self.plane, tr("Recovered and lost"))
        tables = QWidget()
        self.tabs.addTab(tables, tr("Table"))
        self.table, self.tasks = FigureTable(tables), TaskFigures(tables)
        below = QVBoxLayout(tables)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.table, 3)
        below.addWidget(self.tasks, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        self.plane.point_chosen.connect(self.point_chosen)

    def show_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Show what metrics.json holds; it has figures."""
        self._live.clear()
        results = Results(metrics)
        roles = {name: facts["role"] for name, facts in results.abilities.items()}
        self.bars.set_rows(bar_rows(results), roles)
        self.table.set_table(figure_table(metrics))
        self.tasks.show_metrics(metrics)

    def show_empty(self, text: str) -> None:
        """Say the next step in place of the figures."""
        self._live.clear()
        self.bars.set_rows((), {})
        self.bars.set_empty(text)
        self.plane.set_points(())
        self.plane.set_empty(text)
        self.table.setRowCount(0)
        self.tasks.show_metrics({})

    def begin_live(self) -> None:
        """A measurement starts: what it finds replaces what is shown."""
        self._live.clear()

    def add_live(
        self, metric: Metric, roles: Mapping[str, str], specialists: tuple[str, ...]
    ) -> None:
        """Show a figure that has just been measured; its interval comes at the end."""
        self._live[metric.candidate, metric.ability, metric.metric] = metric
        rows = [
            BarRow(
                found.candidate,
                found.ability,
                found.metric,
                found.value,
                None,
                None,
                kind_of(found.candidate, specialists),
            )
            for found in self._live.values()
        ]
        self.bars.set_empty("")
        self.bars.set_rows(rows, roles)


def bar_rows(results: Results) -> list[BarRow]:
    """All figures of a run as bars."""
    rows = []
    for candidate in results.candidates:
        kind = kind_of(candidate, results.specialists)
        for ability, measure in results.columns:
            if (found := results.figure(candidate, ability, measure)) is not None:
                name = results.label(candidate)
                ends = found["low"], found["high"]
                rows.append(BarRow(name, ability, measure, found["value"], *ends, kind))
    return rows


def kind_of(candidate: str, specialists: tuple[str, ...]) -> Kind:
    """What a candidate of an evaluation is."""
    if candidate == TARGET:
        return "target"
    if candidate == RESULT:
        return "result"
    if candidate in specialists:
        return "specialist"
    return "baseline" if candidate.split(" ")[0] in BASELINES else "control"
