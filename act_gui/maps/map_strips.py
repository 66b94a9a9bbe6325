"""The two lines below a channel map: the cursor's card, and what is special about the values."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from act_core.maps.data import MapData
from act_core.models.channels import ChannelLayout
from act_core.report.numbers import count
from act_gui.maps.captions import coloured, marked
from act_gui.maps.map_card import Pair, card_line, card_words
from act_gui.text import tr
from act_gui.theme import colours_of


class _Strip(QWidget):
    """A line of rich text in the theme's colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._words)
        self._write()

    def _write(self) -> None:
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._write()


class CardStrip(_Strip):
    """The card of the channel at the cursor, on one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._pairs: list[Pair] = []
        super().__init__(parent)

    def show_pairs(self, pairs: list[Pair]) -> None:
        """Show a card; none: say how to get one."""
        if pairs != self._pairs:
            self._pairs = pairs
            self._write()

    def _write(self) -> None:
        colours = colours_of(self)
        if self._pairs:
            self._words.setText(card_line(self._pairs, colours))
            self._words.setAccessibleName(card_words(self._pairs))
        else:
            hint = tr("Click a channel, or move the cursor with the arrow keys.")
            self._words.setText(coloured(hint, colours.muted))
            self._words.setAccessibleName(hint)


class MapCounts(_Strip):
    """How many channels there are, and how many of them are dead, not a number, or missing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._figures: tuple[int, int, int, int, int] | None = None
        super().__init__(parent)

    def show_counts(self, layout: ChannelLayout | None, data: MapData | None) -> None:
        """Count in these values."""
        self._figures = None
        if layout is not None:
            rows = len(layout.modules)
            found = (0, 0, rows)
            if data is not None:
                found = (data.nan_count, data.dead_count, data.missing_rows)
            self._figures = (layout.total, rows, *found)
        self._write()

    def _write(self) -> None:
        if self._figures is None:
            self._words.setText("")
            return
        total, rows, nan, dead, missing = self._figures
        colours = colours_of(self)
        entries = [
            ("■", colours.map_nan, tr("{n} not a number", n=count(nan))),
            ("■", colours.map_dead, tr("{n} dead (exactly 0)", n=count(dead))),
        ]
        if missing:
            waiting = tr("{n} of {rows} rows still missing", n=count(missing), rows=count(rows))
            entries.append(("■", colours.hover, waiting))
        whole = tr("{n} channels", n=count(total))
        self._words.setText(
            f"{coloured(whole, colours.muted)}&nbsp;&nbsp; {marked(entries, colours)}"
        )
        self._words.setAccessibleName(", ".join((whole, *(words for _, _, words in entries))))
