"""Whether selection and figures follow a budget slider within one frame at the size of 7B.

    python benchmarks/ladder_7b.py

Prints how long each ladder takes to build, and of 200 slider positions the median and the longest
time of everything that is redrawn: selection, count, parameters, layers, kinds; in milliseconds and
as a ratio to a frame of 16.7 ms. Then the overlap of two masks.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from act_core.localize.algebra import overlap
from act_core.localize.ladder import Ladder
from act_core.localize.masks import Mask
from act_core.models.channels import ChannelLayout, ModuleChannels
from act_core.recipe import Localize

LAYERS, HIDDEN, INTERMEDIATE, HEAD = 32, 4096, 11008, 128
FRAME_MS = 1000 / 60
POSITIONS = 200
WIDTHS = {
    "q": HIDDEN,
    "k": HIDDEN,
    "v": HIDDEN,
    "o": HIDDEN,
    "gate": INTERMEDIATE,
    "up": INTERMEDIATE,
    "down": HIDDEN,
}


def layout_7b() -> ChannelLayout:
    """The channels of Llama 2 7B."""
    return ChannelLayout(
        tuple(
            ModuleChannels(
                f"{layer}.{kind}",
                None,
                layer,
                kind,
                width,
                INTERMEDIATE if kind == "down" else HIDDEN,
                False,
            )
            for layer in range(LAYERS)
            for kind, width in WIDTHS.items()
        )
    )


def all_ties(layout: ChannelLayout) -> np.ndarray:
    """Rotary pairs of q, key/value heads, and neurons, as `tying.group_ids` names them."""
    ids = np.arange(layout.total, dtype=np.int64)
    for first in range(0, len(layout.modules), len(WIDTHS)):
        q, k, v, _, gate, up, _ = (ids[layout.slice_of(first + place)] for place in range(7))
        heads = q.reshape(-1, HEAD)
        heads[:, HEAD // 2 :] = heads[:, : HEAD // 2]
        k[:] = np.repeat(k[::HEAD], HEAD)
        v[:] = k
        up[:] = gate
    return ids


def milliseconds(function: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    function()
    return 1000 * (time.perf_counter() - begin)


def report(what: str, times_ms: list[float]) -> None:
    """One line of times beside a frame."""
    middle, longest = statistics.median(times_ms), max(times_ms)
    print(
        f"{what:<32} median {middle:6.2f} ms = {middle / FRAME_MS:.2f} frames, "
        f"longest {longest:6.2f} ms = {longest / FRAME_MS:.2f} frames"
    )


def main() -> None:
    """Print one line a measurement."""
    layout = layout_7b()
    generator = np.random.default_rng(0)
    scores = generator.standard_normal(layout.total, dtype=np.float32)
    scores[generator.random(layout.total) < 0.02] = 0
    shares = generator.permutation(np.geomspace(1e-4, 1, POSITIONS)).tolist()
    print(f"{layout.total:,} channels, {POSITIONS} positions from 0.01 % to 100 %")
    ladder = None
    for name, groups in (("", None), (", all ties", all_ties(layout))):
        for ranking in ("module", "global", "normalised"):
            begin = time.perf_counter()
            ladder = Ladder(scores, layout, Localize(ranking=ranking), groups)
            print(f"{ranking + name:<32} built in {time.perf_counter() - begin:.2f} s")

            def redraw(share: float, ladder: Ladder = ladder) -> None:
                ladder.selected(share)
                ladder.count(share)
                ladder.parameters(share)
                ladder.layers(share)
                ladder.kinds(share)

            redraw(0.3)
            report("", [milliseconds(partial(redraw, share)) for share in shares])
    assert ladder is not None
    moved = [int(share * ladder.parameters(1)) for share in shares[:50]]
    report(
        "share of so many parameters",
        [milliseconds(partial(ladder.share_for_parameters, size)) for size in moved],
    )
    masks = [Mask(layout, generator.random(layout.total) < share) for share in shares[:20]]
    report("overlap of two masks", [milliseconds(partial(overlap, m, masks[0])) for m in masks])


if __name__ == "__main__":
    main()
