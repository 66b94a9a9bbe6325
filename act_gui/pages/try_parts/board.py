"""Answers side by side, as many in a row as there is room for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from act_core.talk.question import MASK, RESULT, TARGET
from act_gui.pages.try_parts.answer_column import AnswerColumn
from act_gui.text import tr

_COLUMN_EM = 17


class AnswerBoard(QWidget):
    """A column for each candidate that is asked.

    Attributes:
        columns: All of them by candidate, shown or not.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns: dict[str, AnswerColumn] = {}
        self._shown: tuple[str, ...] = ()
        self._placed: tuple[object, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)

    def set_candidates(self, titles: Mapping[str, str], shown: Collection[str]) -> bool:
        """Have a column for each of these, and show some.

        Returns:
            Whether a column was made.
        """
        made = not set(titles) <= set(self.columns)
        for name in set(self.columns) - set(titles):
            gone = self.columns.pop(name)
            self._grid.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for name, title in titles.items():
            if name not in self.columns:
                self.columns[name] = AnswerColumn(name, title, self)
            self.columns[name].set_title(title)
        self._shown = tuple(name for name in titles if name in shown)
        for name, column in self.columns.items():
            column.setVisible(name in self._shown)
        self._place()
        return made

    @property
    def shown(self) -> tuple[AnswerColumn, ...]:
        """The columns that are shown, in order."""
        return tuple(self.columns[name] for name in self._shown)

    def _place(self) -> None:
        least_px = _COLUMN_EM * self.fontMetrics().height()
        most = max(1, self.width() // least_px)
        in_row = min(most, max(1, len(self._shown)))
        if self._placed == (in_row, self._shown):
            return
        before = self._grid.columnCount()
        self._placed = (in_row, self._shown)
        for place, column in enumerate(self.shown):
            self._grid.addWidget(column, place // in_row, place % in_row)
        for place in range(max(before, in_row)):
            self._grid.setColumnStretch(place, 1 if place < in_row else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._place()


def candidate_title(name: str, strength: float | None = None) -> str:
    """A candidate for people."""
    if name == TARGET:
        return tr("Target")
    if name == RESULT:
        return tr("Result")
    if name == MASK:
        return tr("Mask at {strength}", strength=f"{strength:.2f}") if strength is not None else ""
    return name
