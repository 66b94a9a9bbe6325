"""Evaluate: every candidate on unseen examples, with intervals and controls, and sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from act_core.events import Measured, Metric
from act_core.pipeline.plane import plane_of, plane_point
from act_core.pipeline.sweep import SweepPoint
from act_core.pipeline.sweep_file import known_points
from act_core.recipe import Budget
from act_core.report.plane import PlanePoint
from act_core.report.results import Results
from act_core.report.verdict import answer
from act_gui.context import Context
from act_gui.pages.page import Page
from act_gui.stages import StageName, StageState
from act_gui.text import tr
from act_gui.widgets.adopt_bar import AdoptBar
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.control_choices import ControlChoices
from act_gui.widgets.figures_view import FiguresView
from act_gui.widgets.job_line import JobLine
from act_gui.widgets.labels import label
from act_gui.widgets.run_facts import read_metrics
from act_gui.widgets.sweep_form import SweepForm


class EvaluatePage(Page):
    """Measures, sweeps, and lets a point be adopted."""

    stage: ClassVar[StageName] = "evaluate"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._points: dict[str, PlanePoint] = {}
        self._measuring: int | None = None
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Show figures as they are known."""
        draft = self.context.project.draft
        state = self.context.states()[self.stage]
        self.controls.show_draft(draft)
        may = not draft.missing() and state is not StageState.RUNNING
        ready = may and state is not StageState.EMPTY
        self.measure_button.setEnabled(ready)
        self.sweep_form.set_may_start(ready)
        self.report_button.setEnabled(self._report().is_file())
        if self._measuring is None:
            self._show_known(state)

    def _build(self) -> None:
        self.verdict = label("", wrap=True, selectable=True)
        self.stale_note = label("", "warn", wrap=True)
        self.figures = FiguresView()
        self.adopt_bar = AdoptBar()
        self.controls = ControlChoices()
        self.sweep_form = SweepForm()
        self.job_line = JobLine(self.context, ("evaluate", "sweep"))
        for widget in (
            self.job_line,
            self.verdict,
            self.stale_note,
            self.figures,
            self.adopt_bar,
            self.controls,
            self.sweep_form,
        ):
            self.body.addWidget(widget)
        self.measure_button = primary_button(tr("Measure"), self._on_measure)
        self.report_button = push_button(tr("Open report"), self._on_report, "external")
        self.footer.addWidget(self.measure_button)
        self.footer.addWidget(self.report_button)
        self.add_next_button()

    def _connect(self) -> None:
        project, jobs = self.context.project, self.context.jobs
        self.controls.evaluate_changed.connect(
            lambda changes: project.edit_section("evaluate", **changes)
        )
        self.sweep_form.started.connect(self._on_sweep)
        self.adopt_bar.adopted.connect(self._on_adopt)
        self.figures.point_chosen.connect(self._on_point_chosen)
        jobs.event.connect(self._on_event)
        jobs.finished.connect(self._on_ended)
        jobs.failed.connect(self._on_ended)

    def _show_known(self, state: StageState) -> None:
        metrics = read_metrics(self.context.project.run)
        has_figures = bool(metrics.get("figures"))
        stale = has_figures and state is not StageState.DONE
        self.stale_note.setVisible(stale)
        self.stale_note.setText(tr("These figures are of earlier settings: measure again."))
        self.verdict.setVisible(has_figures)
        if has_figures:
            self.verdict.setText(" ".join(answer(Results(metrics))))
            self.figures.show_metrics(metrics)
        else:
            self.figures.show_empty(self._next_step(state))
        self._show_plane(metrics if has_figures else {})

    def _show_plane(self, metrics: Mapping[str, Any]) -> None:
        points = [*(plane_of(metrics) if metrics else ()), *known_points(self.context.project.run)]
        self._points = {point.name: point for point in points}
        if self._points:
            self.figures.plane.set_empty("")
            self.figures.plane.set_points(tuple(self._points.values()))

    def _next_step(self, state: StageState) -> str:
        if state is StageState.EMPTY:
            return tr("Select channels on the page Localize first.")
        return tr("Press Measure: target, specialist, result and controls on unseen examples.")

    def _report(self) -> Path:
        return self.context.project.run.path / "report.html"

    def _on_measure(self) -> None:
        self._measuring = self.context.start("evaluate", tr("Measure"))
        self.figures.begin_live()

    def _on_sweep(self, points: list[SweepPoint]) -> None:
        plain = [[point.scorer, point.share, point.strength] for point in points]
        self.context.start("sweep", tr("Sweep of {count}", count=len(points)), points=plain)
        self.figures.tabs.setCurrentWidget(self.figures.plane)
        self.scroll_to(self.job_line)

    def _on_event(self, job: int, event: object) -> None:
        kind = self.context.jobs.view(job).spec.kind
        if kind == "evaluate" and isinstance(event, Metric):
            draft = self.context.project.draft
            roles = {name: ability.role for name, ability in draft.abilities.items()}
            self.figures.add_live(event, roles, tuple(draft.specialists))
        if kind == "sweep" and isinstance(event, Measured):
            point = plane_point(event)
            self._points[point.name] = point
            self.figures.plane.set_empty("")
            self.figures.plane.add_point(point)

    def _on_ended(self, job: int, _result: object) -> None:
        if job == self._measuring:
            self._measuring = None
        if self.isVisible():
            self._refresh()

    def _on_point_chosen(self, name: str) -> None:
        point = self._points.get(name)
        if point is not None:
            text = f"{point.name}: {point.detail}" if point.detail else point.name
            self.adopt_bar.show_point(text, SweepPoint.parse(point.name))

    def _on_adopt(self, point: SweepPoint) -> None:
        project = self.context.project
        by_budget = {
            name: section.model_copy(update={"mask": None})
            for name, section in project.draft.specialists.items()
        }
        project.edit(specialists=by_budget)
        project.edit_section("localize", scorer=point.scorer, budget=Budget(share=point.share))
        project.edit_section("transfer", strength=point.strength)
        self.context.start("localize", tr("Select channels"))
        self.context.notices.note(tr("Adopted: {point}.", point=point.name), "good")

    def _on_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report())))
