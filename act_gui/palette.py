"""The command palette: type a few letters of what you want, and press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from act_gui.text import tr
from act_gui.widgets.named import named, search_line

_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_WIDTH_EM, _HEIGHT_EM = 36, 26


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    Attributes:
        title: What people read and type.
        run: Does it.
        detail: Shown behind the title, e.g. its keys.
    """

    title: str
    run: Callable[[], object]
    detail: str = ""


class CommandPalette(QDialog):
    """A line and the entries that fit it, best first; the arrow keys choose.

    Args:
        entries: All there is, in the order shown for an empty line.
    """

    def __init__(self, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Find a command"))
        self._entries = entries
        self.line = search_line(tr("What do you want to do?"))
        self.list = named(QTreeWidget(), tr("Matching commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        em_px = self.fontMetrics().height()
        self.resize(_WIDTH_EM * em_px, _HEIGHT_EM * em_px)
        self.line.installEventFilter(self)
        self.line.textChanged.connect(self._show)
        self.line.returnPressed.connect(self._on_chosen)
        self.list.itemClicked.connect(self._on_chosen)
        self._show("")
        self.line.setFocus()

    def titles(self) -> list[str]:
        """Titles of the entries shown."""
        return [self._entries[place].title for place in self._shown]

    def _show(self, text: str) -> None:
        found = [
            (score, place)
            for place, entry in enumerate(self._entries)
            if (score := fit(text, entry.title)) is not None
        ]
        self._shown = [place for _score, place in sorted(found, key=lambda one: (-one[0], one[1]))]
        self.list.clear()
        entries = [self._entries[place] for place in self._shown]
        items = [QTreeWidgetItem([entry.title, entry.detail]) for entry in entries]
        self.list.addTopLevelItems(items)
        if items:
            self.list.setCurrentItem(items[0])

    def _on_chosen(self, *_ignored: object) -> None:
        row = self.list.currentIndex().row()
        if row < 0:
            return
        entry = self._entries[self._shown[row]]
        self.accept()
        entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if _is_move(event):
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)


def _is_move(event: QEvent) -> TypeGuard[QKeyEvent]:
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
        return False
    return event.key() in _MOVES


def fit(wanted: str, title: str) -> float | None:
    """How well a title answers what was typed; None: its letters are not all there in order.

    Letters at the beginning of words count most, neighbours count more than scattered ones.
    """
    if not wanted.strip():
        return 0.0
    text, score, at = title.casefold(), 0.0, -1
    for letter in wanted.casefold().replace(" ", ""):
        starts = [i for i in range(at + 1, len(text)) if text[i] == letter and _starts(text, i)]
        after = at + 1 if at >= 0 and text[at + 1 : at + 2] == letter else None
        place = after if after is not None else (starts[0] if starts else text.find(letter, at + 1))
        if place < 0:
            return None
        score += 3.0 if _starts(text, place) else (2.0 if after is not None else 0.5)
        at = place
    return score - len(text) / 1000


def _starts(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()
