"""Progress events: how long work speaks to whoever started it.

A worker function takes an `EventSink` and a `CancelToken`; it never knows a screen. Events are
frozen, so they may cross a thread (design.md, section 5, "Jobs").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from act_core.errors import ErrorRecord
from act_core.redact import redacted


@dataclass(frozen=True, slots=True)
class Started:
    """A stage begins. `total` counts `unit`s, 0 where unknown."""

    stage: str
    total: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage has finished `done` of `total` units; `eta_s` is None until it can be told."""

    stage: str
    done: int
    total: int
    unit: str = ""
    eta_s: float | None = None
    rate_per_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MapRow:
    """One row of a channel map.

    Attributes:
        specialist: Name of the specialist.
        ability: Name of the ability.
        statistic: Name of the statistic.
        layer: Decoder layer, 0-based.
        kind: Module kind.
        values: float32 `[channels of the module]`.
    """

    specialist: str
    ability: str
    statistic: str
    layer: int
    kind: str
    values: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class MapRows:
    """Rows of channel maps that have become final, together so that few events are sent."""

    rows: tuple[MapRow, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """Something the person should know; `level` is `info` or `warning`. No secret stays in it."""

    text: str
    level: Literal["info", "warning"] = "info"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", redacted(self.text))


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that has just been measured."""

    candidate: str
    ability: str
    metric: str
    value: float


@dataclass(frozen=True, slots=True)
class Convergence:
    """How far a profile has settled after a round; the first round has nothing to compare with.

    Attributes:
        specialist: Name of the specialist.
        ability: Name of the ability.
        statistic: Name of the statistic.
        round: Number of the round, from 2 on.
        rounds: Rounds in all.
        tokens: Counted tokens read so far.
        changed: Share of the 5 % of channels with the highest values that were not among them
            before this round, 0 to 1.
    """

    specialist: str
    ability: str
    statistic: str
    round: int
    rounds: int
    tokens: int
    changed: float


@dataclass(frozen=True, slots=True)
class TuningLoss:
    """The loss on one ability at one step of tuning, as it is, not smoothed.

    Attributes:
        step: Steps done before it was measured; 0 is the start.
        steps: Steps at most.
        ability: Name of the ability.
        split: `tuning` is data that is learned from, `validation` data that says when to stop.
        loss: Mean over tokens, in nats.
        tokens: Counted tokens that it is a mean over.
        tuning: What learns: `gates`; their control `lora` with its rate, as in `lora 0.001`; `tune`
            after a transfer; or `tuning only`, its control on the plain target.
    """

    step: int
    steps: int
    ability: str
    split: Literal["tuning", "validation"]
    loss: float
    tokens: int
    tuning: str = "gates"


@dataclass(frozen=True, slots=True)
class TuningStep:
    """One step of tuning is done.

    Attributes:
        step: Its number, from 1 on.
        steps: Steps at most.
        tuning: As in `TuningLoss`.
        learning_rate: With which it was done.
        tokens_per_s: Tokens that it read, counted or not, over its seconds.
        peak_bytes: The most memory that this program has held until now: on a GPU its tensors
            there, else main memory.
    """

    step: int
    steps: int
    tuning: str
    learning_rate: float
    tokens_per_s: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AbilityMeasured:
    """One candidate on one ability, in the ability's first measure.

    Attributes:
        ability: Name of the ability.
        role: Whether it is to be brought over or to be kept.
        measure: `loss` in nats per token; `exact` and `choice` as shares of items.
        figure: What was measured.
        share: Part of the gap between target and specialist that is covered; None where the gap is
            not clear.
    """

    ability: str
    role: Literal["bring", "keep"]
    measure: str
    figure: Estimate
    share: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A candidate that has been measured on all abilities.

    Attributes:
        candidate: Its name, unique.
        kind: `point` is one of a sweep.
        recovered: Mean share over the abilities to bring whose gap is clear; None where none is.
        lost: Mean share over the abilities to keep whose gap is clear; None where none is.
        abilities: Every ability by itself.
        scorer: Of a point; else empty.
        share: Budget of a point, as a share of all channels.
        strength: Of a point.
        reused: It was known already.
        split: Of which items: those that nothing was computed from, or calibration items set apart
            to choose among the candidates of a sweep.
        part: Share of these items that it was measured on.
        dropped: A sweep measured it on this part only, as others did better.
        setting: What a point is, as plain data (`pipeline.points`); else empty.
    """

    candidate: str
    kind: Literal["target", "specialist", "result", "control", "baseline", "point"]
    recovered: Estimate | None
    lost: Estimate | None
    abilities: tuple[AbilityMeasured, ...] = ()
    scorer: str = ""
    share: float | None = None
    strength: float | None = None
    reused: bool = False
    split: Literal["heldout", "validation"] = "heldout"
    part: float = 1.0
    dropped: bool = False
    setting: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Analysed:
    """One finding of an analysis.

    Attributes:
        analysis: Of which (`analysis.findings.ANALYSES`).
        finding: A frozen dataclass of `analysis.findings`.
        reused: It was known already.
    """

    analysis: str
    finding: Any = field(repr=False)
    reused: bool = False


@dataclass(frozen=True, slots=True)
class AnswerBegan:
    """A candidate begins to answer.

    Attributes:
        candidate: Its name.
        prompt: What it reads, special tokens included.
        prompt_tokens: Length of that.
    """

    candidate: str
    prompt: str
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class AnswerText:
    """A piece of an answer.

    Attributes:
        candidate: Whose.
        text: What came since the last piece; whole characters only.
        tokens: Generated so far.
    """

    candidate: str
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class AnswerEnded:
    """A candidate has answered.

    Attributes:
        candidate: Its name.
        text: The whole answer.
        tokens: Generated, the one that ends it included.
        reason: `end`: it said so itself; `length`: it was long enough; `context`: the model can
            read no more; `stopped`: by the person.
        first_s: Seconds to the first token: reading the prompt.
        seconds: In all.
    """

    candidate: str
    text: str
    tokens: int
    reason: Literal["end", "length", "context", "stopped"]
    first_s: float
    seconds: float

    @property
    def rate_per_s(self) -> float | None:
        """Tokens a second behind the first one; None where it was the only one."""
        writing_s = self.seconds - self.first_s
        return (self.tokens - 1) / writing_s if self.tokens > 1 and writing_s > 0 else None


@dataclass(frozen=True, slots=True)
class Finished:
    """A stage is done; `reused` says that a known result was taken."""

    stage: str
    reused: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """The work ended in an error."""

    stage: str
    error: ErrorRecord


Event = (
    Started
    | Progress
    | MapRows
    | Note
    | Metric
    | Convergence
    | TuningLoss
    | TuningStep
    | Measured
    | Analysed
    | AnswerBegan
    | AnswerText
    | AnswerEnded
    | Finished
    | Failed
)
EventSink = Callable[[Event], None]


def discard(_event: Event) -> None:
    """The sink for callers who do not listen."""
