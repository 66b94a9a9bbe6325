"""The window: stages at the left, the page in the middle, docks, status bar. No business logic."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QUndoStack
from PySide6.QtWidgets import QMainWindow, QWidget

from act_gui.preferences import Preferences
from act_gui.text import tr

if TYPE_CHECKING:
    # The window is on screen before its parts are imported.
    from act_core.errors import ErrorRecord
    from act_gui.context import Context
    from act_gui.log import LogStore
    from act_gui.notify import Notices
    from act_gui.stages import PageName

_FIRST_SIZE = QSize(1240, 820)
# Module and class of every page; imported when the page is shown first.
PAGES: Mapping[PageName, tuple[str, str]] = {
    "models": ("act_gui.pages.models_page", "ModelsPage"),
    "abilities": ("act_gui.pages.abilities_page", "AbilitiesPage"),
    "profile": ("act_gui.pages.profile_page", "ProfilePage"),
    "localize": ("act_gui.pages.localize_page", "LocalizePage"),
    "gates": ("act_gui.pages.gates_page", "GatesPage"),
    "transfer": ("act_gui.pages.transfer_page", "TransferPage"),
    "tune": ("act_gui.pages.tune_page", "TunePage"),
    "evaluate": ("act_gui.pages.evaluate_page", "EvaluatePage"),
    "analysis": ("act_gui.pages.analysis_page", "AnalysisPage"),
    "try": ("act_gui.pages.try_page", "TryPage"),
    "export": ("act_gui.pages.export_page", "ExportPage"),
    "hub": ("act_gui.pages.hub_page", "HubPage"),
}
_OPEN_STATES = ("queued", "running", "pausing", "paused", "cancelling")


class MainWindow(QMainWindow):
    """The one window. It is shown empty, and filled when it has been painted.

    Args:
        preferences: The person's settings.

    Attributes:
        notices: What is to be told.
        desk: Opens and closes projects.
        commands: The actions.
        start_page: With the three doors.
        stage_list: At the left.
        undo_group: Undo and redo of the page that is shown.

    Signals:
        first_painted: The person sees the window.
    """

    first_painted = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self._painted = self._filled = self._leaving = False
        self.setWindowTitle(tr("ACT Studio"))
        self.resize(_FIRST_SIZE)

    def fill(self, notices: Notices, log: LogStore, *, fresh: bool = False) -> None:
        """Make everything that the window holds.

        Args:
            notices: What is to be told.
            log: What happened.
            fresh: Leave layouts of projects aside.
        """
        from PySide6.QtGui import QUndoGroup

        from act_gui.actions import Actions
        from act_gui.closing import Closing
        from act_gui.desk import Desk
        from act_gui.handlers import Handlers
        from act_gui.parts import build_parts

        self.notices = notices
        self._closing = Closing(self)
        self._fresh = fresh
        self.setAcceptDrops(True)
        self.desk = Desk(self.preferences, notices, self._may_close, self)
        self.undo_group = QUndoGroup(self)
        self.parts = build_parts(self, notices, log, PAGES)
        self.commands = Actions(self, Handlers(self))
        menus = self.commands.fill_menus(self)
        self._recent_menu = menus["file"].addMenu(tr("Recent projects"))
        menus["file"].insertMenu(self.commands.action("demo"), self._recent_menu)
        self._filled = True
        self._connect()
        self._on_closed()

    def _connect(self) -> None:
        self.desk.opened.connect(self._on_opened)
        self.desk.closing.connect(self._on_closing)
        self.desk.closed.connect(self._on_closed)
        self.desk.refused.connect(self._on_refused)
        self.parts.start_page.demo_wanted.connect(self.desk.create_demo)
        self.parts.start_page.create_wanted.connect(self.desk.create)
        self.parts.start_page.open_wanted.connect(self.desk.open)
        self.parts.start_page.forget_wanted.connect(self._on_forget)
        show_log = partial(self.show_dock, "log")
        self.parts.start_page.log_wanted.connect(show_log)
        self.parts.notice_area.log_wanted.connect(show_log)
        self.parts.job_summary.jobs_wanted.connect(partial(self.show_dock, "jobs"))
        self.parts.stage_list.stage_chosen.connect(self.show_page)
        self.parts.docks["jobs"].visibilityChanged.connect(self._on_jobs_shown)
        for dock in self.parts.docks.values():
            dock.visibilityChanged.connect(self._on_dock_changed)
        self.undo_group.canUndoChanged.connect(self.update_facts)
        self.undo_group.canRedoChanged.connect(self.update_facts)
        self.preferences.apart = self.parts.stack.all_pages
        self.preferences.styled.connect(self.parts.stack.style_soon)
        self.preferences.changed.connect(self._on_preferences_changed)
        self.preferences.save_failed.connect(self.notices.error)
        self._recent_menu.aboutToShow.connect(self._on_recent_menu)

    # Projects

    @property
    def context(self) -> Context | None:
        """The open project with its jobs; None: the start page is shown."""
        return self.desk.context

    def _may_close(self, context: Context) -> bool:
        again = self.close if self._leaving else self.desk.close
        return self._closing.allows(context, again)

    def _on_refused(self, error: ErrorRecord) -> None:
        if self.context is not None:
            self.notices.error(error)
            return
        from act_gui.log import log_error

        log_error(error)
        self.parts.start_page.show_error(error)

    def _on_closing(self) -> None:
        self.keep_view()
        self._closing.forget()
        if self.context is not None:
            self.parts.stack.close_pages(self.context)
        panel = self.parts.docks["jobs"].widget()
        if panel is not None:
            self.parts.docks["jobs"].setWidget(QWidget())
            panel.deleteLater()
        self.parts.job_summary.set_context(None)
        self.parts.machine.set_context(None)

    def _on_opened(self, context: Context) -> None:
        from act_gui.layout import restore_layout

        project = context.project
        self.parts.start_page.show_error(None)
        self.setWindowTitle(tr("{project} – ACT Studio", project=project.folder.name))
        self.parts.stage_list.show()
        self.parts.stage_list.set_states(context.states())
        self.notices.clear()
        self.parts.hint.begin()
        self.parts.job_summary.set_context(context)
        self.parts.machine.set_context(context)
        context.states_changed.connect(self._on_states_changed)
        context.page_wanted.connect(self.show_page)
        context.command_wanted.connect(lambda command: self.commands.action(command).trigger())
        context.recent_models.setStringList(self.preferences.settings.recent_models)
        context.model_used.connect(self._on_model_used)
        page = project.manifest.page  # restoring docks already keeps a view
        if self._fresh or not restore_layout(self, project.manifest.window):
            self._hide_docks()
        self.show_page(page if page in PAGES else next(iter(PAGES)))
        paused = sum(view.state == "paused" for view in context.jobs.jobs())
        if paused:
            self.notices.note(tr("Unfinished jobs: {count}. Resume them under Jobs.", count=paused))

    def _on_closed(self) -> None:
        self.setWindowTitle(tr("ACT Studio"))
        self.parts.stage_list.hide()
        self.parts.hint.show_text("")
        self._hide_docks()
        self._set_undo(None)
        self.parts.start_page.show_recent(self.preferences.settings.recent)
        self.parts.start_page.begin()
        self.update_facts()

    def _hide_docks(self) -> None:
        for dock in self.parts.docks.values():
            dock.setFloating(False)
            dock.hide()

    # Pages and docks

    @property
    def page_name(self) -> str:
        """The page that is shown, by its stage or place; empty: none is."""
        page = self.parts.stack.page
        return "" if page is None else page.stage

    def show_page(self, name: str) -> None:
        """Show the page of a stage or place."""
        if self.context is None:
            return
        # First: as the old page goes, the focus may come to the list, which then takes its current
        # stage for the person's choice.
        self.parts.stage_list.set_current(name)
        page = self.parts.stack.show_page(cast("PageName", name), self.context)
        page.sentence.setVisible(self.preferences.settings.explain)
        self.parts.hint.show_page(page.stage, self.context)
        self._set_undo(page.undo_stack())
        self.keep_view()
        self.update_facts()

    def _set_undo(self, stack: QUndoStack | None) -> None:
        if stack is not None and stack not in self.undo_group.stacks():
            self.undo_group.addStack(stack)
        self.undo_group.setActiveStack(stack)  # type: ignore[arg-type] # Qt takes None

    def show_dock(self, name: str) -> None:
        """Show a dock and go into it."""
        dock = self.parts.docks[name]
        dock.show()
        dock.raise_()
        content = dock.widget()
        if content is not None and content.focusProxy() is not None:
            content.setFocus()

    def _make_job_panel(self) -> None:
        """A project opens faster without it, and most often nobody looks at it for a while."""
        from act_gui.jobs.panel import JobPanel

        dock = self.parts.docks["jobs"]
        if self.context is None or isinstance(dock.widget(), JobPanel):
            return
        panel = JobPanel(self.context.jobs, dock)
        panel.log_wanted.connect(partial(self.show_dock, "log"))
        dock.setWidget(panel)

    def toggle_dock(self, name: str) -> None:
        """Show a dock, or hide it."""
        if self.parts.docks[name].isVisible():
            self.parts.docks[name].hide()
        else:
            self.show_dock(name)

    def keep_view(self) -> None:
        """Remember in the project how the window stands."""
        from act_gui.layout import layout_text

        if self.context is not None and self.isVisible():
            self.context.project.keep_view(self.page_name, layout_text(self))

    # Commands

    def update_facts(self, *_ignored: object) -> None:
        """Enable and check the commands by how things stand."""
        facts = {f"theme-{self.preferences.theme}", f"page-{self.page_name}"}
        if self.preferences.settings.hub.offline:
            facts.add("offline")
        facts |= {f"{name}-shown" for name, dock in self.parts.docks.items() if not dock.isHidden()}
        if self.context is not None:
            facts.add("project")
            if any(view.state in _OPEN_STATES for view in self.context.jobs.jobs()):
                facts.add("busy")
        if self.undo_group.canUndo():
            facts.add("undo")
        if self.undo_group.canRedo():
            facts.add("redo")
        self.commands.update(facts)

    # Slots

    def _on_states_changed(self) -> None:
        if self.context is not None:
            self.parts.stage_list.set_states(self.context.states())
            if self.parts.stack.page is not None:
                self.parts.hint.show_page(self.parts.stack.page.stage, self.context)
            self.update_facts()

    def _on_jobs_shown(self, visible: bool) -> None:
        if visible:
            self._make_job_panel()

    def _on_dock_changed(self, _visible: bool) -> None:
        self.keep_view()
        self.update_facts()

    def _on_preferences_changed(self) -> None:
        for page in self.parts.stack.pages():
            page.sentence.setVisible(self.preferences.settings.explain)
        if self.context is None:
            self.parts.start_page.show_recent(self.preferences.settings.recent)
        self.update_facts()

    def _on_model_used(self, name: str) -> None:
        self.preferences.replace(self.preferences.settings.with_model(name))
        if self.context is not None:
            self.context.recent_models.setStringList(self.preferences.settings.recent_models)

    def _on_forget(self, folder: Path) -> None:
        self.preferences.replace(self.preferences.settings.without_recent(folder))

    def _on_recent_menu(self) -> None:
        self._recent_menu.clear()
        for name in self.preferences.settings.recent:
            action = self._recent_menu.addAction(Path(name).name)
            action.setToolTip(name)
            action.triggered.connect(partial(self.desk.open, Path(name)))

    # Qt's own

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if _dropped_project(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        folder = _dropped_project(event)
        if folder is not None:
            event.acceptProposedAction()
            self.desk.open(folder)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self._leaving = True
        may_close = not self._filled or self.desk.close()
        self._leaving = False
        event.setAccepted(may_close)


def _dropped_project(event: QDropEvent) -> Path | None:
    """The project folder that is dragged, where it is one."""
    places = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if len(places) == 1 and (places[0] / "act-project.json").is_file():
        return places[0]
    return None
