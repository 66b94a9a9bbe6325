"""The projects that were open lately."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from act_gui.text import tr
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label

_MANIFEST = "act-project.json"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


class RecentProjects(Card):
    """One line a project: name, folder, last change, and a button that takes it off the list.

    Signals:
        open_wanted: The folder, as text.
        forget_wanted: The folder, as text.
    """

    open_wanted = Signal(str)
    forget_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Recent projects"), parent)
        self._rows = QWidget()
        self.body.addWidget(self._rows)

    def show_folders(self, folders: Sequence[str]) -> None:
        """List these, in this order."""
        self.setVisible(bool(folders))
        old, self._rows = self._rows, QWidget()
        self.body.replaceWidget(old, self._rows)
        old.hide()
        old.deleteLater()
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(folders):
            self._add(grid, row, name)

    def _add(self, grid: QGridLayout, row: int, name: str) -> None:
        folder = Path(name)
        changed = _changed_s(folder)
        button = push_button(folder.name, lambda: self.open_wanted.emit(name), "project")
        button.setAccessibleName(tr("Open {project}", project=folder.name))
        button.setEnabled(changed is not None)
        where = label(str(folder.parent), "muted", wrap=True, selectable=True)
        where.setAccessibleName(tr("In {folder}", folder=str(folder.parent)))
        when = label(tr("Not found"), "warn") if changed is None else label(ago(changed), "muted")
        forget = icon_button(
            "close",
            tr("Take {project} off the list", project=folder.name),
            lambda: self.forget_wanted.emit(name),
        )
        for column, widget in enumerate((button, where, when, forget)):
            grid.addWidget(widget, row, column)


def ago(at_s: float, now_s: float | None = None) -> str:
    """How long ago something was, roughly."""
    past = max(0.0, (time.time() if now_s is None else now_s) - at_s)
    if past < 2 * _MINUTE_S:
        return tr("just now")
    if past < 2 * _HOUR_S:
        return tr("{count} minutes ago", count=round(past / _MINUTE_S))
    if past < 2 * _DAY_S:
        return tr("{count} hours ago", count=round(past / _HOUR_S))
    return tr("{count} days ago", count=round(past / _DAY_S))


def _changed_s(folder: Path) -> float | None:
    """When the project was saved last; None where there is none any more."""
    try:
        return (folder / _MANIFEST).stat().st_mtime
    except OSError:
        return None
