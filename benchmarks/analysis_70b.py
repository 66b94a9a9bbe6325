"""How long figures of all channels of a 7B- and a 70B-shaped model take, against one np.sort.

    python benchmarks/analysis_70b.py

Every time is the median of seven, printed in seconds and as a ratio to `np.sort` of the same
float32 scores in the same run.
"""

from __future__ import annotations

import numpy as np

from act_core.analysis.concentration import concentration, top_masses
from act_core.analysis.findings import Cell
from act_core.analysis.overlaps import Measured, cell
from act_core.analysis.parts import PartedProfile
from act_core.analysis.weights import weight_overlap
from act_core.events import Estimate
from act_core.localize.select import select
from act_core.models.channels import ChannelLayout, ModuleChannels
from act_core.recipe import Budget, Localize
from benchmarks.rank_70b import layout_70b, median_s

PARTS = 8
HIDDEN, KEY_VALUE, INTERMEDIATE, LAYERS = 4096, 1024, 14336, 32


def layout_8b() -> ChannelLayout:
    """The channels of Llama 3 8B."""
    widths = {"q": HIDDEN, "k": KEY_VALUE, "v": KEY_VALUE, "o": HIDDEN}
    widths |= {"gate": INTERMEDIATE, "up": INTERMEDIATE, "down": HIDDEN}
    return ChannelLayout(
        tuple(
            ModuleChannels(f"{layer}.{kind}", None, layer, kind, width, HIDDEN, False)
            for layer in range(LAYERS)
            for kind, width in widths.items()
        )
    )


def measure(layout: ChannelLayout) -> None:
    """Print one line a figure."""
    generator = np.random.default_rng(0)
    truth = generator.lognormal(size=layout.total).astype(np.float32)
    parts = tuple(
        truth * generator.lognormal(0, 0.3, layout.total).astype(np.float32) for _ in range(PARTS)
    )
    weight = generator.lognormal(0, 0.3, layout.total).astype(np.float32)
    even = np.full(PARTS, 512.0)
    parted = PartedProfile(
        "specialist",
        "ability",
        layout,
        {"matched": parts, "weight": (weight,) * PARTS},
        {"matched": even, "weight": even},
        even.astype(np.int64),
    )
    ones = np.ones(PARTS, dtype=np.int64)
    profile = parted.joined(ones)
    scores = profile.statistic("matched")
    settings = Localize(scorer="matched", ranking="module", budget=Budget(share=0.05))
    selected = select(scores, layout, settings)
    halves = Cell(Estimate(1, 1, 1), 1)
    mask = Measured(selected, (selected,) * PARTS, halves)
    by_weight = Measured(select(weight, layout, settings), (), halves)
    reference_s = median_s(lambda: np.sort(scores))
    print(f"{layout.total:,} channels; np.sort of their scores {reference_s:.3f} s = 1.0")
    names = ("specialist", "ability", "matched")
    for what, function in {
        "mass in the top shares": lambda: top_masses(scores),
        "concentration, all of it": lambda: concentration(profile, "matched"),
        "concentration with intervals": lambda: concentration(profile, "matched", parted),
        "a mask of some parts": lambda: select(
            parted.joined(ones).statistic("matched"), layout, settings
        ),
        "overlap of two masks with interval": lambda: cell(mask, by_weight, layout),
        "activation against weight": lambda: weight_overlap(
            names, scores, weight, (mask, by_weight), layout, seed=0
        ),
    }.items():
        seconds = median_s(function)
        print(f"{what:<36} {seconds:.3f} s = {seconds / reference_s:.1f}")


def main() -> None:
    """Both sizes."""
    for layout in (layout_8b(), layout_70b()):
        measure(layout)


if __name__ == "__main__":
    main()
