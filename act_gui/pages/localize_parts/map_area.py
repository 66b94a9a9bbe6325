"""The map of the score with the selection on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.localize.rated import Rated
from act_core.models.channels import ChannelLayout
from act_gui.maps.map_view import ChannelMap
from act_gui.text import tr

SIGNED = ("attributed",)


class MapArea(QWidget):
    """Shows scores and selection.

    Signals:
        region_edited: int64 flat channels, and `add`, `remove` or `replace`.
        failed: An `ErrorRecord`: a file could not be written.
    """

    region_edited = Signal(object, str)
    failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = ChannelMap()
        self.map.set_empty_text(tr("Ranking…"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.map, 1)
        self.map.region_chosen.connect(self.region_edited)
        self.map.failed.connect(self.failed)

    def set_layout(self, layout: ChannelLayout) -> None:
        """Show the channels of a target."""
        self.map.set_layout(layout)

    def set_rated(self, rated: Rated) -> None:
        """Show scores."""
        self.map.set_values(rated.scores, signed=rated.settings.scorer in SIGNED)
        self.map.set_weight(rated.weight)

    def set_mask(self, selected: NDArray[np.bool_]) -> None:
        """Show the selection; quick enough for every step of a drag."""
        self.map.set_mask(selected)

    def set_busy(self, busy: bool) -> None:
        """While another score is being ranked, the selection cannot be edited."""
        self.map.setEnabled(not busy)
