"""The open project: opened, made and closed in one place, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from act_core.errors import ActError, record_of
from act_gui.notify import Notices
from act_gui.preferences import Preferences
from act_gui.text import tr

if TYPE_CHECKING:
    # The recipe, the jobs and the models are loaded at the first project, after the window.
    from act_gui.context import Context
    from act_gui.project import Project


class Desk(QObject):
    """At most one project is open.

    Args:
        preferences: Remember the projects that were open lately.
        notices: Given to the projects.
        may_close: Asked before a project with work is closed.
        parent: Owner.

    Attributes:
        context: The open project with its jobs; None: there is none.

    Signals:
        opened: A project was opened: its `Context`.
        closing: The context is about to end; whoever shows something of it must let go.
        closed: There is no project any more.
        refused: A project could not be opened or made: an `ErrorRecord`.
    """

    opened = Signal(object)
    closing = Signal()
    closed = Signal()
    refused = Signal(object)

    def __init__(
        self,
        preferences: Preferences,
        notices: Notices,
        may_close: Callable[[Context], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.context: Context | None = None
        self._preferences = preferences
        self._notices = notices
        self._may_close = may_close

    def open(self, folder: Path) -> bool:
        """Open a project's folder; one that is refused is left as it is."""
        from act_gui.project import Project

        if self.context is not None and _same(self.context.project.folder, folder):
            return True
        return self._take(lambda: Project.open(folder))

    def create(self, folder: Path) -> bool:
        """Make an empty project and open it."""
        from act_gui.project import Project

        return self._take(lambda: Project.create(folder))

    def create_demo(self, parent: Path) -> bool:
        """Make a demo project in a fresh folder below `parent` and open it."""
        from act_gui.demo_project import create_demo_project, free_folder

        return self._take(lambda: create_demo_project(free_folder(parent, tr("Demo"))))

    def close(self) -> bool:
        """Close what is open; False: the person wants to wait for the jobs."""
        context = self.context
        if context is None:
            return True
        if not self._may_close(context):
            return False
        from act_gui.session import end_context

        self.closing.emit()
        self.context = None
        end_context(context)
        self.closed.emit()
        return True

    def _take(self, make: Callable[[], Project]) -> bool:
        """Open what `make` gives; the project that was open goes only after that worked."""
        from act_gui.session import open_context

        try:
            project = make()
        except (ActError, OSError) as error:
            self.refused.emit(record_of(error))
            return False
        if not self.close():
            project.close()
            return False
        self.context = open_context(project, self._notices)
        self._preferences.replace(self._preferences.settings.with_recent(project.folder))
        self.opened.emit(self.context)
        return True


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
