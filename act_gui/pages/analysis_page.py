"""Analysis: where abilities sit and what their channels do, each figure beside its chance."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QTabWidget, QWidget

from act_core.analysis.file import Found, known_analysis
from act_core.analysis.findings import ANALYSES, AnalysisName
from act_core.errors import ErrorRecord
from act_core.events import Analysed
from act_core.pipeline.repeating import analyse_command
from act_core.profile.devices import used_bytes
from act_gui.context import Context
from act_gui.icons import icon
from act_gui.jobs.manager import JobView
from act_gui.pages.analysis_parts.choices import Choices
from act_gui.pages.analysis_parts.families import families
from act_gui.pages.analysis_parts.overview import Overview
from act_gui.pages.analysis_parts.section import Section
from act_gui.pages.analysis_parts.shown import Family, about
from act_gui.pages.page import Page
from act_gui.stage_parts import is_current
from act_gui.stages import StageName
from act_gui.text import tr
from act_gui.widgets.buttons import allow, push_button
from act_gui.widgets.command_line import CommandLine
from act_gui.widgets.job_line import open_job
from act_gui.widgets.labels import label
from act_gui.widgets.run_card import RunCard, RunWords, memory_text

_KIND = "analyse"
_READ_AFTER_MS = 250  # findings come in bursts
_LEAST_LINES = 30


class AnalysisPage(Page):
    """The choice, the job, and a tab for each analysis that its findings fill as they come."""

    stage: ClassVar[StageName] = "analysis"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._found: tuple[Found, ...] | None = None  # None: not read yet
        self._families: dict[AnalysisName, Family] = {}
        self._read_soon = QTimer(self, singleShot=True, interval=_READ_AFTER_MS)
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Show the job, and the findings of the run folder."""
        job = open_job(self.context.jobs, (_KIND,))
        self.choices.set_busy(job is not None)
        self._show_job(job)
        self._show_age(busy=job is not None)
        report = self._report().is_file()
        allow(self.report_button, report, tr("Run analysis first: a report is written then."))
        self._read()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.run_card = RunCard(_words(), self.context.jobs, self.ground)
        self.choices = Choices(self.run_card)
        self.run_card.body.addWidget(self.choices)
        self.stale_note = label("", "warn", wrap=True)
        self.tabs = QTabWidget(self.ground)
        self.tabs.setAccessibleName(tr("Findings"))
        self.tabs.tabBar().setAccessibleName(tr("Findings"))
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setMinimumHeight(_LEAST_LINES * self.fontMetrics().lineSpacing())
        self.overview = Overview()
        self.tabs.addTab(self.overview, tr("Overview"))
        self.sections: dict[AnalysisName, Section] = {}
        for name in ANALYSES:
            self.sections[name] = Section(name)
            self.tabs.addTab(self.sections[name], about(name).title)
        self.command = CommandLine(tr("Repeats these analyses"))
        for widget in (self.run_card, self.stale_note, self.tabs, self.command):
            self.body.addWidget(widget)
        self.report_button = push_button(tr("Open report"), self._on_report, "external")
        self.footer.addWidget(self.report_button)
        self.add_next_button()

    def _connect(self) -> None:
        jobs = self.context.jobs
        self.choices.changed.connect(self._on_choice)
        self.run_card.start_wanted.connect(self._on_start)
        self.tabs.currentChanged.connect(self._show_tab)
        for section in self.sections.values():
            section.failed.connect(self.context.notices.error)
            section.written.connect(self._on_written)
        self._read_soon.timeout.connect(self._read)
        jobs.event.connect(self._on_event)
        jobs.changed.connect(self._on_job_changed)
        jobs.finished.connect(self._on_ended)
        jobs.failed.connect(self._on_ended)

    # ----------------------------------------------------------------------------- job

    def _on_start(self) -> None:
        chosen = list(self.choices.chosen)
        self.context.start(_KIND, tr("Analyse"), analyses=chosen)

    def _on_choice(self) -> None:
        self._show_job(open_job(self.context.jobs, (_KIND,)))
        self._show_tab()

    def _on_event(self, _job: int, event: object) -> None:
        """A finding lies in the run folder when its event comes."""
        if isinstance(event, Analysed) and self.isVisible() and not self._read_soon.isActive():
            self._read_soon.start()

    def _on_job_changed(self, job: int) -> None:
        if self.isVisible() and self.context.jobs.view(job).spec.kind == _KIND:
            self._show_job(open_job(self.context.jobs, (_KIND,)))

    def _on_ended(self, job: int, _result: object) -> None:
        if self.context.jobs.view(job).spec.kind == _KIND and self.isVisible():
            self._refresh()

    def _show_job(self, job: JobView | None) -> None:
        draft = self.context.project.draft
        self.run_card.setVisible(job is not None or not draft.missing())
        if job is not None:
            self.run_card.show_job(job, memory_text(used_bytes(draft.profile.device)))
            return
        chosen = self.choices.chosen
        plan = tr(
            "Analyses the selected channels of every ability. What is known is not computed "
            "again, and findings stay when you cancel."
        )
        if not chosen:
            plan = tr("Choose what to analyse.")
        self.run_card.show_idle(plan, "", may_start=bool(chosen))

    # ------------------------------------------------------------------------ findings

    def _read(self) -> None:
        """Read the findings of the run folder, beside the window's thread."""
        run, scorer = self.context.project.run, self.context.project.draft.localize.scorer

        def work() -> tuple[tuple[Found, ...], dict[AnalysisName, Family], str]:
            found = known_analysis(run)
            names = tuple(dict.fromkeys(one.analysis for one in found))
            place = run.analyses.recipe
            command = analyse_command(place, names) if names and place.is_file() else ""
            return found, families([one.finding for one in found], scorer), command

        self.context.lookups.ask("findings", work, self._on_read, self._on_fault)

    def _on_read(self, answer: tuple[tuple[Found, ...], dict[AnalysisName, Family], str]) -> None:
        self._found, self._families, command = answer
        self.command.show_command(command)
        for place, name in enumerate(ANALYSES, 1):
            known = bool(self._families[name].views)
            self.tabs.setTabIcon(place, icon("check" if known else "empty"))
        self._show_age(busy=open_job(self.context.jobs, (_KIND,)) is not None)
        self._show_tab()

    def _on_written(self, path: Path) -> None:
        self.context.notices.note(tr("Written: {path}", path=path), "good")

    def _on_fault(self, error: ErrorRecord) -> None:
        self.context.notices.error(error)

    def _show_tab(self, _place: int = 0) -> None:
        """Only what is seen is drawn."""
        if self._found is None:
            return
        shown = self.tabs.currentWidget()
        if shown is self.overview:
            self.overview.show_families(self._families, self._hint(None))
        for name, section in self.sections.items():
            if section is shown:
                section.show_family(self._families[name], self._hint(name))

    def _hint(self, name: AnalysisName | None) -> str:
        """What a person can do to see an analysis; None: the overview of all."""
        if open_job(self.context.jobs, (_KIND,)) is not None:
            return tr("What is found appears here as it comes.")
        chosen, missing = self.choices.chosen, bool(self.context.project.draft.missing())
        if name is None:
            return _overview_hint(nothing_chosen=not chosen, missing=missing)
        title = about(name).title
        if missing:
            return tr("{title} is shown here, once it is analysed.", title=title)
        if name in chosen:
            return tr("Press Run analysis: {title} is shown here.", title=title)
        return tr("Choose {title} under What to analyse and press Run analysis.", title=title)

    def _show_age(self, *, busy: bool) -> None:
        """Say so where findings are of other settings; a job drops them with its first finding."""
        project = self.context.project
        current = is_current(project.draft, project.records, self.stage)
        self.stale_note.setVisible(bool(self._found) and not current)
        self.stale_note.setText(
            tr("These findings are of earlier settings; new ones take their place.")
            if busy
            else tr("These findings are of earlier settings: run the analysis again.")
        )

    def _report(self) -> Path:
        return self.context.project.run.path / "analysis.html"

    def _on_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report())))


def _overview_hint(*, nothing_chosen: bool, missing: bool) -> str:
    told = tr(
        "where each ability sits, how sure that is, and what its channels do, each figure beside "
        "its chance level"
    )
    if missing:
        return tr("Here you will see {told}.", told=told)
    if nothing_chosen:
        return tr("Choose under What to analyse, and press Run analysis to see {told}.", told=told)
    return tr("Press Run analysis to see {told}.", told=told)


def _words() -> RunWords:
    return RunWords(
        job=tr("Analysis job"),
        progress=tr("Progress of the analysis"),
        start=tr("Run analysis"),
        running=tr("Analysing…"),
        kept=tr("Paused. Findings so far are kept, also over a restart."),
    )
