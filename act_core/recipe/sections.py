"""The sections of a recipe that say what is done, each frozen and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Share = Annotated[float, Field(gt=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]  # what NumPy and torch both take
Statistic = Literal["difference", "matched", "attributed"]
ScorerName = Literal["difference", "matched", "attributed", "contrast", "weight", "random"]
PolicyName = Literal["refuse", "priority", "strongest", "sum", "mean"]
BaselineName = Literal[
    "linear", "slerp", "task-arithmetic", "ties", "dare-ties", "della", "breadcrumbs",
    "model-stock", "sce", "arcee-fusion", "layer-swapping", "aim",
]  # fmt: skip
Bound = Annotated[float, Field(ge=-2, le=2)]
Part = Literal["leave", "move"] | Annotated[float, Field(gt=0, lt=1)]
PartName = Literal["embeddings", "norms", "head", "router"]

# What no mask covers, by its name in the recipe.
PARTS: tuple[PartName, ...] = ("embeddings", "norms", "head", "router")


class Section(BaseModel):
    """Base of all sections: frozen; unknown keys, NaN and Inf are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Specialist(Section):
    """A model that has abilities the target lacks."""

    model: str
    brings: tuple[Name, ...] | None = Field(
        default=None, description="By default all with role bring."
    )
    mask: Path | None = Field(
        default=None, description="A mask file, taken in place of localizing."
    )
    training_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens it was trained on, where known; what tuning reads is held against it.",
    )


class ProfileSettings(Section):
    """How statistics are gathered."""

    device: str = "auto"
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    batch_tokens: int | None = Field(default=None, ge=1, description="Found out where absent.")
    statistics: tuple[Statistic, ...] = Field(
        default=(), description="Gathered beside what the scorers need."
    )
    rounds: int = Field(
        default=1,
        ge=1,
        le=6,
        description="Data is taken in rounds, each as much as all before it together; after each "
        "it is told how much the top 5 % of channels still changes.",
    )
    stop_below: Share | None = Field(
        default=None,
        description="Stop when no more than this share of the top 5 % changed in a round.",
    )
    midpoints: int = Field(
        default=1,
        ge=1,
        le=32,
        description="Points of the line from target to specialist at which attributed is taken.",
    )


class Budget(Section):
    """How much may be selected: exactly one of the three."""

    share: Share | None = Field(default=None, description="Share of all channels.")
    parameters: int | None = Field(
        default=None, ge=1, description="Parameters of the selected channels."
    )
    positive: Literal[True] | None = Field(
        default=None, description="Every channel whose score is above zero."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Budget:
        if sum(value is not None for value in (self.share, self.parameters, self.positive)) != 1:
            raise ValueError("give exactly one of share, parameters, positive")
        return self


class Localize(Section):
    """Which channels are selected."""

    scorer: ScorerName = "matched"
    ranking: Literal["module", "global", "normalised"] = "module"
    budget: Budget = Budget(share=0.05)
    price: float = Field(default=0.0, ge=0, description="Weight of the retained abilities' cost.")
    tie: tuple[Literal["rotary", "kv", "neuron"], ...] = ()
    refreshes: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Select in parts by attributed, each scored where those before it have moved.",
    )


class Parts(Section):
    """What one specialist does with what no mask covers; None: as the transfer says for all."""

    embeddings: Part | None = None
    norms: Part | None = None
    head: Part | None = None
    router: Part | None = None


class Transfer(Section):
    """What is moved, and how far."""

    strength: Annotated[float, Field(gt=0, le=2)] = 1.0
    embeddings: Part = "leave"
    norms: Part = "leave"
    head: Part = "leave"
    router: Part = Field(default="leave", description="What sends tokens to experts.")
    specialists: dict[Name, Parts] = Field(
        default_factory=dict,
        description="Embeddings, norms, head and router by specialist, where not as above.",
    )
    policy: PolicyName = Field(
        default="refuse",
        description="What becomes of a channel or part that several specialists claim; strongest "
        "compares scores, which only channels have, and refuses contested parts.",
    )

    def part(self, specialist: str, name: PartName) -> Part:
        """What a specialist does with a part: its own choice, or that for all."""
        own = self.specialists.get(specialist)
        chosen: Part | None = None if own is None else getattr(own, name)
        everybody: Part = getattr(self, name)
        return everybody if chosen is None else chosen


