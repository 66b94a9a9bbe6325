"""`python -m act_gui.maps` shows the channel map with sample data.

python -m act_gui.maps [--large] [--signed] [--compare] [--theme dark]
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication, QWidget

from act_gui.maps.compare import CompareMaps
from act_gui.maps.map_samples import LARGE, SMALL, sample_layout, sample_mask, sample_values
from act_gui.maps.map_view import ChannelMap
from act_gui.theme import apply_theme


def main() -> int:
    parser = argparse.ArgumentParser(prog="act_gui.maps", description=__doc__)
    parser.add_argument("--large", action="store_true", help="the form of an 8B model")
    parser.add_argument("--signed", action="store_true", help="values with a sign")
    parser.add_argument("--compare", action="store_true", help="two maps and their difference")
    parser.add_argument("--theme", choices=("light", "dark", "system"), default="light")
    options = parser.parse_args()
    app = QApplication(sys.argv[:1])
    apply_theme(app, options.theme)
    window = sample_window(large=options.large, signed=options.signed, compare=options.compare)
    window.resize(1200, 760)
    window.show()
    return app.exec()


def sample_window(*, large: bool, signed: bool, compare: bool) -> QWidget:
    """A channel map, or two that are compared, of a sample."""
    layout = sample_layout(32, LARGE) if large else sample_layout(4, SMALL)
    values = sample_values(layout, 1, signed=signed)
    if compare:
        maps = CompareMaps()
        maps.set_layout(layout)
        maps.set_maps("matched", values, "weight", sample_values(layout, 2), signed=signed)
        return maps
    shown = ChannelMap()
    shown.set_layout(layout)
    shown.set_values(values, signed=signed)
    shown.set_weight(np.abs(values) * 3)
    mask = sample_mask(values, 0.02)
    shown.set_mask(mask)

    def edit(channels: NDArray[np.int64], mode: str) -> None:
        if mode == "replace":
            mask[:] = False
        mask[channels] = mode != "remove"
        shown.set_mask(mask)

    shown.region_chosen.connect(edit)
    return shown


if __name__ == "__main__":
    sys.exit(main())
