"""A step of an undo stack that sets something to what it is afterwards, or was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QUndoCommand

T = TypeVar("T")


class UndoStep(QUndoCommand, Generic[T]):
    """One change.

    Args:
        text: What it is called in the Edit menu.
        apply: Sets it.
        before, after: What it is set to.
    """

    def __init__(self, text: str, apply: Callable[[T], None], before: T, after: T) -> None:
        super().__init__(text)
        self._apply = apply
        self._before, self._after = before, after

    def redo(self) -> None:
        """Make the change, for the first time too."""
        self._apply(self._after)

    def undo(self) -> None:
        """Take it back."""
        self._apply(self._before)
