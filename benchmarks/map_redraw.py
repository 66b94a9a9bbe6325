"""Redraw time of the channel map against a plain pyqtgraph ImageItem, in one run.

    QT_QPA_PLATFORM=offscreen python benchmarks/map_redraw.py [--frames 40]

Each frame gets new data (or another mask) and is timed until it has been painted, in a window of
1400 x 800; medians of the frames, the two drawn in turn. The plain item is given its levels and a
table of colours, and draws every channel without pooling: most of them are lost on the screen.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication, QWidget

from act_core.models.channels import ChannelLayout, ModuleChannels
from act_gui.maps.map_samples import LARGE, sample_layout, sample_values
from act_gui.maps.map_view import ChannelMap
from act_gui.maps.scales import steps_of
from act_gui.theme import LIGHT, apply_theme

SIZE = (1400, 800)
GOAL_MS = 1000 / 60


def plain_layout(rows: int, columns: int) -> ChannelLayout:
    return ChannelLayout(
        tuple(
            ModuleChannels(f"layers.{layer}.{kind}", None, layer, kind, columns, 64, False)
            for layer in range(rows // 4)
            for kind in ("q", "k", "v", "o")
        )
    )


def show(widget: QWidget) -> None:
    widget.resize(*SIZE)
    widget.show()
    for _ in range(5):
        QApplication.processEvents()


def frame_ms(change: Callable[[], None], widget: QWidget) -> float:
    start = time.perf_counter()
    change()
    widget.repaint()
    QApplication.processEvents()
    return 1000 * (time.perf_counter() - start)


def plain_view(table: np.ndarray) -> tuple[pg.GraphicsLayoutWidget, pg.ImageItem]:
    view = pg.GraphicsLayoutWidget()
    plot = view.addPlot()
    item = pg.ImageItem(axisOrder="row-major")
    item.setLookupTable(table)
    plot.addItem(item)
    show(view)
    return view, item


def redraws(rows: int, columns: int, frames: int) -> tuple[float, float]:
    layout = plain_layout(rows, columns)
    random = np.random.default_rng(0)
    data = [random.lognormal(size=layout.total).astype(np.float32) for _ in range(4)]
    ours = ChannelMap()
    ours.set_layout(layout)
    show(ours)
    view, item = plain_view(steps_of("viridis", LIGHT))
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    for frame in range(frames):
        values = data[frame % len(data)]
        times["ours"].append(frame_ms(partial(ours.set_values, values), ours.canvas))
        image = values.reshape(rows, columns)

        def change(image: np.ndarray = image) -> None:
            item.setImage(image, autoLevels=False, levels=(0.1, 10.0))

        times["plain"].append(frame_ms(change, view.viewport()))
    ours.close()
    view.close()
    return statistics.median(times["ours"][2:]), statistics.median(times["plain"][2:])


def mask_change(frames: int) -> tuple[float, int]:
    layout = sample_layout(32, LARGE)
    values = sample_values(layout, 0)
    ours = ChannelMap()
    ours.set_layout(layout)
    ours.set_values(values)
    ours.set_mask(np.zeros(layout.total, bool))
    show(ours)
    ours.canvas.set_cursor(1000)
    order = np.sort(np.nan_to_num(values))
    times = []
    for frame in range(frames):
        share = 0.01 + 0.3 * frame / frames
        mask = values >= order[int(layout.total * (1 - share))]
        times.append(frame_ms(partial(ours.set_mask, mask), ours.canvas))
    ours.close()
    return statistics.median(times), layout.total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=40)
    frames = parser.parse_args().frames
    app = QApplication([])
    apply_theme(app, "light")
    print(f"medians of {frames} frames, window {SIZE[0]} x {SIZE[1]}; goal {GOAL_MS:.1f} ms")
    for rows, columns in ((32, 14336), (224, 16384)):
        ours, plain = redraws(rows, columns, frames)
        print(
            f"new data, {rows} x {columns:,}: channel map {ours:.1f} ms (limits, histogram, counts "
            f"and card included), plain ImageItem {plain:.1f} ms, ratio {ours / plain:.2f}"
        )
    mask_ms, channels = mask_change(frames)
    print(f"another mask, {channels:,} channels: {mask_ms:.1f} ms")


if __name__ == "__main__":
    main()
