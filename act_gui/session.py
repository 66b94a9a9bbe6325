"""What works for an open project: made with it, ended with it.

Kept apart from `desk` and imported at the first project, because the jobs and the models that come
with it are heavy.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer

from act_core.errors import ActError
from act_gui.context import Context
from act_gui.job_log import JobLog
from act_gui.jobs.lookup import Lookups
from act_gui.jobs.manager import JobManager
from act_gui.notify import Notices
from act_gui.project import Project


def open_context(project: Project, notices: Notices) -> Context:
    """Give an open project its jobs and lookups; unfinished jobs come back paused."""
    jobs, lookups = JobManager(project.jobs_path), Lookups()
    context = Context(project, jobs, lookups, notices)
    for part in (project, jobs, lookups):
        part.setParent(context)
    JobLog(context)
    return context


def end_context(context: Context) -> None:
    """Stop what runs, save, and let others open the project; the pages delete what they look at."""
    context.jobs.shutdown()
    context.lookups.shutdown()
    try:
        context.project.close()
    except ActError as error:
        context.notices.error(error)
    for timer in context.findChildren(QTimer):
        timer.stop()  # nothing is told any more to what still goes


def close_context(context: Context) -> None:
    """End a context that nothing looks at any more."""
    end_context(context)
    context.deleteLater()
