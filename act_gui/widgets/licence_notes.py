"""The licences of everything that goes into an export, and what to mind about them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QWidget

from act_core.models.describe import ModelCard
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.labels import label, set_role


class LicenceNotes(Card):
    """One line a model, and a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Licences"), parent)
        self.facts = FactGrid(columns=2)
        self.words = label("", "muted", wrap=True)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.words)

    def show_models(self, cards: Mapping[str, ModelCard | None]) -> None:
        """Show the licences of models by role; None is one that is not known yet."""
        stated = {role: card.licence if card else None for role, card in cards.items()}
        self.facts.set_facts(
            {
                role: (card.licence or tr("not stated")) if card else tr("not known yet")
                for role, card in cards.items()
            }
        )
        named = {licence for licence in stated.values() if licence}
        if None in cards.values():
            text = tr("Known once all models are chosen and on this computer.")
        elif not all(stated.values()):
            text = tr("A model states no licence: ask its publisher before you pass the export on.")
        elif len(named) > 1:
            text = tr("The licences differ: the export must keep to all of them.")
        else:
            text = tr("All models have the same licence; the export keeps it.")
        self.words.setText(text)
        agreed = len(named) == 1 and all(stated.values())
        set_role(self.words, "muted" if agreed or None in cards.values() else "warn")
