"""What jobs do, written to the log."""

from __future__ import annotations

from PySide6.QtCore import QObject

from act_core.events import Note
from act_gui.context import Context
from act_gui.log import logger
from act_gui.text import tr


class JobLog(QObject):
    """Listens to the jobs of a context, which owns it. Errors come by the notices."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._jobs = context.jobs
        context.jobs.added.connect(self._on_added)
        context.jobs.event.connect(self._on_event)
        context.jobs.finished.connect(self._on_finished)

    def _on_added(self, job: int) -> None:
        logger.info("%s", tr("{title}: queued", title=self._title(job)))

    def _on_event(self, job: int, event: object) -> None:
        if isinstance(event, Note):
            write = logger.warning if event.level == "warning" else logger.info
            write("%s: %s", self._title(job), event.text)

    def _on_finished(self, job: int, _result: object) -> None:
        logger.info("%s", tr("{title}: done", title=self._title(job)))

    def _title(self, job: int) -> str:
        return self._jobs.view(job).spec.title