class GateSettings(Section):
    """How far each channel moves, learned from the calibration sets of all abilities together."""

    start: Literal["mask", "interpolation", "task-arithmetic"] = "interpolation"
    strength: Annotated[float, Field(gt=0, le=2)] = Field(
        default=0.3, description="Of the start: in the mask, or everywhere."
    )
    steps: int = Field(default=16, ge=1)
    batch_tokens: int = Field(default=1024, ge=1, description="Of each ability in one step.")
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    l1: float = Field(
        default=0.0,
        ge=0,
        description="Price of opening every gate, in nats; it drives gates to zero.",
    )
    budget: Share | None = Field(
        default=None,
        description="Share of all gates that stays open; the others are closed for good in the "
        "first half of the steps, those first whose closing costs least.",
    )
    bounds: tuple[Bound, Bound] = (0.0, 1.0)
    validation: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.2, description="Share of the calibration data that only says when to stop."
    )
    check_every: int = Field(
        default=4, ge=1, description="Steps from one check on validation data to the next."
    )
    patience: int = Field(default=3, ge=1, description="Checks without gain before it stops.")
    checkpointing: bool = Field(
        default=False, description="Compute each layer again on the way back, to save memory."
    )
    seed: Seed | None = Field(default=None, description="By default the recipe's.")

    @model_validator(mode="after")
    def _within_bounds(self) -> GateSettings:
        low, high = self.bounds
        if not low <= 0 < self.strength <= high:
            raise ValueError("bounds have to hold zero and the strength")
        return self


class Probe(Section):
    """A prompt that target, specialists and result answer, always with the likeliest token."""

    prompt: str = Field(min_length=1)
    chat: bool | None = Field(
        default=None, description="Use the chat template; by default where the target has one."
    )
    new_tokens: int = Field(default=64, ge=1, description="Longest answer.")


class Evaluate(Section):
    """What is measured beside target, specialist and result."""

    controls: tuple[Literal["random", "weight", "interpolation", "tuning"], ...] = Field(
        default=("random", "weight", "interpolation", "tuning"),
        description="random and weight are controls of masks, tuning (by LoRA) is one of gates.",
    )
    scorers: tuple[ScorerName, ...] = Field(
        default=(), description="Masks by other scorers with the same ranking and budget."
    )
    interpolations: tuple[Share, ...] = Field(
        default=(0.25, 0.5), description="Strengths of the control that moves everything."
    )
    baselines: dict[BaselineName, dict[str, tuple[float, ...]]] = Field(
        default_factory=dict,
        description="Other ways to merge, as a list of names or with values of their parameters; "
        "every combination of values is a candidate.",
    )
    ancestor: Literal["base", "target"] | None = Field(
        default=None,
        description="From what baselines take differences; by default the base, where there is "
        "one, else the target.",
    )
    keep_merged: bool = Field(
        default=False, description="Leave the baselines' checkpoints in RUN/baselines."
    )
    resamples: int = Field(default=2000, ge=100, le=1_000_000, description="Bootstrap resamples.")
    tasks: tuple[str, ...] = Field(
        default=(), description="Tasks of lm-evaluation-harness, run on target and checkpoint."
    )
    task_folder: Path | None = Field(default=None, description="Further tasks, as YAML files.")
    task_items: int | None = Field(default=None, ge=1, description="Most items of each task.")
    limits: dict[Name, Share] = Field(
        default_factory=dict,
        description="Most of each ability to keep that a sweep may recommend to lose; 0.05 where "
        "an ability is not named.",
    )

    probes: tuple[Probe, ...] = Field(
        default=(), description="Prompts whose answers stand in the report; nothing is measured."
    )

    @field_validator("baselines", mode="before")
    @classmethod
    def _names_alone(cls, given: object) -> object:
        if not isinstance(given, list | tuple):
            return given
        if not all(isinstance(name, str) for name in given):
            raise ValueError("give a list of names, or a mapping from names to parameters")
        return {name: {} for name in given}
