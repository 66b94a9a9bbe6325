"""The channel map: every channel of a model as a picture, a card, a table and a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from act_core.events import MapRow
from act_core.maps.data import Flags, MapData, Values
from act_core.maps.table import ChannelFacts, next_strongest, top_table
from act_core.models.channels import ChannelLayout
from act_gui.maps.map_canvas import MapCanvas
from act_gui.maps.map_card import card_pairs, card_words
from act_gui.maps.map_files import MapFiles
from act_gui.maps.map_marks import Span
from act_gui.maps.map_pane import MapPane
from act_gui.maps.map_region_menu import RegionMenu
from act_gui.maps.map_strips import CardStrip, MapCounts
from act_gui.maps.map_tools import MapTools
from act_gui.maps.table_view import ROWS, TopTable

_TABLE_MS = 300  # after the last change of mask or values the table is made anew


class ChannelMap(QWidget):
    """A map with its tools, table, card and counts.

    It shows a mask but does not own it: what a person adds or takes away is a signal, and whoever
    owns the mask sets the new one.

    Signals:
        cursor_moved: The flat channel of the cursor.
        region_chosen: int64 flat channels, sorted, and `add`, `remove` or `replace`.
        failed: An `ErrorRecord`: a file could not be written.
    """

    cursor_moved = Signal(int)
    region_chosen = Signal(object, str)
    failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()
        self._connect()
        self._show_state()

    def _build(self) -> None:
        self.tools = MapTools(self)
        split = QSplitter(self, childrenCollapsible=False)
        self.pane, self.table = MapPane(split), TopTable(split)
        self.table.hide()
        self.card, self.counts = CardStrip(self), MapCounts(self)
        self.files = MapFiles(self.pane, self)
        self.tools.export_button.setMenu(self.files.menu)
        self.region_menu = RegionMenu(self)
        self._table_timer = QTimer(self, singleShot=True, interval=_TABLE_MS)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.tools)
        column.addWidget(split, 1)
        column.addWidget(self.card)
        column.addWidget(self.counts)

    def _connect(self) -> None:
        canvas = self.canvas
        self.tools.order_chosen.connect(self.pane.set_order)
        self.tools.mode_chosen.connect(canvas.set_mode)
        self.tools.zoomed.connect(canvas.zoom)
        self.tools.whole_wanted.connect(canvas.show_whole)
        self.tools.next_wanted.connect(self._on_next)
        self.tools.mask_toggled.connect(self.pane.draw_mask)
        self.tools.table_toggled.connect(self._on_table_toggled)
        canvas.cursor_moved.connect(self._on_cursor_moved)
        canvas.region_drawn.connect(self._on_region_drawn)
        canvas.toggle_wanted.connect(self._on_toggle)
        canvas.next_wanted.connect(self._on_next)
        canvas.mask_wanted.connect(self.tools.mask_button.toggle)
        self.pane.refreshed.connect(self._show_state)
        self.table.channel_chosen.connect(canvas.set_cursor)
        self._table_timer.timeout.connect(self._fill_table)
        self.region_menu.chosen.connect(self.region_chosen)
        self.files.failed.connect(self.failed)

    # -------------------------------------------------------------------- for callers

    @property
    def canvas(self) -> MapCanvas:
        """The picture."""
        return self.pane.canvas

    @property
    def cursor_channel(self) -> int | None:
        """The flat channel of the cursor."""
        return self.canvas.cursor_channel

    def set_empty_text(self, text: str) -> None:
        """Say what the next step is while there is no model."""
        self.canvas.empty_text = text
        self.canvas.update()

    def set_layout(self, layout: ChannelLayout | None) -> None:
        """Show the channels of a model; values, mask and norms of another one go."""
        self.pane.set_layout(layout)
        self._show_state()

    def set_values(
        self, values: Values | None, *, filled: Flags | None = None, signed: bool = False
    ) -> None:
        """Show values of the layout that is set.

        Args:
            values: float32 `[channels]`; None: no row is there yet.
            filled: bool `[modules]`, which rows are there; None: all of them.
            signed: Values have a meaningful sign.

        Raises:
            ValueError: Values without a layout, or not one per channel.
        """
        layout = self.pane.layout_shown
        if layout is None:
            if values is not None:
                raise ValueError("a map needs the layout of its values")
            return
        self.pane.set_data(MapData(layout, values, filled=filled, signed=signed))

    def update_rows(self, rows: Sequence[MapRow]) -> None:
        """Show rows that have become final. Cheap: at most 15 redraws a second, however many."""
        self.pane.put_rows(rows)

    def set_mask(self, selected: Flags | None) -> None:
        """Show a mask, bool `[channels]`; None: there is none, and none can be chosen."""
        self.pane.set_mask(selected)
        self.canvas.selectable = selected is not None
        self.tools.show_modes(selected is not None)
        self.files.set_mask(selected is not None)
        self._show_counts()
        self._show_card()
        self._ask_for_table()

    def set_weight(self, norms: Values | None) -> None:
        """Say the norm of each channel's weight change on its card, float32 `[channels]`."""
        self.pane.weight = norms
        self._show_card()

    # -------------------------------------------------------------------------- slots

    def _show_state(self) -> None:
        self.tools.setEnabled(self.pane.layout_shown is not None)
        self._show_counts()
        self._show_card()
        self._ask_for_table()

    def _show_counts(self) -> None:
        pane = self.pane
        self.counts.show_counts(pane.layout_shown, pane.data, pane.selected)

    def _show_card(self) -> None:
        channel, layout = self.cursor_channel, self.pane.layout_shown
        facts = None if channel is None else self.pane.facts(channel)
        pairs = [] if facts is None or layout is None else card_pairs(facts, layout.total)
        self.card.show_pairs(pairs)
        self.canvas.setAccessibleDescription(card_words(pairs))

    def _on_cursor_moved(self, channel: int) -> None:
        self._show_card()
        words = self.canvas.accessibleDescription()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.canvas, words))
        self.table.show_cursor(channel)
        self.cursor_moved.emit(channel)

    def _on_next(self) -> None:
        if self.pane.data is not None:
            channel = next_strongest(self.pane.data.values, self.cursor_channel)
            if channel is not None:
                self.canvas.set_cursor(channel)

    def _on_toggle(self) -> None:
        channel, selected = self.cursor_channel, self.pane.selected
        if channel is not None and selected is not None:
            mode = "remove" if selected[channel] else "add"
            self.region_chosen.emit(np.array([channel], np.int64), mode)

    def _on_region_drawn(self, span: Span, at: QPointF) -> None:
        grid = self.canvas.grid
        channels = None if grid is None else grid.channels_in(*span)
        if channels is None or not len(channels):
            return
        if self.canvas.mode != "move":
            self.region_chosen.emit(channels, self.canvas.mode)
            return
        self.region_menu.ask(channels, self.canvas.mapToGlobal(at.toPoint()))

    def _on_table_toggled(self, shown: bool) -> None:
        self.table.setVisible(shown)
        if shown:
            self._fill_table()

    def _ask_for_table(self) -> None:
        if self.table.isVisible():
            self._table_timer.start()

    def _fill_table(self) -> None:
        layout, data = self.pane.layout_shown, self.pane.data
        rows: tuple[ChannelFacts, ...] = ()
        if layout is not None and data is not None:
            rows = top_table(layout, data.values, ROWS, self.pane.selected)
        self.table.set_rows(rows, self.cursor_channel)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._ask_for_table()
