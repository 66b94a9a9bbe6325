"""The plan of a transfer in words and figures, before anything is written."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_core.pipeline.planning import RecipePlan
from act_core.report.numbers import count, duration, part, size
from act_core.transfer.plan import ASSUMED_BYTES_PER_S
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.labels import label


class PlanView(QWidget):
    """The plan, or why there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = Card(tr("Plan"))
        self.facts = FactGrid(columns=2)
        self.words = label(wrap=True, selectable=True)
        self._card.body.addWidget(self.words)
        self._card.body.addWidget(self.facts)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._card)

    def show_hint(self, text: str) -> None:
        """Say what is missing."""
        self.words.setText(text)
        self.facts.setVisible(False)

    def show_error(self, error: ErrorRecord) -> None:
        """Say why there is no plan, and what to do."""
        self.show_hint(f"{error.title}. {error.reason} {error.remedy}")

    def show_plan(self, found: RecipePlan, *, tuned: bool = False) -> None:
        """Show a plan; `tuned`: what is written was tuned after it had moved."""
        plan = found.plan
        words = tr(
            "{rows} rows with {parameters} parameters ({share} of the model) will change; "
            "everything else stays identical, byte for byte."
        )
        if found.gated:
            words = tr(
                "{rows} rows with {parameters} parameters ({share} of the model) will be blended "
                "by their gates; everything else stays identical, byte for byte."
            )
        if tuned:
            words = tr(
                "{rows} rows with {parameters} parameters ({share} of the model) will be written "
                "as they were tuned; everything else stays identical, byte for byte."
            )
        self.words.setText(
            words.format(
                rows=count(plan.rows),
                parameters=count(plan.parameters),
                share=part(plan.share),
            )
        )
        facts = {
            tr("Rows"): count(plan.rows),
            tr("Columns"): count(plan.columns) if plan.columns else "",
            tr("Whole tensors"): count(plan.whole_tensors) if plan.whole_tensors else "",
            tr("Contested channels"): _contested(found),
            tr("Copied"): size(plan.copy_bytes),
            tr("Read from specialists"): size(plan.read_bytes),
            tr("Written in place"): size(plan.write_bytes),
            tr("Read to verify"): size(plan.verify_bytes),
            tr("Free on that disk"): size(plan.free_bytes),
            tr("Memory, at most"): size(found.memory.size_bytes),
            tr("Estimated time"): _time_text(plan.seconds),
            tr("Folder"): str(plan.out),
        }
        self.facts.set_facts(facts)
        self.facts.setVisible(True)


def _time_text(seconds: float) -> str:
    if seconds < 1:
        return tr("below 1 s")
    rate = size(ASSUMED_BYTES_PER_S)
    return tr("{time} at {rate}/s", time=duration(seconds), rate=rate)


def _contested(found: RecipePlan) -> str:
    if len(found.settled.masks) < 2:
        return ""
    kinds = ", ".join(f"{kind} {count(n)}" for kind, n in found.settled.by_kind.items() if n)
    return count(found.settled.contested) + (f" ({kinds})" if kinds else "")
