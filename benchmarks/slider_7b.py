"""How long the page Localize takes from a move of the budget slider until all of it is painted.

At the size of a 7B model (Llama 2: 224 modules, the widest of 11,008 channels, 1.36 million
channels in all), as a ratio to one frame of a screen of 60 Hz. Run it with

    python benchmarks/slider_7b.py [moves]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from act_core.localize.ladder import Ladder
from act_core.localize.rated import Rated
from act_core.models.channels import ChannelLayout, ModuleChannels
from act_core.recipe import Budget, Localize
from act_gui.notify import Notices
from act_gui.pages.localize_page import LocalizePage
from act_gui.project import Project
from act_gui.session import close_context, open_context
from act_gui.theme import apply_theme

FRAME_S = 1 / 60
LAYERS, HIDDEN, NEURONS = 32, 4096, 11008
WIDTHS = {
    "q": HIDDEN,
    "k": HIDDEN,
    "v": HIDDEN,
    "o": HIDDEN,
    "gate": NEURONS,
    "up": NEURONS,
    "down": HIDDEN,
}


def layout_7b() -> ChannelLayout:
    """The channels of Llama 2 7B."""
    return ChannelLayout(
        tuple(
            ModuleChannels(
                f"layers.{layer}.{kind}", None, layer, kind, width, HIDDEN, transposed=False
            )
            for layer in range(LAYERS)
            for kind, width in WIDTHS.items()
        )
    )


def rated_7b(layout: ChannelLayout, ranking: str) -> Rated:
    """Random scores with a long tail, as measured ones have."""
    random = np.random.default_rng(0)
    scores = (random.normal(size=layout.total) ** 3).astype(np.float32)
    weight = np.abs(random.normal(size=layout.total)).astype(np.float32)
    settings = Localize.model_validate({"scorer": "attributed", "ranking": ranking})
    return Rated(
        model=None,  # type: ignore[arg-type] # read only for ties, of which there are none
        settings=settings,
        scores=scores,
        ladder=Ladder(scores, layout, settings),
        weight=weight,
        control=Ladder(weight, layout, settings),
        facts={},
        _item_bytes=2,
        _moved=layout.parameters_of_channel(),
        _exact=None,
    )


def measure(page: LocalizePage, app: QApplication, moves: int) -> list[tuple[float, float]]:
    """Seconds of each move, from the slider's change until nothing is left to paint.

    By the clock, and of this thread alone: what other programs take from it is in the first only.
    """
    slider = page.budget_card.slider
    places = np.linspace(0, slider.maximum(), moves).round().astype(int).tolist()
    found = []
    for place in places:
        begun, busy = time.perf_counter(), time.thread_time()
        slider.setValue(place)
        app.processEvents()
        app.processEvents()  # what was laid out anew while painting
        found.append((time.perf_counter() - begun, time.thread_time() - busy))
    return found


def main() -> int:
    """Measure both ways of ranking and print ratios; 1 where a median is above one frame."""
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    app = QApplication([])
    apply_theme(app, "light")
    layout = layout_7b()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        context = open_context(Project.create(Path(folder) / "project"), Notices())
        page = LocalizePage(context)
        page.resize(1600, 1000)
        page.show()
        # A budget that rests would be written into the recipe, which has no model to show.
        page.budget_card.share_rested.disconnect()
        for ranking in ("module", "global"):
            show(page, layout, rated_7b(layout, ranking))
            app.processEvents()
            measure(page, app, 5)
            seconds = measure(page, app, moves)
            if not page.map_area.isVisible():
                raise RuntimeError("the page did not show the map while it was measured")
            ratios = [wall / FRAME_S for wall, _ in seconds]
            median = statistics.median(ratios)
            alone = statistics.median(own for _, own in seconds) / FRAME_S
            worst = max(worst, median)
            print(
                f"{ranking:8} {layout.total:,} channels, {moves} moves: median {median:.2f}, "
                f"95 % {np.quantile(ratios, 0.95):.2f}, max {max(ratios):.2f} frames "
                f"({1000 * median * FRAME_S:.1f} ms), on a processor of its own {alone:.2f}"
            )
        page.close()
        page.deleteLater()
        close_context(context)
    return int(worst > 1)


def show(page: LocalizePage, layout: ChannelLayout, rated: Rated) -> None:
    """Put a score on the page without a project behind it."""
    page.stack.setCurrentIndex(1)
    page.map_area.set_layout(layout)
    page.map_area.set_rated(rated)
    page.charts.set_rated(rated)
    page.selection.show_rated(rated, Budget(share=0.05))


if __name__ == "__main__":
    sys.exit(main())
