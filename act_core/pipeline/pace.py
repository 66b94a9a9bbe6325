"""How long measuring will take, from what it took in this run before."""

from __future__ import annotations

from collections.abc import Sequence

from act_core.evaluate.portions import PORTIONS
from act_core.pipeline.points import Point
from act_core.pipeline.rungs import portions_of, rungs_of
from act_core.pipeline.sweep_file import known_sweep
from act_core.recipe import Draft
from act_core.runs import RunFolder

# Interpolations and controls that a sweep measures beside its points, and what it measures twice.
_BESIDE = 8
_AT_THE_END = 8


def candidate_seconds(folder: RunFolder) -> float | None:
    """Seconds that one candidate took on all items: in the last sweep, else in the last evaluation.

    None where nothing was measured in this run yet.
    """
    swept = known_sweep(folder).candidate_s
    if swept is not None:
        return swept
    measured = folder.read_metrics().get("candidate_s")
    return measured if isinstance(measured, float) and measured > 0 else None


def expected_evaluation(draft: Draft, candidate_s: float) -> float:
    """Seconds of an evaluation, for so many a candidate."""
    evaluate = draft.evaluate
    lines = len(evaluate.interpolations) if "interpolation" in evaluate.controls else 0
    masks = len({*evaluate.controls, *evaluate.scorers} - {"interpolation"})
    tuned = 0 if draft.tune is None else 2  # transfer only and tuning only
    return candidate_s * (2 + len(draft.specialists) + masks + lines + tuned)


def expected_sweep(
    points: Sequence[Point], draft: Draft, candidate_s: float, halving: bool
) -> float:
    """Seconds of a sweep, for so many a candidate; learning gates is not in it."""
    items = min((ability.heldout_items for ability in draft.abilities.values()), default=1)
    baselines = sum(point.is_baseline for point in points) + _BESIDE
    portions = sum(
        portions_of(count, rungs_of(count, items) if halving else (PORTIONS,))
        for count in (baselines, len(points) + _BESIDE - baselines)
    )
    return candidate_s * (portions / PORTIONS + _AT_THE_END)
