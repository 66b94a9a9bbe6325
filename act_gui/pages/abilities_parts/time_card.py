"""How long profiling will take, with what was assumed on demand."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from act_core.profile.expect import Expectation
from act_gui.jobs.words import about_text
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.unfold import Unfold


class TimeCard(Card):
    """One sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Time of profiling"), parent)
        self.words = label("", wrap=True)
        self.unfold = Unfold(tr("What was assumed"))
        self._assumptions = label("", "muted", wrap=True, selectable=True)
        self.unfold.body.addWidget(self._assumptions)
        self.body.addWidget(self.words)
        self.body.addWidget(self.unfold)
        self.set_expectation(None, "")

    def set_expectation(self, found: Expectation | None, waiting: str) -> None:
        """Show an estimate, or why there is none yet."""
        self.unfold.setVisible(found is not None)
        if found is None:
            self.words.setText(waiting)
            return
        words = tr("{time} on this machine", time=about_text(found.seconds))
        self.words.setText(words[:1].upper() + words[1:])
        origin = (
            tr("From an earlier profile of this project")
            if found.measured
            else tr("An estimate; the first profile of this project makes it exact")
        )
        self._assumptions.setText("\n".join([f"{origin}:", *found.assumptions]))
