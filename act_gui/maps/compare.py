"""Two maps of one model beside their difference: one range, one cursor."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from act_core.errors import ErrorRecord
from act_core.maps.compare import Measure, difference
from act_core.maps.data import Flags, MapData, Values
from act_core.maps.table import next_strongest
from act_core.maps.window import MapWindow
from act_core.models.channels import ChannelLayout
from act_gui.maps.map_card import card_words, compared_pairs
from act_gui.maps.map_pane import MapPane
from act_gui.maps.map_strips import CardStrip
from act_gui.maps.map_task import start_task
from act_gui.text import tr
from act_gui.widgets.bending_row import BendingRow
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.labels import label

View = Literal["all", "first", "second", "difference"]


class CompareMaps(QWidget):
    """First map, second map and first minus second, below each other or one at a time.

    Signals:
        cursor_moved: The flat channel of the cursor, the same on all maps.
        failed: An `ErrorRecord`: the difference could not be computed.
    """

    cursor_moved = Signal(int)
    failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout: ChannelLayout | None = None
        self._values: tuple[Values, Values] | None = None
        self._measure: Measure = "value"
        self._asked = 0  # number of the newest difference that was asked for
        self._build()
        self._connect()
        self.show_view("all")

    def _build(self) -> None:
        self.first, self.second, self.difference = MapPane(), MapPane(), MapPane()
        self.panes = (self.first, self.second, self.difference)
        self.titles = tuple(label("", "heading") for _ in self.panes)
        self.card = CardStrip()
        self.measure_box = QComboBox()
        self.measure_box.setAccessibleName(tr("Measure of the difference"))
        self.measure_box.addItem(tr("Difference of values"), "value")
        self.measure_box.addItem(tr("Difference of ranks"), "rank")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._tools())
        for title, pane in zip(self.titles, self.panes, strict=True):
            column.addWidget(title)
            column.addWidget(pane, 1)
        column.addWidget(self.card)
        for pane in self.panes:
            pane.bar.set_compact(True)

    def _tools(self) -> BendingRow:
        row = BendingRow()
        self._views = QButtonGroup(self)
        self.view_buttons: dict[View, QPushButton] = {}
        names: dict[View, str] = {
            "all": tr("All"),
            "first": "A",
            "second": "B",
            "difference": "A \u2212 B",
        }
        for view, text in names.items():
            button = push_button(text, partial(self.show_view, view))
            button.setCheckable(True)
            self._views.addButton(button)
            self.view_buttons[view] = button
            row.left.addWidget(button)
        row.left.addSpacing(8)
        row.left.addWidget(self.measure_box)
        row.left.addStretch(1)
        for name, text, steps in (
            ("zoom-out", tr("Zoom out (−)"), -1.0),
            ("zoom-in", tr("Zoom in (+)"), 1.0),
        ):
            row.right.addWidget(icon_button(name, text, partial(self._zoom, steps)))
        row.right.addWidget(icon_button("home", tr("Whole map (0)"), self._show_whole))
        row.right.addStretch(1)
        return row

    def _connect(self) -> None:
        for pane in self.panes:
            pane.canvas.window_changed.connect(self._on_window_changed)
            pane.canvas.cursor_moved.connect(self._on_cursor_moved)
            pane.canvas.next_wanted.connect(partial(self._on_next, pane))
            pane.canvas.mask_wanted.connect(self._on_mask_wanted)
        self.measure_box.activated.connect(self._on_measure_activated)

    # -------------------------------------------------------------------- for callers

    def set_layout(self, layout: ChannelLayout | None) -> None:
        """Show the channels of a model, without values."""
        self._layout = layout
        self._values = None
        for pane in self.panes:
            pane.set_layout(layout)
        self._show_card()

    def set_maps(
        self, first_name: str, first: Values, second_name: str, second: Values, *, signed: bool
    ) -> None:
        """Show two maps of the layout that is set, and their difference as soon as it is known.

        Args:
            first_name, second_name: What they are called.
            first, second: float32 `[channels]`.
            signed: Both have a meaningful sign; the difference always has one.

        Raises:
            ValueError: No layout, or values that are not one per channel.
        """
        if self._layout is None:
            raise ValueError("maps need the layout of their values")
        self._values = (first, second)
        names = (f"A: {first_name}", f"B: {second_name}", self._difference_name())
        for title, pane, name in zip(self.titles, self.panes, names, strict=True):
            title.setText(name)
            pane.canvas.setAccessibleName(name)
        for pane, values in ((self.first, first), (self.second, second)):
            pane.set_data(MapData(self._layout, values, signed=signed))
        self._ask_difference()

    def set_mask(self, selected: Flags | None) -> None:
        """Show a mask on all maps."""
        for pane in self.panes:
            pane.set_mask(selected)

    def show_view(self, view: View) -> None:
        """Show all maps, or one."""
        self.view_buttons[view].setChecked(True)
        views = ("first", "second", "difference")
        for name, title, pane in zip(views, self.titles, self.panes, strict=True):
            title.setVisible(view in ("all", name))
            pane.setVisible(view in ("all", name))
            pane.bar.set_compact(view == "all")

    # -------------------------------------------------------------------------- slots

    def _difference_name(self) -> str:
        by_rank = self._measure == "rank"
        return tr("A \u2212 B in rank") if by_rank else tr("A \u2212 B in value")

    def _ask_difference(self) -> None:
        if self._layout is None or self._values is None:
            return
        self._asked += 1
        number, layout, measure = self._asked, self._layout, self._measure
        first, second = self._values

        def work() -> tuple[int, MapData]:
            return number, MapData(layout, difference(first, second, measure), signed=True)

        start_task(work, self._on_difference, self._on_failed)

    def _on_difference(self, answer: tuple[int, MapData]) -> None:
        number, data = answer
        if number == self._asked and data.layout is self._layout:
            self.titles[2].setText(self._difference_name())
            self.difference.set_data(data)
            self._show_card()

    def _on_failed(self, error: ErrorRecord) -> None:
        self.failed.emit(error)

    def _on_measure_activated(self, _index: int) -> None:
        self._measure = "rank" if self.measure_box.currentData() == "rank" else "value"
        self._ask_difference()

    def _on_window_changed(self, window: MapWindow) -> None:
        for pane in self.panes:
            pane.canvas.set_window(window)

    def _on_cursor_moved(self, channel: int) -> None:
        moved = [pane for pane in self.panes if pane.canvas.cursor_channel != channel]
        for pane in moved:
            pane.canvas.set_cursor(channel, follow=False)
        if not moved:  # the last of the maps has followed
            self._show_card()
            self.cursor_moved.emit(channel)

    def _on_mask_wanted(self) -> None:
        drawn = not self.first.mask_drawn
        for pane in self.panes:
            pane.draw_mask(drawn)

    def _on_next(self, pane: MapPane) -> None:
        if pane.data is not None:
            channel = next_strongest(np.asarray(pane.data.values), pane.canvas.cursor_channel)
            if channel is not None:
                pane.canvas.set_cursor(channel)

    def _show_card(self) -> None:
        channel = self.first.canvas.cursor_channel
        facts = [] if channel is None else [pane.facts(channel) for pane in self.panes]
        pairs = compared_pairs(facts)
        self.card.show_pairs(pairs)
        for pane in self.panes:
            pane.canvas.setAccessibleDescription(card_words(pairs))

    def _zoom(self, steps: float) -> None:
        self.first.canvas.zoom(steps)

    def _show_whole(self) -> None:
        self.first.canvas.show_whole()
