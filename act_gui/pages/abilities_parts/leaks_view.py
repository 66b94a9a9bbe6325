"""How much of the held-out items is found in data that localizes, tunes or stands before them."""

from __future__ import annotations

import dataclasses

from PySide6.QtWidgets import QWidget

from act_core.abilities.leaks import WORDS, Leaks
from act_core.report.numbers import count
from act_core.report.provenance import PAIR_HEADER, pair_row
from act_core.report.table import Table
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.labels import label, set_role
from act_gui.widgets.named import named
from act_gui.widgets.unfold import Unfold

_TABLE_LINES = 12


class LeaksView(Card):
    """A sentence, and on demand the pairs that share most."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Leaks into held-out items"), parent)
        self.words = label("", wrap=True)
        self.advice = label(
            tr(
                "What is measured on such items may be remembered and not known. Remove them from "
                "one of the two files, or measure on other items."
            ),
            "muted",
            wrap=True,
        )
        self.pairs = Unfold(tr("Items that share most"))
        self.table = named(FigureTable(), tr("Items that share most"))
        self.table.setMinimumHeight(_TABLE_LINES * self.fontMetrics().lineSpacing())
        self.pairs.body.addWidget(self.table)
        for widget in (self.words, self.advice, self.pairs):
            self.body.addWidget(widget)

    def set_leaks(self, leaks: Leaks) -> None:
        """Show what was found."""
        self.words.setText(_told(leaks))
        set_role(self.words, "warn" if leaks.mostly else "" if leaks.partly else "good")
        for widget in (self.advice, self.pairs):
            widget.setVisible(bool(leaks.partly))
        rows = tuple(pair_row(dataclasses.asdict(pair)) for pair in leaks.worst)
        self.table.set_table(Table(tuple(map(tr, PAIR_HEADER)), rows))


def _told(leaks: Leaks) -> str:
    short = ""
    if leaks.short_items:
        short = " " + tr(
            "Items too short to be compared in part: {short}.", short=count(leaks.short_items)
        )
    if not leaks.items:
        return tr("No held-out item is a calibration item too.") + short
    if not leaks.partly:
        text = tr(
            "No {words} words in a row of {items} held-out items are found in calibration items or "
            "exemplars.",
            words=WORDS,
            items=count(leaks.items),
        )
        return text + short
    text = tr(
        "{partly} of {items} held-out items share {words} words in a row with calibration items or "
        "exemplars, {mostly} of them mostly.",
        partly=count(leaks.partly),
        items=count(leaks.items),
        words=WORDS,
        mostly=count(leaks.mostly),
    )
    return text + short
