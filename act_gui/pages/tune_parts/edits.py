"""Everything that changes the section `tune` of the recipe, so that all of it can be undone."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from act_core.recipe import TuneKind, TunePreset, TuneSettings, preset_of
from act_gui.pages.tune_parts.presets import preset_in
from act_gui.project import Project
from act_gui.text import tr
from act_gui.widgets.undo_step import UndoStep


class Edits(QObject):
    """Adds, changes and removes the section.

    Attributes:
        stack: Every change, to be undone and done again.
    """

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._left: TuneSettings | None = None  # what was set before tuning was switched off
        self.stack = QUndoStack(self)

    def switch(self, on: bool) -> None:
        """Add the section as it was last, at first with the quick settings; or remove it."""
        now = self._project.draft.tune
        if not on:
            self._left = now
        self._push(tr("Tuning"), (self._left or preset_of("quick")) if on else None)

    def change(self, **changes: Any) -> None:
        """Change fields of the section."""
        now = self._project.draft.tune
        if now is not None:
            self._push(tr("Settings"), TuneSettings.model_validate({**dict(now), **changes}))

    def choose_kind(self, kind: TuneKind) -> None:
        """Let another thing learn, at the rate that suits it."""
        now = self._project.draft.tune
        if now is None:
            return
        preset = preset_in(now)
        other = now.model_copy(update={"kind": kind, "learning_rate": None})
        self._push(tr("What learns"), preset_of(preset, other) if preset else other)

    def choose_preset(self, preset: TunePreset) -> None:
        """Take steps, tokens, patience, rank and rate from a preset."""
        self._push(tr("Preset"), preset_of(preset, self._project.draft.tune))

    def set_share(self, ability: str, share: float) -> None:
        """Read more or less of an ability; 1 is what the others have."""
        draft = self._project.draft
        if draft.tune is None:
            return
        shares = {name: one for name, one in draft.tune.shares.items() if name in draft.abilities}
        self.change(shares={n: s for n, s in {**shares, ability: share}.items() if s != 1})

    def apply(self, settings: TuneSettings | None) -> None:
        """Write a section into the recipe, or remove it."""
        self._project.edit(tune=settings)

    def _push(self, text: str, after: TuneSettings | None) -> None:
        before = self._project.draft.tune
        if after != before:
            self.stack.push(UndoStep(text, self.apply, before, after))
