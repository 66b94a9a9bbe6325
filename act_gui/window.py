"""The window: stages at the left, the page in the middle, docks, status bar. No business logic."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QUndoGroup, QUndoStack
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QMenu, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_gui.actions import Actions, keys_text
from act_gui.desk import Desk
from act_gui.handlers import Handlers
from act_gui.layout import layout_text, restore_layout
from act_gui.log import LogStore, log_error, logger
from act_gui.notify import Notices
from act_gui.pages.start_page import StartPage
from act_gui.preferences import Preferences
from act_gui.stages import STAGE_NAMES, StageName
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.log_view import LogView
from act_gui.widgets.notice_area import NoticeArea
from act_gui.widgets.page_stack import PageStack
from act_gui.widgets.stage_list import StageList
from act_gui.widgets.status import JobSummary, MachineStatus
from act_gui.widgets.tour_hint import TourHint

if TYPE_CHECKING:
    from act_gui.context import Context
    from act_gui.palette import Entry

_FIRST_SIZE = QSize(1240, 820)
# Module and class of every page; imported when the page is shown first.
PAGES: Mapping[StageName, tuple[str, str]] = {
    "models": ("act_gui.pages.models_page", "ModelsPage"),
    "abilities": ("act_gui.pages.abilities_page", "AbilitiesPage"),
    "profile": ("act_gui.pages.profile_page", "ProfilePage"),
    "localize": ("act_gui.pages.localize_page", "LocalizePage"),
    "transfer": ("act_gui.pages.transfer_page", "TransferPage"),
    "evaluate": ("act_gui.pages.evaluate_page", "EvaluatePage"),
    "export": ("act_gui.pages.export_page", "ExportPage"),
}
_OPEN_STATES = ("queued", "running", "pausing", "paused", "cancelling")


class MainWindow(QMainWindow):
    """The one window.

    Args:
        preferences: The person's settings.
        notices: What is to be told.
        log: What happened.

    Attributes:
        desk: Opens and closes projects.
        start_page: With the three doors.
        stage_list: At the left.
        undo_group: Undo and redo of the page that is shown.
    """

    def __init__(
        self,
        preferences: Preferences,
        notices: Notices,
        log: LogStore,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.preferences = preferences
        self.notices = notices
        self.desk = Desk(preferences, notices, self._may_close, self)
        self.undo_group = QUndoGroup(self)
        self._build(log)
        self.commands = Actions(self, Handlers(self))
        self._fill_menus()
        self._connect()
        self._on_closed()

    # Building

    def _build(self, log: LogStore) -> None:
        self.setAcceptDrops(True)
        self.resize(_FIRST_SIZE)
        self.start_page = StartPage()
        self.stage_list = StageList()
        self.notice_area = NoticeArea(self.notices)
        self.hint = TourHint()
        self.stack = PageStack(self.start_page, PAGES)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice_area)
        column.addWidget(self.hint)
        column.addWidget(self.stack, 1)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.stage_list)
        row.addWidget(middle, 1)
        self.setCentralWidget(central)
        self.log_view = LogView(log)
        self.docks = {"jobs": self._dock("jobs", tr("Jobs")), "log": self._dock("log", tr("Log"))}
        self.docks["log"].setWidget(self.log_view)
        self.activity = label("", "muted")
        self.job_summary = JobSummary()
        self.machine = MachineStatus()
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.job_summary)
        bar.addWidget(self.activity)
        bar.addPermanentWidget(self.machine)

    def _dock(self, name: str, title: str) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setAccessibleName(title)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        dock.hide()
        return dock

    def _fill_menus(self) -> None:
        menus = self.commands.fill_menus(self)
        self._recent_menu = QMenu(tr("Recent projects"), self)
        self._recent_menu.aboutToShow.connect(self._on_recent_menu)
        menus["file"].insertMenu(self.commands.action("demo"), self._recent_menu)

    def _connect(self) -> None:
        self.desk.opened.connect(self._on_opened)
        self.desk.closing.connect(self._on_closing)
        self.desk.closed.connect(self._on_closed)
        self.desk.refused.connect(self._on_refused)
        self.start_page.demo_wanted.connect(self.desk.create_demo)
        self.start_page.create_wanted.connect(self.desk.create)
        self.start_page.open_wanted.connect(self.desk.open)
        self.start_page.forget_wanted.connect(self._on_forget)
        show_log = partial(self.show_dock, "log")
        self.start_page.log_wanted.connect(show_log)
        self.notice_area.log_wanted.connect(show_log)
        self.job_summary.jobs_wanted.connect(partial(self.show_dock, "jobs"))
        self.stage_list.stage_chosen.connect(self.show_page)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self._on_dock_changed)
        self.undo_group.canUndoChanged.connect(self.update_facts)
        self.undo_group.canRedoChanged.connect(self.update_facts)
        self.preferences.changed.connect(self._on_preferences_changed)
        self.preferences.save_failed.connect(self.notices.error)
        self.notices.error_raised.connect(log_error)
        self.notices.note_given.connect(_log_note)

    # Projects

    @property
    def context(self) -> Context | None:
        """The open project with its jobs; None: the start page is shown."""
        return self.desk.context

    def _may_close(self, context: Context) -> bool:
        return True

    def _on_refused(self, error: ErrorRecord) -> None:
        if self.context is None:
            log_error(error)
            self.start_page.show_error(error)
        else:
            self.notices.error(error)

    def _on_closing(self) -> None:
        self.keep_view()
        self.stack.close_pages()
        self.job_summary.set_context(None)
        self.machine.set_context(None)

    def _on_opened(self, context: Context) -> None:
        project = context.project
        self.start_page.show_error(None)
        self.setWindowTitle(tr("{project} – ACT Studio", project=project.folder.name))
        self.stage_list.show()
        self.stage_list.set_states(context.states())
        self.notices.clear()
        self.hint.begin()
        self.job_summary.set_context(context)
        self.machine.set_context(context)
        context.states_changed.connect(self._on_states_changed)
        context.page_wanted.connect(self.show_page)
        if not restore_layout(self, project.manifest.window):
            self._hide_docks()
        page = project.manifest.page
        self.show_page(page if page in STAGE_NAMES else STAGE_NAMES[0])

    def _on_closed(self) -> None:
        self.setWindowTitle(tr("ACT Studio"))
        self.stage_list.hide()
        self.hint.show_stage(None)
        self._hide_docks()
        self._set_undo(None)
        self.start_page.show_recent(self.preferences.settings.recent)
        self.start_page.begin()
        self.update_facts()

    def _hide_docks(self) -> None:
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.hide()

    # Pages and docks

    @property
    def page_name(self) -> str:
        """The stage whose page is shown; empty: none is."""
        page = self.stack.page
        return "" if page is None else page.stage

    def show_page(self, name: str) -> None:
        """Show a stage's page."""
        if self.context is None:
            return
        page = self.stack.show_page(cast(StageName, name), self.context)
        page.sentence.setVisible(self.preferences.settings.explain)
        self.stage_list.set_current(name)
        self.hint.show_stage(page.stage if self.context.project.manifest.demo else None)
        self._set_undo(page.undo_stack())
        self.keep_view()
        self.update_facts()

    def _set_undo(self, stack: QUndoStack | None) -> None:
        if stack is not None and stack not in self.undo_group.stacks():
            self.undo_group.addStack(stack)
        self.undo_group.setActiveStack(stack)  # type: ignore[arg-type] # Qt takes None

    def show_dock(self, name: str) -> None:
        """Show a dock and go into it."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        if (content := dock.widget()) is not None:
            content.setFocus()

    def toggle_dock(self, name: str) -> None:
        """Show a dock, or hide it."""
        if self.docks[name].isVisible():
            self.docks[name].hide()
        else:
            self.show_dock(name)

    def keep_view(self) -> None:
        """Remember in the project how the window stands."""
        if self.context is not None and self.isVisible():
            self.context.project.keep_view(self.page_name, layout_text(self))

    # Commands

    def update_facts(self, *_ignored: object) -> None:
        """Enable and check the commands by how things stand."""
        facts = {f"theme-{self.preferences.settings.theme}", f"page-{self.page_name}"}
        facts |= {f"{name}-shown" for name, dock in self.docks.items() if not dock.isHidden()}
        if self.context is not None:
            facts.add("project")
            if any(view.state in _OPEN_STATES for view in self.context.jobs.jobs()):
                facts.add("busy")
        if self.undo_group.canUndo():
            facts.add("undo")
        if self.undo_group.canRedo():
            facts.add("redo")
        self.commands.update(facts)

    def palette_entries(self) -> list[Entry]:
        """What the command palette finds: what can be done now, and the recent projects."""
        from act_gui.palette import Entry

        found = []
        for command in self.commands.table.values():
            action = self.commands.action(command.id)
            if action.isEnabled() and command.id != "palette":
                title = command.title.rstrip(".")
                if command.menu == "go" and command.argument:
                    title = tr("Go to {page}", page=title)
                found.append(Entry(title, action.trigger, keys_text(command)))
        for name in self.preferences.settings.recent:
            title = tr("Open {project}", project=Path(name).name)
            found.append(Entry(title, partial(self.desk.open, Path(name)), name))
        return found

    # Slots

    def _on_states_changed(self) -> None:
        if self.context is not None:
            self.stage_list.set_states(self.context.states())
            self.update_facts()

    def _on_dock_changed(self, _visible: bool) -> None:
        self.keep_view()
        self.update_facts()

    def _on_preferences_changed(self) -> None:
        for page in self.stack.pages():
            page.sentence.setVisible(self.preferences.settings.explain)
        if self.context is None:
            self.start_page.show_recent(self.preferences.settings.recent)
        self.update_facts()

    def _on_forget(self, folder: Path) -> None:
        self.preferences.replace(self.preferences.settings.without_recent(folder))

    def _on_recent_menu(self) -> None:
        self._recent_menu.clear()
        for name in self.preferences.settings.recent:
            action = self._recent_menu.addAction(Path(name).name)
            action.setToolTip(name)
            action.triggered.connect(partial(self.desk.open, Path(name)))
        self._recent_menu.setEnabled(True)

    # Qt's own

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if _dropped_project(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        folder = _dropped_project(event)
        if folder is not None:
            event.acceptProposedAction()
            self.desk.open(folder)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self.desk.close():
            event.accept()
        else:
            event.ignore()


def _dropped_project(event: QDropEvent) -> Path | None:
    """The project folder that is dragged, where it is one."""
    places = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if len(places) == 1 and (places[0] / "act-project.json").is_file():
        return places[0]
    return None


def _log_note(text: str, level: str) -> None:
    write = logger.warning if level == "warning" else logger.info
    write("%s", text)
