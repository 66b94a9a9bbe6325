"""Everything that changes the selection in the recipe, so that all of it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from act_core.errors import ErrorRecord, MaskError
from act_core.localize.hand import keep_edited
from act_core.localize.masks import Mask
from act_core.recipe import Budget, Draft, Localize
from act_gui.context import Context
from act_gui.text import tr
from act_gui.widgets.undo_step import UndoStep


@dataclass(frozen=True, slots=True)
class Choice:
    """What a recipe says of selections.

    Attributes:
        localize: Scorer, ranking, budget, price, ties.
        masks: Mask file of each specialist, None where the budget selects.
    """

    localize: Localize
    masks: Mapping[str, Path | None]


class Edits(QObject):
    """Changes the recipe's selections.

    Attributes:
        stack: Every change, to be undone and done again.

    Signals:
        mask_written: The recipe names the file of an edited selection now, or there is none
            because it could not be written.
    """

    mask_written = Signal()

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._writes = 0
        self.stack = QUndoStack(self)

    def set_localize(self, text: str, **changes: Any) -> None:
        """Change fields of the section `localize`.

        Args:
            text: What it is called in the Edit menu.
            **changes: Fields of `Localize`.
        """
        now = self._now()
        localize = Localize.model_validate({**dict(now.localize), **changes})
        self._push(text, Choice(localize, now.masks))

    def set_budget(self, share: float) -> None:
        """Spend a share of all channels."""
        self.set_localize(tr("Budget"), budget=Budget(share=share))

    def use_mask(self, specialist: str, path: Path | None, text: str) -> None:
        """Take a specialist's mask from a file, or with None from the budget again."""
        now = self._now()
        self._push(text, Choice(now.localize, {**now.masks, specialist: path}))

    def use_edited(self, specialist: str, mask: Mask, text: str) -> None:
        """Write an edited selection to a file of its own and use that."""
        folder = self._context.project.masks
        self._writes += 1
        self._context.lookups.ask(
            f"edited mask {self._writes}",
            lambda: keep_edited(mask, folder, specialist),
            lambda path: self._on_written(specialist, path, text),
            self._on_not_written,
        )

    def apply(self, choice: Choice) -> None:
        """Write a choice into the recipe; specialists that are gone by now stay away."""
        draft = self._context.project.draft
        lost = [path for path in choice.masks.values() if path and not path.is_file()]
        if lost:
            self._context.notices.error(
                MaskError(f"{lost[0]} was deleted.", remedy="Choose another mask.")
            )
        specialists = {
            name: section.model_copy(update={"mask": choice.masks.get(name, section.mask)})
            for name, section in draft.specialists.items()
        }
        self._context.project.edit(localize=choice.localize, specialists=specialists)

    def _on_written(self, specialist: str, path: Path, text: str) -> None:
        self.use_mask(specialist, path, text)
        self.mask_written.emit()

    def _on_not_written(self, error: ErrorRecord) -> None:
        self._context.notices.error(error)
        self.mask_written.emit()

    def _now(self) -> Choice:
        return choice_of(self._context.project.draft)

    def _push(self, text: str, after: Choice) -> None:
        before = self._now()
        if after != before:
            self.stack.push(UndoStep(text, self.apply, before, after))


def choice_of(draft: Draft) -> Choice:
    """What a draft says of selections."""
    return Choice(draft.localize, {name: s.mask for name, s in draft.specialists.items()})
