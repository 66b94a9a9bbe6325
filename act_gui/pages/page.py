"""What every page has: title, explaining sentence, state of its stage, body, and the next step."""

from __future__ import annotations

from typing import ClassVar, cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent, QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from act_gui.context import Context
from act_gui.earlier_steps import earlier_step
from act_gui.stage_notes import stage_note
from act_gui.stages import (
    PLACE_NAMES,
    STAGE_NAMES,
    PageName,
    StageName,
    StageState,
    pages,
    stages,
    state_text,
)
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label, set_role
from act_gui.widgets.missing_step import MissingStep
from act_gui.widgets.scrolling import ScrollArea

_ROLES = {
    StageState.EMPTY: "muted",
    StageState.READY: "muted",
    StageState.RUNNING: "",
    StageState.DONE: "good",
    StageState.STALE: "warn",
    StageState.UNUSED: "muted",
    StageState.UNAVAILABLE: "bad",
}


class Page(QWidget):
    """Base of the pages. A page overrides `refresh`, and fills `body` and `footer`.

    `refresh` runs when the page is shown and when the project or a job's state changes while it is
    shown, never while it is hidden.

    Attributes:
        stage: Which stage or place it is.
        scrolls: Whether the body scrolls; pages that are one large picture do not.
        context: The project and everything that works for it.
        sentence: What happens here; a setting hides it.
        note: What gates and tuning make of the stage; hidden where they change nothing.
        missing_step: What has to be done on an earlier page first; hidden where nothing is.
        body: Where the page's content goes.
        ground: Owner of that content: what gets another one is styled anew with all that it holds.
        footer: Row at the bottom for the main action; the button to the next page stands last.
    """

    stage: ClassVar[PageName]
    scrolls: ClassVar[bool] = True

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self._due = True
        about = next(one for one in pages() if one.name == self.stage)
        self.setAccessibleName(about.title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 16, 20, 14)
        outer.setSpacing(12)
        head = QHBoxLayout()
        head.addWidget(label(about.title, "title"))
        head.addStretch(1)
        self.state_label = label()
        head.addWidget(self.state_label)
        outer.addLayout(head)
        self.sentence = label(about.sentence, "muted", wrap=True)
        outer.addWidget(self.sentence)
        self.note = label("", wrap=True)
        self.note.hide()
        outer.addWidget(self.note)
        self.missing_step = MissingStep(self.stage, self)
        self.missing_step.page_wanted.connect(context.page_wanted)
        outer.addWidget(self.missing_step)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        if self.scrolls:
            self._area = _scroll_area(self.body)
            outer.addWidget(self._area, 1)
        else:
            outer.addLayout(self.body, 1)
        self.ground = self.body.parentWidget()
        self.footer = QHBoxLayout()
        self.footer.setSpacing(8)
        outer.addLayout(self.footer)
        context.project.draft_changed.connect(self._on_changed)
        context.states_changed.connect(self._on_changed)
        context.models.described.connect(self._on_changed)
        context.models.failed.connect(self._on_changed)

    def refresh(self) -> None:
        """Show how the project is now."""

    def undo_stack(self) -> QUndoStack | None:
        """What undo and redo act on while this page is shown; None: there is nothing to undo."""
        return None

    def scroll_to(self, part: QWidget) -> None:
        """Bring a part of a scrolling page to its top."""
        self._area.verticalScrollBar().setValue(part.y())

    def room_below(self, part: QWidget) -> int:
        """Pixels in sight from the upper edge of a part of a scrolling page at its top."""
        return self._area.viewport().height() - part.y()

    def end(self) -> None:
        """The project closes, and the page goes soon: it begins nothing any more."""
        for timer in self.findChildren(QTimer):
            timer.stop()

    def add_next_button(self) -> None:
        """Put the button to the next page at the end of a stage's footer; call it last."""
        self.footer.addStretch(1)
        place = STAGE_NAMES.index(cast("StageName", self.stage)) + 1
        if place == len(STAGE_NAMES):
            return
        following = stages()[place]
        self.next_button = push_button(
            tr("Next: {page}", page=following.title),
            lambda: self.context.page_wanted.emit(following.name),
            "right",
        )
        self.next_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.footer.addWidget(self.next_button)

    def _on_changed(self, *_ignored: object) -> None:
        self._due = True
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        self._due = False
        if self.stage not in PLACE_NAMES:
            self._show_state(cast("StageName", self.stage))
        self.refresh()

    def _show_state(self, stage: StageName) -> None:
        draft, states = self.context.project.draft, self.context.states()
        state = states[stage]
        self.missing_step.show_step(earlier_step(draft, states, stage))
        note = stage_note(draft, states, stage)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.state_label.setText(state_text(state))
        set_role(self.state_label, _ROLES[state])  # type: ignore[arg-type] # a table of roles

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if self._due:
            self._refresh()


def _scroll_area(content: QVBoxLayout) -> ScrollArea:
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.addLayout(content)
    column.addStretch(1)
    return ScrollArea(inner)
