"""What the window holds, put in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QVBoxLayout, QWidget

from act_gui.log import LogStore
from act_gui.notify import Notices
from act_gui.pages.start_page import StartPage
from act_gui.stages import PageName
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.log_view import LogView
from act_gui.widgets.notice_area import NoticeArea
from act_gui.widgets.page_stack import PageStack
from act_gui.widgets.stage_list import StageList
from act_gui.widgets.status import JobSummary, MachineStatus
from act_gui.widgets.tour_hint import TourHint


@dataclass(frozen=True, slots=True)
class Parts:
    """The window's widgets.

    Attributes:
        start_page: With the three doors.
        stage_list: At the left.
        notice_area: Errors and notes, above the page.
        hint: The demo's sentence, above the page.
        stack: The pages.
        docks: Jobs and log, by name.
        log_view: In its dock.
        activity: A text of the status bar, for what goes on behind.
        job_summary: What runs.
        machine: Device and memory.
    """

    start_page: StartPage
    stage_list: StageList
    notice_area: NoticeArea
    hint: TourHint
    stack: PageStack
    docks: Mapping[str, QDockWidget]
    log_view: LogView
    activity: QLabel
    job_summary: JobSummary
    machine: MachineStatus


def build_parts(
    window: QMainWindow,
    notices: Notices,
    log: LogStore,
    pages: Mapping[PageName, tuple[str, str]],
) -> Parts:
    """Fill a window."""
    start_page = StartPage()
    parts = Parts(
        start_page=start_page,
        stage_list=StageList(),
        notice_area=NoticeArea(notices),
        hint=TourHint(),
        stack=PageStack(start_page, pages),
        docks={"jobs": _dock(window, "jobs", tr("Jobs")), "log": _dock(window, "log", tr("Log"))},
        log_view=LogView(log),
        activity=label("", "muted"),
        job_summary=JobSummary(),
        machine=MachineStatus(),
    )
    middle = QWidget()
    column = QVBoxLayout(middle)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(parts.notice_area)
    column.addWidget(parts.hint)
    column.addWidget(parts.stack, 1)
    central = QWidget()
    row = QHBoxLayout(central)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(parts.stage_list)
    row.addWidget(middle, 1)
    window.setCentralWidget(central)
    parts.docks["log"].setWidget(parts.log_view)
    bar = window.statusBar()
    bar.setSizeGripEnabled(False)
    bar.addWidget(parts.job_summary)
    bar.addWidget(parts.activity)
    bar.addPermanentWidget(parts.machine)
    bar.setContentsMargins(12, 0, 12, 0)
    return parts


def _dock(window: QMainWindow, name: str, title: str) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setAccessibleName(title)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    dock.hide()
    return dock
