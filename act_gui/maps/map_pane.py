"""One map with its colour bar: canvas and bar kept in step with values, mask and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from act_core.events import MapRow
from act_core.maps.data import Flags, MapData, Values
from act_core.maps.grid import MapGrid, Order
from act_core.maps.limits import ColourScale, exact_scale, robust_scale
from act_core.maps.table import ChannelFacts, facts_of
from act_core.models.channels import ChannelLayout
from act_core.report.numbers import count
from act_gui.maps.card import Card
from act_gui.maps.colour_bar import ColourBar
from act_gui.maps.map_canvas import MapCanvas
from act_gui.maps.map_card import card_pairs, card_table
from act_gui.text import tr
from act_gui.theme import colours_of

_REDRAW_MS = 67  # live rows are drawn at most 15 times a second
_ALIKE = 4.0  # values whose typical range has grown or shrunk by more are of another unit
Range = Literal["robust", "exact", "fixed"]


class MapPane(QWidget):
    """A map of one array.

    Attributes:
        canvas, bar: Its parts.
        data, selected, weight: What is shown; None where there is none.
        order: Of the rows.

    Signals:
        refreshed: Values have changed and are drawn now.
    """

    refreshed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layout_shown: ChannelLayout | None = None
        self.data: MapData | None = None
        self.selected: Flags | None = None
        self.weight: Values | None = None
        self.order: Order = "kind"
        self.scale = ColourScale(0.0, 1.0)
        self._range: Range = "robust"
        self._fixed_at = self.scale  # the typical range when a person set limits
        self._log = False
        self._mask_drawn = True
        self.canvas = MapCanvas()
        self.bar = ColourBar()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.canvas, 1)
        row.addWidget(self.bar)
        self._card = Card(self.canvas)
        self._card.restyle(colours_of(self))
        self._timer = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._connect()

    def _connect(self) -> None:
        self._timer.timeout.connect(self.refresh)
        self.canvas.hovered.connect(self._on_hovered)
        self.bar.scale_changed.connect(self._on_scale_changed)
        self.bar.range_wanted.connect(self._on_range_wanted)
        self.bar.log_changed.connect(self._on_log_changed)
        self.bar.map_changed.connect(self.canvas.set_map)

    def set_layout(self, layout: ChannelLayout | None) -> None:
        """Show the channels of a model, without values; of the same form, nothing changes."""
        shown = self.layout_shown
        if layout is shown or (layout and shown and layout.modules == shown.modules):
            return
        self.layout_shown = layout
        self.data = self.selected = self.weight = None
        self.canvas.set_grid(None if layout is None else MapGrid(layout, self.order))
        self.set_mask(None)
        self.refresh()

    def set_order(self, order: Order) -> None:
        """Order the rows."""
        self.order = order
        if self.layout_shown is not None:
            self.canvas.set_grid(MapGrid(self.layout_shown, order))

    def set_data(self, data: MapData | None) -> None:
        """Show values."""
        self.data = data
        self.refresh()

    def put_rows(self, rows: Sequence[MapRow]) -> None:
        """Show rows that have become final, soon."""
        if self.layout_shown is None:
            return
        if self.data is None:
            self.data = MapData(self.layout_shown)
        self.data.put(rows)
        if not self._timer.isActive():
            self._timer.start()

    def set_mask(self, selected: Flags | None) -> None:
        """Show a mask."""
        self.selected = selected
        self.canvas.set_mask(selected if self._mask_drawn else None)

    @property
    def mask_drawn(self) -> bool:
        """Whether the mask is drawn where there is one."""
        return self._mask_drawn

    def draw_mask(self, drawn: bool) -> None:
        """Draw the mask over the values, or leave them alone."""
        self._mask_drawn = drawn
        self.set_mask(self.selected)

    def set_range(self, wanted: Range, *, log: bool | None = None) -> None:
        """Take limits from the values, robustly or exactly."""
        self._range = wanted
        self._log = self._log if log is None else log
        self._rescale()

    def facts(self, channel: int) -> ChannelFacts | None:
        """What is known of a channel; None without values."""
        if self.layout_shown is None or self.data is None:
            return None
        return facts_of(
            self.layout_shown,
            self.data.values,
            channel,
            filled=self.data.filled,
            selected=self.selected,
            weight=self.weight,
        )

    def refresh(self) -> None:
        """Draw the values as they are now."""
        self._timer.stop()
        self.canvas.set_data(self.data)
        self.canvas.set_map(self.bar.set_signed(self.data is not None and self.data.signed))
        self._rescale()
        self.refreshed.emit()

    def _rescale(self) -> None:
        if self.data is None:
            self.bar.set_values(None)
            self.bar.setEnabled(False)
            return
        self.bar.setEnabled(True)
        values, signed = self.data.values, self.data.signed
        scale = robust_scale(values, signed=signed, log=self._log)
        if self._range == "fixed" and not self._alike(scale):
            self._range = "robust"
        if self._range == "fixed":
            scale = self.scale
        elif self._range == "exact":
            scale = exact_scale(values, signed=signed, log=self._log)
        self.bar.set_values(values)
        self._show_scale(scale)

    def _alike(self, typical: ColourScale) -> bool:
        """Whether limits that a person set on other values still make sense."""
        share = typical.high / self._fixed_at.high if self._fixed_at.high else 0.0
        same = typical.signed is self._fixed_at.signed
        return same and 1 / _ALIKE <= share <= _ALIKE

    def _show_scale(self, scale: ColourScale) -> None:
        self.scale = scale
        self.canvas.set_scale(scale)
        self.bar.set_scale(scale)

    def _on_scale_changed(self, scale: ColourScale) -> None:
        self._range = "fixed"
        if self.data is not None:
            self._fixed_at = robust_scale(self.data.values, signed=scale.signed)
        self._show_scale(scale)

    def _on_range_wanted(self, wanted: Range) -> None:
        self.set_range(wanted)

    def _on_log_changed(self, log: bool) -> None:
        self.set_range("robust" if self._range == "fixed" else self._range, log=log)

    def _on_hovered(self, channel: int | None, at: QPointF) -> None:
        facts = None if channel is None else self.facts(channel)
        if facts is None or self.layout_shown is None:
            self._card.hide()
            return
        pairs = card_pairs(facts, self.layout_shown.total)
        shared = self.canvas.shared_by(at)
        note = tr("Strongest of {n} channels in this pixel", n=count(shared)) if shared > 1 else ""
        self._card.show_at(at, card_table(pairs, colours_of(self), note))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_card"):
            self._card.restyle(colours_of(self))
