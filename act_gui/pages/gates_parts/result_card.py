"""What was learned: how many gates are open, from how much, and what to do with them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from act_core.localize.spread import Spread
from act_core.report.numbers import count, part
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.labels import label

_ALMOST_ALL = 0.95


class ResultCard(Card):
    """The gates of the specialist that is shown.

    Signals:
        mask_wanted: Keep the open gates as a mask.
    """

    mask_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Learned gates"), parent)
        self.facts = FactGrid()
        self.note = label("", "muted", wrap=True)
        self.mask_button = push_button(tr("Use the gates as a mask"), self.mask_wanted.emit, "add")
        self.mask_button.setToolTip(
            tr("Put the channels whose gate is open into the mask library of this project")
        )
        self.body.addWidget(self.facts)
        self.body.addWidget(self.note)
        self.body.addWidget(self.mask_button)

    def show_gates(self, spread: Spread, total: int, facts: Mapping[str, str]) -> None:
        """Show where gates are open.

        Args:
            spread: Of the open ones.
            total: Of all channels.
            facts: How they were learned; none while they are being learned.
        """
        opened = tr(
            "{n} of {total} ({share})",
            n=count(round(spread.share * total)),
            total=count(total),
            share=part(spread.share),
        )
        self.facts.set_facts({tr("Open gates"): opened, **facts})
        self.note.setVisible(spread.share > _ALMOST_ALL)
        self.note.setText(
            tr("Nearly every gate is open: as a mask they copy nearly everything. A price or a "
               "budget, under More, closes the gates that bring little.")
        )  # fmt: skip
        self.mask_button.setEnabled(bool(facts) and spread.share > 0)
