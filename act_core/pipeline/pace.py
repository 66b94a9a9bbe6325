"""How long measuring will take: as long as in this run before, else by a short trial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from act_core.baselines.registry import BASELINES
from act_core.cancel import CancelToken
from act_core.evaluate.evaluator import HeldOut
from act_core.evaluate.portions import PORTIONS
from act_core.evaluate.trial import CandidateTrial, candidate_trial
from act_core.hashing import content_hash
from act_core.hub.models import find_model
from act_core.pipeline.fetching import as_carried_out
from act_core.pipeline.inputs import heldout_of
from act_core.pipeline.points import Point
from act_core.pipeline.rungs import portions_of, rungs_of
from act_core.pipeline.sweep_file import known_sweep
from act_core.profile.expect import Expectation
from act_core.recipe import Draft, Recipe
from act_core.runs import RunFolder

# Interpolations and controls that a sweep measures beside its points, and what it measures twice.
_BESIDE = 8
_AT_THE_END = 8
# Trials of this process, by what decides them.
_tried_out: dict[str, CandidateTrial] = {}


def candidate_seconds(folder: RunFolder) -> float | None:
    """Seconds that one candidate took on all items: in the last sweep, else in the last evaluation.

    None where nothing was measured in this run yet.
    """
    swept = known_sweep(folder).candidate_s
    if swept is not None:
        return swept
    measured = folder.read_metrics().get("candidate_s")
    return measured if isinstance(measured, float) and measured > 0 else None


def candidate_time(recipe: Recipe, token: CancelToken | None = None) -> Expectation | None:
    """Expected time of a candidate: as in this run before, else tried out.

    Reads and encodes the held-out items and imports torch, so it is for a worker thread.

    Args:
        recipe: What would be measured.
        token: Polled while it is tried out.

    Returns:
        None where nothing was measured yet, and trying out does not fit into the free memory.

    Raises:
        ActError: Data cannot be read, the device is not there, or the model is not.
    """
    past = candidate_seconds(RunFolder(recipe.run))
    if past is not None:
        return Expectation(past, True, (f"a candidate took {past:.3g} s in this run",))
    target = find_model(as_carried_out(recipe).target, base=recipe.base)
    heldout, settings = heldout_of(recipe, target), recipe.profile
    measured = {name: held.fingerprint() for name, held in heldout.items()}
    key = content_hash([target.fingerprint(), measured, settings.device, settings.dtype])
    found = _tried_out.get(key) or candidate_trial(
        target, heldout, device=settings.device, dtype=settings.dtype, token=token or CancelToken()
    )
    if found is None:  # there may be more memory another time
        return None
    _tried_out[key] = found
    return Expectation(
        found.candidate_s,
        False,
        (
            f"at most {found.candidate_s:.2g} s for a candidate on {_size_text(heldout)}, tried "
            f"out just now on {found.on}",
            "answers are taken to be as long as they may be",
            "a rough estimate: other programs on this machine change it",
        ),
    )


def _size_text(heldout: Mapping[str, HeldOut]) -> str:
    items = sum(len(held.encoded.items) for held in heldout.values())
    tokens = sum(len(row.ids) for held in heldout.values() for row in held.encoded.sequences)
    return f"{items:,} items of {tokens:,} tokens"


def candidates_in(draft: Draft) -> int:
    """How many candidates an evaluation measures, where nothing is known of them."""
    evaluate = draft.evaluate
    one_line = "interpolation" in evaluate.controls and len(draft.specialists) == 1
    lines = {*evaluate.interpolations, draft.transfer.strength} - {1.0} if one_line else ()
    masks = set(evaluate.scorers)
    if draft.gates is None:
        masks |= {name for name in ("random", "weight") if name in evaluate.controls}
        masks -= {draft.localize.scorer}
        learned = 0
    else:  # shuffled, start, and tuning in their place
        learned = 2 + ("tuning" in evaluate.controls)
    tuned = 0 if draft.tune is None else 2  # transfer only and tuning only
    merged = sum(
        math.prod(
            len(given.get(key, one.values)) for key, one in BASELINES[name].parameters.items()
        )
        for name, given in evaluate.baselines.items()
    )
    return 2 + len(draft.specialists) + len(masks) + len(lines) + learned + tuned + merged


def expected_evaluation(draft: Draft, candidate_s: float) -> float:
    """Seconds of an evaluation, for so many a candidate; without learning and merging."""
    return candidate_s * candidates_in(draft)


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
