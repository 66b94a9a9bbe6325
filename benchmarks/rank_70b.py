"""How long all channels of a 70B-shaped model take to score and to rank, against one np.sort.

    python benchmarks/rank_70b.py

Every time is the median of seven, printed in seconds and as a ratio to `np.sort` of the same
float32 scores in the same run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from act_core.localize.scorers import SCORERS
from act_core.localize.select import select
from act_core.models.channels import ChannelLayout, ModuleChannels
from act_core.profile.store import Profile
from act_core.recipe import Budget, Localize

LAYERS, HIDDEN, KEY_VALUE, INTERMEDIATE, HEAD = 80, 8192, 1024, 28672, 128
REPEATS = 7
MODULES = (
    ("q", HIDDEN, HIDDEN),
    ("k", KEY_VALUE, HIDDEN),
    ("v", KEY_VALUE, HIDDEN),
    ("o", HIDDEN, HIDDEN),
    ("gate", INTERMEDIATE, HIDDEN),
    ("up", INTERMEDIATE, HIDDEN),
    ("down", HIDDEN, INTERMEDIATE),
)


def layout_70b() -> ChannelLayout:
    """The channels of Llama 3 70B."""
    return ChannelLayout(
        tuple(
            ModuleChannels(f"{layer}.{kind}", None, layer, kind, width, inputs, False)
            for layer in range(LAYERS)
            for kind, width, inputs in MODULES
        )
    )


def rotary_groups(layout: ChannelLayout) -> np.ndarray:
    """Rotary pairs of q and k, as `tying.group_ids` names them."""
    ids = np.arange(layout.total, dtype=np.int64)
    for index, module in enumerate(layout.modules):
        if module.kind in {"q", "k"}:
            heads = ids[layout.slice_of(index)].reshape(-1, HEAD)
            heads[:, HEAD // 2 :] = heads[:, : HEAD // 2]
    return ids


def median_s(function: Callable[[], object]) -> float:
    """Median wall time of seven calls after one to warm up."""
    function()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def main() -> None:
    """Print one line a measurement."""
    layout = layout_70b()
    generator = np.random.default_rng(0)

    def profile(ability: str) -> Profile:
        positive = generator.lognormal(size=layout.total).astype(np.float32)
        signed = generator.standard_normal(layout.total, dtype=np.float32)
        values = {"difference": positive, "matched": positive, "weight": positive}
        return Profile("specialist", ability, layout, {**values, "attributed": signed})

    bring, keep = [profile("bring")], [profile("keep")]
    scores = SCORERS["attributed"].score(bring, keep, price=1, seed=0)
    reference_s = median_s(lambda: np.sort(scores))
    print(f"{layout.total:,} channels; np.sort of their scores {reference_s:.3f} s = 1.0")

    def report(what: str, function: Callable[[], object]) -> None:
        seconds = median_s(function)
        print(f"{what:<40} {seconds:.3f} s = {seconds / reference_s:.1f}")

    for name, scorer in SCORERS.items():
        report(f"score {name}", partial(scorer.score, bring, keep, price=1, seed=0))
    groups = rotary_groups(layout)
    for ranking in ("global", "module", "normalised"):
        for budget in (Budget(share=0.05), Budget(share=0.5), Budget(parameters=3_000_000_000)):
            amount = budget.share or f"{budget.parameters:,} parameters"
            settings = Localize(scorer="attributed", ranking=ranking, budget=budget)
            report(f"rank {ranking}, {amount}", partial(select, scores, layout, settings))
            if budget.share == 0.05:
                report(
                    f"rank {ranking}, {amount}, rotary pairs",
                    partial(select, scores, layout, settings, groups),
                )


if __name__ == "__main__":
    main()
