"""Whether a project may be closed while its jobs run: the person is asked, once for each wish."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from act_gui.context import Context


class Closing(QObject):
    """Asks, and remembers what was to be closed when the person would rather wait.

    Args:
        window: Owner of the question.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._again: Callable[[], object] | None = None

    def allows(self, context: Context, again: Callable[[], object]) -> bool:
        """Whether the context may be closed now.

        Args:
            context: Whose jobs may run.
            again: Closes, as soon as the jobs are done, where the person chose to wait.
        """
        if not context.jobs.busy():
            return True
        from act_gui.jobs.close_dialog import CloseChoice, CloseDialog
        from act_gui.jobs.state import ACTIVE

        running = [view for view in context.jobs.jobs() if view.state in ACTIVE]
        dialog = CloseDialog(running, self._window)
        dialog.exec()
        dialog.deleteLater()
        if dialog.choice is CloseChoice.WAIT:
            if self._again is None:
                context.jobs.idled.connect(self._on_idled)
            self._again = again
        elif dialog.choice is CloseChoice.KEEP_WORKING:
            self.forget()
        return dialog.choice is CloseChoice.STOP

    def forget(self) -> None:
        """Nothing is to be closed any more."""
        self._again = None

    def _on_idled(self) -> None:
        """The results of the last job are still being handed round."""
        if self._again is not None:
            QTimer.singleShot(0, self, self._again)
            self._again = None
