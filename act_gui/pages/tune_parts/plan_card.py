"""What a tuning would take, before it starts."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from act_core.errors import ErrorRecord
from act_core.pipeline.tune_plan import TunePlan
from act_core.report.numbers import count, size
from act_gui.jobs.words import about_text
from act_gui.pages.tune_parts.estimate import Estimate
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.fit_view import FitView
from act_gui.widgets.labels import label


class PlanCard(Card):
    """Numbers that learn, tokens, time and memory; or why they are not known.

    Attributes:
        summary: The most important ones in a line; empty where they are not known.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Before it starts"), parent)
        self.summary = ""
        self.facts = FactGrid()
        self.fit = FitView()
        self.hint = label("", "muted", wrap=True)
        for widget in (self.hint, self.facts, self.fit):
            self.body.addWidget(widget)
        self.show_hint(tr("Estimating…"))

    def show_hint(self, text: str) -> None:
        """Say why there is no estimate."""
        self.summary = ""
        self.hint.setText(text)
        self._show(known=False)

    def show_error(self, error: ErrorRecord) -> None:
        """Say what went wrong, and what to do."""
        self.show_hint(f"{error.title}. {error.reason} {error.remedy}")

    def show_estimate(self, estimate: Estimate) -> None:
        """Show an estimate."""
        plan = estimate.plan
        self.facts.set_facts(
            {
                tr("Learn"): _learn_text(plan),
                tr("Read"): tr(
                    "{tokens} tokens at most, and {validation} to validate",
                    tokens=count(plan.tokens),
                    validation=count(plan.validation_tokens),
                ),
                tr("Time"): _time_text(plan),
            }
        )
        self.fit.set_fits((estimate.fit,))
        time = "" if plan.seconds is None else about_text(plan.seconds)
        need = tr("{size} of memory at most", size=size(plan.memory.size_bytes))
        self.summary = ", ".join(filter(None, (_learn_text(plan), time, need)))
        self._show(known=True)

    def _show(self, *, known: bool) -> None:
        self.hint.setVisible(not known)
        self.facts.setVisible(known)
        self.fit.setVisible(known)


def _learn_text(plan: TunePlan) -> str:
    if plan.channels is None:
        return tr("{n} numbers of an adapter", n=count(plan.parameters))
    return tr("{n} numbers in {channels} channels", n=count(plan.parameters),
              channels=count(plan.channels))  # fmt: skip


def _time_text(plan: TunePlan) -> str:
    if plan.seconds is None:
        return tr("known once nothing else computes")
    time = about_text(plan.seconds)
    if plan.measured:
        return tr("{time} for all steps, as fast as the last tuning", time=time)
    return tr("{time} for all steps, a rough estimate", time=time)
