"""How much the best channels still change as a profile reads more, told live and kept in facts."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from act_core.events import Convergence
from act_core.profile.store import Profile

TOP_SHARE = 0.05
_FACT = "convergence"


def changed_share(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Share of the 5 % of channels with the highest values that were not among them before.

    By value, as scorers rank: of *attributed* the harmful channels do not count.

    Args:
        before: Finite, float32 `[channels]`.
        after: The same with more data.
    """
    now = _top(after)
    return int(np.count_nonzero(now & ~_top(before))) / int(np.count_nonzero(now))


def convergence_facts(told: Iterable[Convergence]) -> dict[str, str]:
    """What one profile's rounds have shown, as a fact to keep with it."""
    rows = [[one.statistic, one.round, one.rounds, one.tokens, one.changed] for one in told]
    return {_FACT: json.dumps(rows)}


def convergence_of(profile: Profile) -> tuple[Convergence, ...]:
    """The same read from a profile, in order; empty where it was made in one walk."""
    try:
        return tuple(
            Convergence(
                profile.specialist,
                profile.ability,
                str(statistic),
                int(number),
                int(rounds),
                int(tokens),
                float(changed),
            )
            for statistic, number, rounds, tokens, changed in json.loads(
                profile.facts.get(_FACT, "[]")
            )
        )
    except (ValueError, TypeError, RecursionError):
        return ()


def _top(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The highest 5 %, equal ones by number, bool `[channels]`."""
    count = max(1, int(TOP_SHARE * len(values)))
    border = np.partition(values, -count)[-count]
    chosen: NDArray[np.bool_] = values > border
    equal = np.flatnonzero(values == border)
    chosen[equal[: count - np.count_nonzero(chosen)]] = True
    return chosen
