"""Whether the models of the open project still lie where its recipe says.

Looked at beside the window: on opening, whenever the recipe names others, and when the person comes
back to the program, because folders are moved with other programs.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from act_core.errors import ErrorRecord
from act_core.hub.names import name_unless_local
from act_core.models.reference import split_reference
from act_core.recipe import Draft
from act_gui.jobs.lookup import Lookups
from act_gui.project import Project


class Presence(QObject):
    """Knows which paths of models are gone.

    Attributes:
        gone: References of the recipe with a path at which nothing is.

    Signals:
        changed: Models are gone, or have come back: a tuple of their references.
        failed: It could not be looked: an `ErrorRecord`.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, project: Project, lookups: Lookups, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._lookups = project, lookups
        self._looked_for: frozenset[str] = frozenset()
        self.gone: frozenset[str] = frozenset()
        project.draft_changed.connect(self._on_draft)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._on_application)
        self.look()

    def look(self) -> None:
        """Look again."""
        wanted = _references(self._project.draft)
        self._looked_for = wanted
        self._lookups.ask("models in place", lambda: gone_of(wanted), self._on_looked, self._fail)

    def _on_draft(self, _before: Draft, now: Draft) -> None:
        if _references(now) != self._looked_for:
            self.look()

    def _on_application(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive:
            self.look()

    def _on_looked(self, gone: frozenset[str]) -> None:
        moved = gone ^ self.gone
        self.gone = gone
        if moved:
            self.changed.emit(tuple(moved))

    def _fail(self, error: ErrorRecord) -> None:
        self.failed.emit(error)


def gone_of(references: Collection[str]) -> frozenset[str]:
    """Those of some references that name a path at which nothing is; the Hub's are not asked for.

    Reads folders, so not for the window's thread.
    """
    return frozenset(
        reference for reference in references if any(map(_is_gone, split_reference(reference)))
    )


def _is_gone(part: str) -> bool:
    return name_unless_local(part) is None and not Path(part).expanduser().exists()


def _references(draft: Draft) -> frozenset[str]:
    named = (draft.target, draft.base, *(one.model for one in draft.specialists.values()))
    return frozenset(filter(None, named))
