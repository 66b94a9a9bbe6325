"""One candidate's side of the conversation, as it is being said."""

from __future__ import annotations

from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QWidget

from act_core.events import AnswerEnded
from act_core.talk.question import Turn
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.text_area import TextArea

_LEAST_LINES = 9


class AnswerColumn(Card):
    """Shows turns, and knows them: a question is asked behind those that were answered.

    Args:
        candidate: Its name in the core.
        title: Its name for people.
    """

    def __init__(self, candidate: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.candidate = candidate
        self.turns: tuple[Turn, ...] = ()
        self._asked: Turn | None = None
        self._answer_at = 0
        self.text = named(
            TextArea(_LEAST_LINES, read_only=True), tr("Conversation with {who}", who=title)
        )
        self.text.setUndoRedoEnabled(False)
        self.text.setPlaceholderText(tr("Nothing was asked yet."))
        self.foot = label("", "muted", wrap=True)
        self.body.addWidget(self.text, 1)
        self.body.addWidget(self.foot)

    def set_title(self, title: str) -> None:
        """Name the candidate otherwise."""
        if title != self.heading.text():
            self.heading.setText(title)
            self.setAccessibleName(title)
            self.text.setAccessibleName(tr("Conversation with {who}", who=title))

    @property
    def waits(self) -> bool:
        """Whether something was asked and not answered yet."""
        return self._asked is not None

    @property
    def has_answer(self) -> bool:
        """Whether there is an answer that could be given again."""
        return bool(self.turns)

    def ask(self, turn: Turn) -> tuple[Turn, ...]:
        """Show a turn of the person's, and give the conversation up to it."""
        self._asked = turn
        if not self.text.document().isEmpty():
            self._write("\n\n")
        self._write(tr("You: {prompt}", prompt=turn.content), by_person=True)
        self._write("\n")
        self._answer_at = self.text.document().characterCount() - 1
        self.foot.setText(tr("Waits for its turn…"))
        return (*self.turns, turn)

    def ask_again(self) -> tuple[Turn, ...]:
        """Take the last answer back and give the conversation up to it."""
        if self._asked is None:
            self._asked, self.turns = self.turns[-2], self.turns[:-2]
        self.begin()
        return (*self.turns, self._asked)

    def begin(self) -> None:
        """The candidate begins to answer: what stood there of this answer goes."""
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(self._answer_at)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        self.foot.setText(tr("Reads the prompt…"))

    def add(self, text: str, tokens: int) -> None:
        """Show a piece of the answer."""
        self._write(text)
        self.foot.setText(tr("{count} tokens…", count=tokens))

    def end(self, answer: AnswerEnded) -> None:
        """The answer is whole."""
        if self._asked is not None:
            told = Turn(role="assistant", content=answer.text)
            self.turns = (*self.turns, self._asked, told)
        self._asked = None
        self.foot.setText(_summary(answer))

    def give_up(self) -> None:
        """No answer comes any more; the conversation goes on without what was asked."""
        if self._asked is not None:
            self._asked = None
            self.foot.setText(tr("Not answered."))

    def clear(self) -> None:
        """Forget the conversation."""
        self.turns, self._asked, self._answer_at = (), None, 0
        self.text.clear()
        self.foot.setText("")

    def _write(self, text: str, *, by_person: bool = False) -> None:
        bar = self.text.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 1
        look = QTextCharFormat()
        look.setFontWeight(QFont.Weight.DemiBold if by_person else QFont.Weight.Normal)
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text, look)
        if follows:
            bar.setValue(bar.maximum())


def _summary(answer: AnswerEnded) -> str:
    """E.g. `Ended by itself: 24 tokens, 12.3 per s`."""
    why = {
        "end": tr("Ended by itself"),
        "length": tr("Cut off at the longest answer"),
        "context": tr("Cut off: the model reads no more"),
        "stopped": tr("Stopped"),
    }[answer.reason]
    count = tr("{count} tokens", count=answer.tokens)
    if answer.rate_per_s is None:
        return tr("{why}: {count}", why=why, count=count)
    rate = f"{answer.rate_per_s:.3g}"
    return tr("{why}: {count}, {rate} per s", why=why, count=count, rate=rate)
