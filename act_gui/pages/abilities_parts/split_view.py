"""One split in figures, with its first items."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from act_core.abilities.preview import SplitPreview
from act_core.report.numbers import count
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.labels import label

_SHOWN = 3
_SHOWN_CHARACTERS = 140


class SplitView(Card):
    """Calibration or held-out.

    Args:
        title: Of the split.
        purpose: What it is for.
    """

    def __init__(self, title: str, purpose: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.facts = FactGrid()
        self.body.addWidget(label(purpose, "muted", wrap=True))
        self.body.addWidget(self.facts)
        self.items = label("", "", wrap=True, selectable=True)
        self.body.addWidget(label(tr("First items"), "muted"))
        self.body.addWidget(self.items)
        self.body.addStretch(1)

    def set_split(self, split: SplitPreview) -> None:
        """Show a split."""
        self.facts.set_facts(
            {
                tr("Items used"): tr(
                    "{used} of {all}",
                    used=count(split.items),
                    all=count(split.available_items),
                ),
                tr("Counted tokens"): count(split.counted_tokens),
                tr("All tokens"): count(split.total_tokens),
                tr("Cut items"): _items(split.cut_items, tr("lose their end")),
                tr("Skipped items"): _items(split.skipped_items, tr("have nothing counted left")),
            }
        )
        lines = []
        for item in split.shown[:_SHOWN]:
            text = " ".join(item.text.split())
            dots = "…" if len(text) > _SHOWN_CHARACTERS else ""
            lines.append(f"• {text[:_SHOWN_CHARACTERS]}{dots}")
        self.items.setText("\n".join(lines))


def _items(number: int, what: str) -> str:
    return f"{count(number)} {what}" if number else tr("none")
