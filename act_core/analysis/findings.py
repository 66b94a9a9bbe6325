"""What analyses find: frozen, made of plain values, so that they cross threads and become JSON.

Every figure stands beside its chance level or carries an interval, mostly both. Where an interval
comes from:

- `Estimate`s of scores and masks: a jackknife over the parts of the calibration data
  (`jackknife`), or, where the text says *range*, the middle 95 % of repeated random draws.
- `Estimate`s of held-out figures: the bootstrap over items of `evaluate.bootstrap`, paired.

How scores and masks lie stands here, what masks do in `effects.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from act_core.analysis.effects import CrossEffects, Necessity, Sufficiency
from act_core.events import Estimate

AnalysisName = Literal[
    "concentration", "weights", "stability", "disentanglement", "sufficiency", "necessity"
]
Membership = Literal["neither", "weight", "score", "both"]
ANALYSES: tuple[AnalysisName, ...] = (
    "concentration",
    "weights",
    "stability",
    "disentanglement",
    "sufficiency",
    "necessity",
)


@dataclass(frozen=True, slots=True)
class TopMass:
    """How much of all score lies in the highest channels.

    Attributes:
        channels: The highest so many channels, as a share of all; also the chance level: what they
            would hold if all channels had equal scores.
        mass: Their share of the sum of all positive scores.
        weight: The same of the score `weight`, which needs no data.
    """

    channels: float
    mass: Estimate
    weight: float


@dataclass(frozen=True, slots=True)
class TailPoint:
    """One point of the complementary distribution.

    Attributes:
        level: A score, in multiples of the mean positive part of all scores.
        share: Share of channels whose score is higher.
        weight: The same of the score `weight`. With equal scores it would be 1 below level 1 and 0
            from there on.
    """

    level: float
    share: float
    weight: float


@dataclass(frozen=True, slots=True)
class GroupMass:
    """The scores of one module kind or one layer.

    Attributes:
        name: The kind, or the number of the layer.
        channels: Its share of all channels: the chance level of `mass`.
        mass: Its share of the sum of all positive scores.
        top: Share of its own mass in its own highest 0.5, 1, 2, 5, 10 and 20 % of channels.
        above: Number of its channels above `Concentration.threshold`.
    """

    name: str
    channels: float
    mass: float
    top: tuple[float, ...]
    above: int


@dataclass(frozen=True, slots=True)
class Above:
    """Channels above a threshold.

    Attributes:
        level: The threshold in multiples of the mean positive part of all scores.
        channels: Number of channels above it.
        share: The same over all channels.
        weight: Share of channels whose score `weight` is above that multiple of its own mean.
    """

    level: float
    channels: int
    share: float
    weight: float


@dataclass(frozen=True, slots=True)
class Concentration:
    """How concentrated one statistic of one profile is.

    Attributes:
        specialist, ability: Of the profile.
        statistic: `difference`, `matched` or `attributed`; the last one on an ability to keep with
            its sign turned, so that scores are what moving a channel costs.
        channels: Number of channels.
        positive: Share of channels whose score is above zero.
        top: Mass in the highest 0.5, 1, 2, 5, 10 and 20 % of channels.
        curve: Complementary distribution, ascending levels.
        above: Channels above 2, 5 and 10 times the mean, and above half the highest score.
        threshold: The level that groups count `above`, in multiples of the mean.
        kinds, layers: By module kind, and by layer.
    """

    specialist: str
    ability: str
    statistic: str
    channels: int
    positive: float
    top: tuple[TopMass, ...]
    curve: tuple[TailPoint, ...]
    above: tuple[Above, ...]
    threshold: float
    kinds: tuple[GroupMass, ...]
    layers: tuple[GroupMass, ...]


@dataclass(frozen=True, slots=True)
class KindOverlap:
    """One module kind of an activation mask beside the weight mask.

    Attributes:
        kind: The module kind.
        jaccard: Channels in both masks over those in either.
        chance: What it would be for independent masks.
        correlation: Rank correlation (Spearman) of the two scores in this kind; chance is 0.
    """

    kind: str
    jaccard: float
    chance: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Dot:
    """One channel of the scatter.

    Attributes:
        weight: Its score `weight`.
        score: Its activation score.
        selected: In which masks of equal size it is.
    """

    weight: float
    score: float
    selected: Membership


@dataclass(frozen=True, slots=True)
class WeightOverlap:
    """An activation mask beside the weight mask of the same ranking and budget.

    Attributes:
        specialist, ability: Whose mask.
        scorer: Of the activation mask.
        share: Selected channels over all.
        jaccard: Channels in both masks over those in either.
        chance: What it would be for independent masks.
        correlation: Rank correlation (Spearman) of the scores over all channels; chance is 0. The
            interval is that of a sample of so many channels.
        sampled: Number of channels behind `correlation` and `density`.
        kinds: The same by module kind.
        density: Square table of sampled channels: rows by rank of the activation score, columns by
            rank of the weight score, both from the lowest. By chance all cells are equal.
        dots: A few channels for a scatter.
    """

    specialist: str
    ability: str
    scorer: str
    share: float
    jaccard: Estimate
    chance: float
    correlation: Estimate
    sampled: int
    kinds: tuple[KindOverlap, ...]
    density: tuple[tuple[int, ...], ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class SizePoint:
    """Agreement of two masks, each from so much data of its own.

    Attributes:
        tokens: Counted tokens behind each of the two masks.
        jaccard: Mean and range over random divisions.
        chance: Of masks of these sizes.
    """

    tokens: int
    jaccard: Estimate
    chance: float


@dataclass(frozen=True, slots=True)
class Stability:
    """Whether other data of the same kind selects the same channels.

    Attributes:
        specialist, ability, scorer: Whose mask.
        share: Selected channels over all.
        tokens: Counted tokens of the whole calibration set.
        parts: In how many parts it was divided.
        sizes: Masks from disjoint data, by growing size; the last one is split-half.
        bootstrap: Mask of parts drawn with replacement against the mask of all data: mean and
            range. Both share data, so this is higher than split-half.
        chance: Jaccard index of independent masks of this size.
    """

    specialist: str
    ability: str
    scorer: str
    share: float
    tokens: int
    parts: int
    sizes: tuple[SizePoint, ...]
    bootstrap: Estimate
    chance: float

    @property
    def halves(self) -> SizePoint:
        """Split-half agreement."""
        return self.sizes[-1]


@dataclass(frozen=True, slots=True)
class Cell:
    """Overlap of two masks (Jaccard index) beside its chance level."""

    value: Estimate
    chance: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Masks of one ability by other scorers, or from other data sets or languages.

    Attributes:
        specialist, ability: Whose masks.
        between: `scorers`, or `sources` (files and languages of the ability).
        labels: Of rows and columns alike.
        tokens: Counted tokens behind each mask; those of sources are cut to equal size.
        cells: By row, then column. Off the diagonal, two masks; of `sources` from disjoint data. On
            it, split-half agreement of one with itself: as much as noise lets the others reach.
            The diagonal of `weight`, which needs no data, is 1.
    """

    specialist: str
    ability: str
    between: Literal["scorers", "sources"]
    labels: tuple[str, ...]
    tokens: int
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Disentanglement:
    """How far masks of different abilities overlap.

    Attributes:
        scorer: Of the masks.
        share: Selected channels over all.
        masks: Specialist and ability of each mask.
        cells: By row, then column; symmetric. On the diagonal split-half agreement.
    """

    scorer: str
    share: float
    masks: tuple[tuple[str, str], ...]
    cells: tuple[tuple[Cell, ...], ...]


Finding = (
    Concentration
    | WeightOverlap
    | Stability
    | Agreement
    | Disentanglement
    | CrossEffects
    | Sufficiency
    | Necessity
)
