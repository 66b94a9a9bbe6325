"""Evaluate: every candidate on unseen examples, with intervals and controls, and sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QEvent, QObject, QUrl
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QWidget

from act_core.events import Measured, Metric
from act_core.files import write_whole
from act_core.pipeline.pace import candidate_seconds
from act_core.pipeline.points import Point
from act_core.pipeline.recommend import limits_of
from act_core.pipeline.sweep_file import known_sweep
from act_core.profile.expect import Expectation
from act_core.report.plane import PlanePoint
from act_core.report.results import Results
from act_core.report.summed import plane_of
from act_core.report.verdict import answer
from act_gui.context import Context
from act_gui.dialogs.files import ask_save
from act_gui.pages.evaluate_parts.samples_area import SamplesArea
from act_gui.pages.evaluate_parts.times import CandidateTimes, time_text
from act_gui.pages.page import Page
from act_gui.stages import StageName, StageState
from act_gui.text import tr
from act_gui.widgets.adopt_bar import AdoptBar
from act_gui.widgets.buttons import allow, primary_button, push_button
from act_gui.widgets.control_choices import ControlChoices
from act_gui.widgets.figures_view import FiguresView
from act_gui.widgets.job_line import JobLine
from act_gui.widgets.labels import label
from act_gui.widgets.sweep_form import SweepForm
from act_gui.widgets.sweep_view import RecommendationCard, SweepView

_SAVE_KEY = "save the report"


class EvaluatePage(Page):
    """Measures, sweeps, and lets a point be adopted."""

    stage: ClassVar[StageName] = "evaluate"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._points: dict[str, PlanePoint] = {}
        self._tried: Expectation | None = None
        self._measuring: int | None = None
        self._sweeping: int | None = None
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Show figures as they are known."""
        draft = self.context.project.draft
        state = self.context.states()[self.stage]
        self.controls.show_draft(draft)
        pace = self._show_times()
        may = not draft.missing() and state is not StageState.RUNNING
        ready = may and state is not StageState.EMPTY
        if ready and pace is None and not self.context.jobs.busy():
            self.times.look(draft)
        self.measure_button.setEnabled(ready)
        self.samples.set_may_measure(ready)
        self.sweep_form.set_may_start(ready)
        for button in (self.report_button, self.save_button):
            allow(button, self._report().is_file(), tr("Measure first: a report is written then."))
        if self._measuring is None:
            self._show_known(state)
        if self._sweeping is None:
            self._show_sweep()

    def _build(self) -> None:
        self.job_line = JobLine(self.context, ("evaluate", "sweep"), self.ground)
        self.verdict = label("", wrap=True, selectable=True)
        self.stale_note = label("", "warn", wrap=True)
        for widget in (self.job_line, self.verdict, self.stale_note):
            self.body.addWidget(widget)
        self.figures = FiguresView(self.ground)
        self.sweep_view = SweepView()
        self.samples = SamplesArea(self.context.lookups)
        self.figures.tabs.addTab(self.samples, tr("Samples"))
        self.figures.tabs.addTab(self.sweep_view, tr("Sweep"))
        self.adopt_bar = AdoptBar(self.ground)
        self.recommendation = RecommendationCard(self.ground)
        self.controls = ControlChoices(self.ground)
        self.sweep_form = SweepForm(self.ground)
        self.times = CandidateTimes(self.context.lookups, "time of a candidate", self)
        cards = (self.adopt_bar, self.recommendation, self.controls, self.sweep_form)
        for part in (self.figures, *cards):
            self.body.addWidget(part)
        self.measure_button = primary_button(tr("Measure"), self._on_measure)
        self.report_button = push_button(tr("Open report"), self._on_report, "external")
        self.time_words = label("", "muted", wrap=False)
        self.footer.addWidget(self.measure_button)
        self.footer.addWidget(self.time_words)
        self.save_button = push_button(tr("Save report…"), self._on_save_report, "download")
        self.footer.addWidget(self.report_button)
        self.footer.addWidget(self.save_button)
        self.add_next_button()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.figures.tabs.set_room(self.room_below(self.figures))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Move:  # what stands above has become longer or shorter
            self.figures.tabs.set_room(self.room_below(self.figures))
        return super().eventFilter(watched, event)

    def _connect(self) -> None:
        self.figures.installEventFilter(self)
        project, jobs = self.context.project, self.context.jobs
        self.controls.evaluate_changed.connect(
            lambda changes: project.edit_section("evaluate", **changes)
        )
        self.sweep_form.started.connect(self._on_sweep)
        self.sweep_form.limits_changed.connect(
            lambda limits: project.edit_section("evaluate", limits=limits)
        )
        for place in (self.sweep_view, self.recommendation):
            place.adopted.connect(self._on_adopt)
        self.figures.point_chosen.connect(self._on_point_chosen)
        self.times.found.connect(self._on_time)
        self.samples.measure_wanted.connect(lambda: self._on_measure(samples=True))
        self.samples.failed.connect(self.context.notices.error)
        self.samples.written.connect(self._on_written)
        jobs.event.connect(self._on_event)
        jobs.finished.connect(self._on_ended)
        jobs.failed.connect(self._on_ended)

    def _show_known(self, state: StageState) -> None:
        metrics = self.context.project.run.read_metrics()
        has_figures = bool(metrics.get("figures"))
        stale = has_figures and state is not StageState.DONE
        self.stale_note.setVisible(stale)
        self.stale_note.setText(tr("These figures are of earlier settings: measure again."))
        self.verdict.setVisible(has_figures)
        if has_figures:
            self.verdict.setText(" ".join(answer(Results(metrics))))
            self.figures.show_metrics(metrics)
            self.samples.show_metrics(self.context.project.run.path, metrics)
        else:
            self.figures.show_empty(self._next_step(state))
            self.samples.show_none(self._next_step(state))
        self._show_plane(metrics if has_figures else {})

    def _show_plane(self, metrics: Mapping[str, Any]) -> None:
        self._points = {point.name: point for point in plane_of(metrics)} if metrics else {}
        if self._points:
            self.figures.plane.set_empty("")
            self.figures.plane.set_points(tuple(self._points.values()))

    def _show_sweep(self) -> None:
        known = known_sweep(self.context.project.run)
        self.sweep_view.show_sweep(known)
        self.recommendation.show_recommendation(known.recommendation, known.command)
        abilities = tuple(self.context.project.draft.abilities)
        self.samples.show_sweep(self.context.project.run.path, known.recommendation, abilities)

    def _pace(self) -> Expectation | None:
        """Time of a candidate: as this project has measured before, else as it was tried out."""
        measured = candidate_seconds(self.context.project.run)
        return self._tried if measured is None else Expectation(measured, True, ())

    def _on_time(self, found: Expectation | None) -> None:
        self._tried = found
        self._show_times()

    def _show_times(self) -> Expectation | None:
        draft, pace = self.context.project.draft, self._pace()
        self.sweep_form.show_draft(draft, pace)
        self.time_words.setText(time_text(draft, pace))
        self.time_words.setToolTip("\n".join(pace.assumptions) if pace else "")
        return pace

    def _next_step(self, state: StageState) -> str:
        if state is StageState.EMPTY:
            return tr(
                "Here you will compare target, specialist, result and controls on unseen examples."
            )
        return tr("Press Measure: target, specialist, result and controls on unseen examples.")

    def _report(self) -> Path:
        return self.context.project.run.path / "report.html"

    def _on_measure(self, *, samples: bool = False) -> None:
        self._measuring = self.context.start("evaluate", tr("Measure"), samples=samples)
        self.figures.begin_live()

    def _on_sweep(self, points: list[Point], halving: bool) -> None:
        self._sweeping = self.context.start(
            "sweep",
            tr("Sweep of {count}", count=len(points)),
            points=[point.plain() for point in points],
            halving=halving,
        )
        if self._sweeping is None:
            return
        self.sweep_view.begin_live(limits_of(self.context.project.draft))
        self.recommendation.show_recommendation(None)
        self.figures.tabs.setCurrentWidget(self.sweep_view)
        self.scroll_to(self.job_line)

    def _on_event(self, job: int, event: object) -> None:
        kind = self.context.jobs.view(job).spec.kind
        if kind == "evaluate" and isinstance(event, Metric):
            draft = self.context.project.draft
            roles = {name: ability.role for name, ability in draft.abilities.items()}
            self.figures.add_live(event, roles, tuple(draft.specialists))
        if job == self._sweeping and isinstance(event, Measured):
            self.sweep_view.add_live(event)

    def _on_ended(self, job: int, _result: object) -> None:
        if job == self._measuring:
            self._measuring = None
        if job == self._sweeping:
            self._sweeping = None
        if self.isVisible():
            self._refresh()

    def _on_point_chosen(self, name: str) -> None:
        point = self._points.get(name)
        if point is not None:
            text = f"{point.name}: {point.detail}" if point.detail else point.name
            self.adopt_bar.show_point(text, None)

    def _on_adopt(self, point: Point) -> None:
        project = self.context.project
        adopted = point.applied(project.draft)
        project.edit(
            specialists=adopted.specialists,
            localize=adopted.localize,
            transfer=adopted.transfer,
            gates=adopted.gates,
        )
        if adopted.gates is None:
            self.context.start("localize", tr("Select channels"))
        self.context.notices.note(tr("Adopted: {point}.", point=point.name), "good")

    def _on_written(self, path: Path) -> None:
        self.context.notices.note(tr("Written: {path}", path=path), "good")

    def _on_save_report(self) -> None:
        name = f"{self.context.project.draft.name}-report.html"
        kinds = tr("Web page (*.html);;Markdown (*.md)")
        ask_save(self, tr("Save report"), name, kinds, self.save_report)

    def save_report(self, path: Path) -> None:
        """Write the report to a file of the person's, in the background; the ending says which."""
        source = self._report().with_suffix(".md" if path.suffix.lower() == ".md" else ".html")
        self.context.lookups.ask(
            _SAVE_KEY,
            lambda: write_whole(path, source.read_bytes()),
            lambda _nothing: self._on_written(path),
            self.context.notices.error,
        )

    def _on_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report())))
