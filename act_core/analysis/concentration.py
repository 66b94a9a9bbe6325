"""How concentrated scores are: complementary distribution, and mass in the highest channels.

Mass is the sum of positive scores, what there is to gain; thresholds are multiples of the mean
positive part over all channels, so that equal scores all lie at 1, whatever their unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.analysis.findings import Above, Concentration, GroupMass, TailPoint, TopMass
from act_core.analysis.intervals import jackknife
from act_core.analysis.parts import PartedProfile
from act_core.models.channels import ChannelLayout
from act_core.profile.store import Profile

Scores = NDArray[np.float32]

TOP_SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_THRESHOLDS = (2.0, 5.0, 10.0)
_THRESHOLD = 5.0
_FIRST_POWER = -4
_MOST_POINTS = 48
# So many channels tell the scatter of a share of mass between parts to a per cent of itself.
_ENOUGH = 1 << 20


def concentration(
    profile: Profile, statistic: str, parted: PartedProfile | None = None
) -> Concentration:
    """How concentrated a statistic of a profile is, beside equal scores and the score `weight`.

    Args:
        profile: Of all data; `weight` among its statistics.
        statistic: Which one.
        parted: The same data in parts, for intervals; without it they are as wide as nothing.

    Raises:
        ProfileError: The profile lacks the statistic.
    """
    mass, weight = _mass(profile.statistic(statistic)), _mass(profile.statistic("weight"))
    mean, of_weight = (float(one.mean(dtype=np.float64)) for one in (mass, weight))
    highest = float(mass.max()) / (mean or 1.0)
    levels = _levels(max(highest, float(weight.max()) / (of_weight or 1.0)))
    count = len(mass)

    def above(some: Sequence[float]) -> Iterator[tuple[float, int, int]]:
        tails = _tail(mass, mean, some), _tail(weight, of_weight, some)
        return zip(some, *tails, strict=True)

    return Concentration(
        specialist=profile.specialist,
        ability=profile.ability,
        statistic=statistic,
        channels=count,
        positive=int(np.count_nonzero(mass)) / count,
        top=_top(mass, weight, statistic, parted),
        curve=tuple(
            TailPoint(at, ours / count, other / count) for at, ours, other in above(levels)
        ),
        above=tuple(
            Above(at, ours, ours / count, other / count)
            for some in (_THRESHOLDS, (highest / 2,))
            for at, ours, other in above(some)
        ),
        threshold=_THRESHOLD,
        kinds=_groups(mass, profile.layout, "kind", _THRESHOLD * mean),
        layers=_groups(mass, profile.layout, "layer", _THRESHOLD * mean),
    )


def top_masses(scores: Scores, shares: Sequence[float] = TOP_SHARES) -> tuple[float, ...]:
    """Share of all positive score in the highest channels; 0 where no score is positive.

    Args:
        scores: Finite, float32 `[channels]`.
        shares: Ascending shares of all channels; each takes one channel at least.
    """
    mass = _mass(scores)
    counts = [max(1, round(share * len(mass))) for share in shares]
    total = float(mass.sum(dtype=np.float64))
    if not total:
        return (0.0,) * len(counts)
    head, found = mass, []
    for count in reversed(counts):  # each partition only looks at what the one before has left
        if count < len(head):
            head = np.partition(head, len(head) - count)[len(head) - count :]
        found.append(float(head.sum(dtype=np.float64)) / total)
    return tuple(reversed(found))


def _top(
    mass: Scores, weight: Scores, statistic: str, parted: PartedProfile | None
) -> tuple[TopMass, ...]:
    found = top_masses(mass)
    without: list[tuple[float, ...]] = []
    if parted is not None:
        step = -(-len(mass) // _ENOUGH)
        without = [top_masses(scores) for scores in parted.thinned(step)(statistic)]
    return tuple(
        TopMass(share, jackknife(held, [one[number] for one in without]), of_weight)
        for number, (share, held, of_weight) in enumerate(
            zip(TOP_SHARES, found, top_masses(weight), strict=True)
        )
    )


def _mass(scores: Scores) -> Scores:
    return np.maximum(scores, np.float32(0))


def _tail(mass: Scores, mean: float, levels: Sequence[float]) -> list[int]:
    """Number of channels above each of some ascending multiples of the mean."""
    rest, found = mass, []
    for level in levels:
        above = rest > np.float32(level * mean)
        found.append(int(np.count_nonzero(above)))
        if 2 * found[-1] < len(rest):  # the others will not be above the next level either
            rest = rest[above]
    return found


def _levels(highest: float) -> list[float]:
    """Levels of the distribution, each the square root of two above the last; 1 among them."""
    levels = 2.0 ** (_FIRST_POWER + np.arange(_MOST_POINTS) / 2)
    return [float(level) for level in levels if level <= max(highest, 1.0)]


def _groups(
    mass: Scores, layout: ChannelLayout, by: str, threshold: float
) -> tuple[GroupMass, ...]:
    """The scores of each module kind or layer."""
    members: dict[str, list[Scores]] = {}
    for number, module in enumerate(layout.modules):
        members.setdefault(str(getattr(module, by)), []).append(mass[layout.slice_of(number)])
    total = float(mass.sum(dtype=np.float64)) or 1.0
    return tuple(
        _group(name, parts, len(mass), total, threshold) for name, parts in members.items()
    )


def _group(
    name: str, parts: Iterable[Scores], channels: int, total: float, threshold: float
) -> GroupMass:
    scores = np.concatenate(list(parts))
    return GroupMass(
        name=name,
        channels=len(scores) / channels,
        mass=float(scores.sum(dtype=np.float64)) / total,
        top=top_masses(scores),
        above=int(np.count_nonzero(scores > np.float32(threshold))),
    )
