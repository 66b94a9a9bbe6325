"""What was tuned: from how much, how long, and where it goes on."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from act_core.report.numbers import count, duration
from act_core.tune.tuned_training import Tuned
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.labels import label


class ResultCard(Card):
    """How the tuning that lies in the run folder came about.

    Signals:
        write_wanted: The person wants to write the checkpoint.
    """

    write_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Tuned"), parent)
        self.facts = FactGrid()
        self.write_button = push_button(tr("Write it on the page Transfer"), self.write_wanted.emit)
        self.note = label(
            tr("No check was better than the start, so the start was kept: the tuning changes "
               "nothing."),
            "warn",
            wrap=True,
        )  # fmt: skip
        for widget in (self.facts, self.note, self.write_button):
            self.body.addWidget(widget)

    def show_tuned(self, tuned: Tuned, tuned_at_s: float) -> None:
        """Show a tuning, and when it ended in seconds since the epoch."""
        facts = tuned.facts
        self.note.setVisible(facts["best_step"] == 0)
        what = tr("an adapter") if facts["kind"] == "lora" else tr("the transferred channels")
        self.facts.set_facts(
            {
                tr("What learned"): tr(
                    "{what}, {n} numbers", what=what, n=count(facts["parameters"])
                ),
                tr("Steps"): tr(
                    "{steps}, the best is {best}",
                    steps=count(facts["steps"]),
                    best=count(facts["best_step"]),
                ),
                tr("Stopped early"): _stopped_text(facts["stopped"]),
                tr("Tokens read"): tr(
                    "{tokens}, {different} of them different",
                    tokens=count(facts["tokens"]),
                    different=count(facts["different_tokens"]),
                ),
                tr("Validation tokens"): count(facts["validation_tokens"]),
                tr("Took"): duration(facts["seconds"]),
                tr("Learned"): datetime.fromtimestamp(tuned_at_s).strftime("%d %b %Y, %H:%M"),
            }
        )


def _stopped_text(stopped: str) -> str:
    return {
        "early": tr("yes, validation no longer gained"),
        "person": tr("yes, as you asked"),
    }.get(stopped, tr("no"))
