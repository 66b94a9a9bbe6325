"""An item as the models are given it: counted tokens marked, borders of tokens faintly visible."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from act_core.abilities.preview import Piece
from act_gui.text import tr
from act_gui.theme import colours_of

# As high as the item, within these.
_LEAST_LINES, _MOST_LINES = 4, 16
_NEW_LINE = "↵"


class TokenText(QTextEdit):
    """Shows tokens; what counts is coloured and underlined."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pieces: tuple[Piece, ...] = ()
        self._borders: list[int] = []
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName(name)
        self.document().documentLayout().documentSizeChanged.connect(self._on_size)
        self._on_size()

    def set_pieces(self, pieces: Sequence[Piece]) -> None:
        """Show the tokens of an item."""
        if tuple(pieces) == self._pieces:
            return
        self._pieces = tuple(pieces)
        counted = sum(piece.counted for piece in pieces)
        self.setAccessibleDescription(
            tr("{counted} of {total} tokens count", counted=counted, total=len(self._pieces))
        )
        self._write()

    def borders(self) -> tuple[int, ...]:
        """Where in the text tokens begin, but the first."""
        return tuple(self._borders)

    def counted_text(self) -> str:
        """What is marked as counted, as it is drawn."""
        found = []
        block = self.document().begin()
        while block.isValid():
            spans = block.begin()
            while not spans.atEnd():
                fragment = spans.fragment()
                if fragment.charFormat().fontUnderline():
                    found.append(fragment.text())
                spans += 1
            block = block.next()
        return "".join(found)

    def _write(self) -> None:
        colours = colours_of(self)
        self.clear()
        self._borders = []
        cursor = QTextCursor(self.document())
        for piece in self._pieces:
            if cursor.position():
                self._borders.append(cursor.position())
            style = QTextCharFormat()
            style.setForeground(QColor(colours.muted if piece.special else colours.text))
            if piece.counted:
                style.setBackground(QColor(colours.selection))
                style.setFontUnderline(True)
                style.setUnderlineColor(QColor(colours.accent))
            cursor.insertText(piece.text.replace("\n", f"{_NEW_LINE}\n"), style)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _on_size(self) -> None:
        line = self.fontMetrics().lineSpacing()
        frame = self.height() - self.viewport().height()
        height = round(self.document().size().height()) + max(frame, 0)
        self.setFixedHeight(max(_LEAST_LINES * line, min(height, _MOST_LINES * line)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        faint = QColor(colours_of(self).muted)
        faint.setAlphaF(0.45)
        painter.setPen(QPen(faint, 0))
        cursor = QTextCursor(self.document())
        for place in self._borders:
            cursor.setPosition(place)
            spot = self.cursorRect(cursor)
            if event.rect().intersects(spot):
                painter.drawLine(spot.left(), spot.top() + 2, spot.left(), spot.bottom() - 1)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._write()
