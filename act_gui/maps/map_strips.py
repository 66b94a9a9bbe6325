"""The two lines below a channel map: the cursor's card, and what is special about the values."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from act_core.maps.data import Flags, MapData
from act_core.models.channels import ChannelLayout
from act_core.report.numbers import count, part
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
    """How many channels there are, and how many of them have a colour of their own.

    Attributes:
        zero_words: What values are that are exactly 0; `{n}` stands for their number.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        self.zero_words = tr("{n} dead (exactly 0)")
        self._total = 0
        self._entries: list[tuple[str, str]] = []  # name of a theme's colour, and words
        super().__init__(parent)

    def show_counts(
        self, layout: ChannelLayout | None, data: MapData | None, selected: Flags | None
    ) -> None:
        """Count in these values and this mask."""
        self._total = 0 if layout is None else layout.total
        self._entries = []
        if data is not None:
            self._entries += [
                ("map_nan", tr("{n} not a number", n=count(data.nan_count))),
                ("map_dead", self.zero_words.format(n=count(data.dead_count))),
            ]
        if layout is not None and (missing := _missing(layout, data)):
            rows = count(len(layout.modules))
            words = tr("{n} of {rows} rows still missing", n=count(missing), rows=rows)
            self._entries.append(("hover", words))
        if selected is not None and self._total:
            chosen = int(np.count_nonzero(selected))
            words = tr("{n} in the mask", n=count(chosen))
            self._entries.append(("mask", f"{words} ({part(chosen / self._total)})"))
        self._write()

    def _write(self) -> None:
        if not self._total:
            self._words.setText("")
            return
        colours = colours_of(self)
        whole = tr("{n} channels", n=count(self._total))
        marks = [("■", getattr(colours, name), words) for name, words in self._entries]
        self._words.setText(
            f"{coloured(whole, colours.muted)}&nbsp;&nbsp; {marked(marks, colours)}"
        )
        self._words.setAccessibleName(", ".join((whole, *(words for _, words in self._entries))))


def _missing(layout: ChannelLayout, data: MapData | None) -> int:
    return len(layout.modules) if data is None else data.missing_rows
