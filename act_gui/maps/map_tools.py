"""The row of tools above a channel map."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QToolButton, QWidget

from act_gui.maps.map_canvas import Mode
from act_gui.maps.map_help import HandMenu
from act_gui.text import tr
from act_gui.widgets.bending_row import BendingRow
from act_gui.widgets.buttons import icon_button, push_button


class MapTools(BendingRow):
    """Order of rows, what dragging does, zoom, table and export.

    Signals:
        order_chosen: `kind` or `layer`.
        mode_chosen: `move`, `add` or `remove`.
        zoomed: Steps on the channel axis.
        whole_wanted: All of the map should be seen.
        next_wanted: The cursor should go to the next strongest channel.
        table_toggled: Whether the table is wanted.
        mask_toggled: Whether the mask should be drawn.
    """

    order_chosen = Signal(str)
    mode_chosen = Signal(str)
    zoomed = Signal(float)
    whole_wanted = Signal()
    next_wanted = Signal()
    table_toggled = Signal(bool)
    mask_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._modes = QButtonGroup(self)
        self._build()
        self.show_modes(False)

    def _build(self) -> None:
        self.order_box = QComboBox()
        self.order_box.setAccessibleName(tr("Order of rows"))
        self.order_box.addItem(tr("Rows by module"), "kind")
        self.order_box.addItem(tr("Rows by layer"), "layer")
        self.order_box.activated.connect(self._on_order_activated)
        self.left.addWidget(self.order_box)
        self.left.addSpacing(8)
        self.mode_buttons: dict[Mode, QToolButton] = {
            "move": self._mode_button("move", "move", tr("Drag to move the map")),
            "add": self._mode_button(
                "add", "select-add", tr("Drag a rectangle to add to the mask")
            ),
            "remove": self._mode_button(
                "remove", "select-remove", tr("Drag a rectangle to take out of the mask")
            ),
        }
        for button in self.mode_buttons.values():
            self.left.addWidget(button)
        self.mode_buttons["move"].setChecked(True)
        self.mask_button = icon_button("eye", tr("Show the mask (M)"))
        self.mask_button.setCheckable(True)
        self.mask_button.setChecked(True)
        self.mask_button.toggled.connect(self.mask_toggled)
        self.left.addWidget(self.mask_button)
        self.left.addStretch(1)
        self.next_button = push_button(tr("Next strongest"), self.next_wanted.emit)
        self.next_button.setToolTip(tr("Go to the next strongest channel (F)"))
        self.out_button = icon_button("zoom-out", tr("Zoom out (−)"), lambda: self.zoomed.emit(-1))
        self.in_button = icon_button("zoom-in", tr("Zoom in (+)"), lambda: self.zoomed.emit(1))
        self.whole_button = icon_button("home", tr("Whole map (0)"), self.whole_wanted.emit)
        self.table_button = icon_button("table", tr("Table of the strongest channels"))
        self.table_button.setCheckable(True)
        self.table_button.toggled.connect(self.table_toggled)
        self.export_button = icon_button("download", tr("Export the map"))
        self.export_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.right.addWidget(self.next_button)
        self.help_button = icon_button("help", tr("Keys of the channel map"))
        self.help_button.setMenu(HandMenu(self))
        self.help_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for button in (self.out_button, self.in_button, self.whole_button):
            self.right.addWidget(button)
        self.right.addSpacing(8)
        for button in (self.table_button, self.export_button, self.help_button):
            self.right.addWidget(button)
        self.right.addStretch(1)

    def _mode_button(self, mode: Mode, icon_name: str, name: str) -> QToolButton:
        button = icon_button(icon_name, name, lambda: self.mode_chosen.emit(mode))
        button.setCheckable(True)
        self._modes.addButton(button)
        return button

    def show_modes(self, shown: bool) -> None:
        """Offer to edit a mask; without one, dragging moves the map."""
        for part in (*self.mode_buttons.values(), self.mask_button):
            part.setVisible(shown)
        if not shown and not self.mode_buttons["move"].isChecked():
            self.mode_buttons["move"].setChecked(True)
            self.mode_chosen.emit("move")

    def _on_order_activated(self, _index: int) -> None:
        self.order_chosen.emit(str(self.order_box.currentData()))
