"""One item after the other, as the models are given it."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from act_core.abilities.preview import Preview, ShownItem
from act_core.report.numbers import count
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.token_text import TokenText


class ItemView(Card):
    """A preview with buttons for the item before and the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("One item"), parent)
        self._preview: Preview | None = None
        self._number = 0
        self.split = named(QComboBox(), tr("Split of the item"))
        self.split.addItem(tr("Calibration"), "calibration")
        self.split.addItem(tr("Held-out"), "heldout")
        self.back_button = icon_button("left", tr("Item before"), lambda: self._step(-1))
        self.next_button = icon_button("right", tr("Next item"), lambda: self._step(1))
        self.words = label("", "muted", wrap=True, selectable=True)
        for widget in (self.split, self.back_button, self.next_button):
            self.head.addWidget(widget)
        self.text = TokenText(tr("Item with its counted tokens"))
        self.legend = label(
            tr("Coloured and underlined: counted tokens. Thin lines: borders of tokens."),
            "muted",
            wrap=True,
        )
        self.body.addWidget(self.words)
        self.body.addWidget(self.text)
        self.body.addWidget(self.legend)
        self.split.activated.connect(self._on_split)

    def set_preview(self, preview: Preview) -> None:
        """Show items of an ability, the same number as before where there is one."""
        if preview is self._preview:
            return
        self._preview = preview
        self._show()

    def shown(self) -> tuple[ShownItem, ...]:
        """The items that can be looked at."""
        if self._preview is None:
            return ()
        calibrates = self.split.currentData() == "calibration"
        return (self._preview.calibration if calibrates else self._preview.heldout).shown

    def _show(self) -> None:
        items = self.shown()
        self._number = max(0, min(self._number, len(items) - 1))
        self.back_button.setEnabled(self._number > 0)
        self.next_button.setEnabled(self._number < len(items) - 1)
        if not items:
            self.text.set_pieces(())
            self.words.clear()
            return
        item = items[self._number]
        self.text.set_pieces(item.pieces)
        text = tr(
            "{id}: {counted} of {length} tokens count",
            id=item.id,
            counted=count(item.counted_tokens),
            length=count(item.length_tokens),
        )
        self.words.setText(text + (tr(", cut") if item.cut else ""))

    def _step(self, by: int) -> None:
        self._number += by
        self._show()

    def _on_split(self) -> None:
        self._number = 0
        self._show()
