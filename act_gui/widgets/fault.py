"""An error where it happened: what, why, and what to do."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_gui.widgets.banner import Banner
from act_gui.widgets.labels import label


class Fault(Banner):
    """Stands until what is wrong was changed; it cannot be waved away.

    Args:
        error: What happened.
        buttons: What helps.
        more: Another sentence; may be empty.
    """

    def __init__(
        self,
        error: ErrorRecord,
        *buttons: QPushButton,
        more: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(error.title, error.reason, "bad", parent)
        self.error = error
        self.setAccessibleDescription(f"{error.remedy} {more}".strip())
        self.close_button.hide()
        for text in filter(None, (error.remedy, more)):
            self.words.addWidget(label(text, wrap=True, selectable=True))
        if buttons:
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            self.words.addLayout(row)


def replace_fault(column: QVBoxLayout, old: Fault | None, new: Fault | None) -> Fault | None:
    """Put an error at the top of a column, in place of the one before; either may be none.

    Returns:
        The new one, for the owner to keep.
    """
    if old is not None:
        old.hide()
        old.deleteLater()
    if new is not None:
        column.insertWidget(0, new)
    return new
