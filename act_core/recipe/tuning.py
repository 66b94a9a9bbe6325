"""Light fine-tuning after a transfer: its section of the recipe, and two named settings of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from act_core.recipe.sections import Name, Section, Seed

TuneKind = Literal["channels", "lora"]
TuneKeep = Literal["merged", "adapter"]
TunePreset = Literal["quick", "careful"]

# Adam's rates: of weights as full fine-tuning has them, of LoRA about ten times that.
_RATES: Mapping[TuneKind, float] = {"channels": 1e-4, "lora": 1e-3}


class TuneSettings(Section):
    """What learns after the transfer, from the calibration sets of all abilities together.

    It computes in the profile's dtype and on its device; what learns is float32 always (mixed
    precision). A step's tokens go through the model in as many batches as memory asks for, and
    their gradients are added up (gradient accumulation).
    """

    kind: TuneKind = Field(
        default="channels",
        description="channels: the rows that were transferred, and nothing else; lora: an adapter "
        "on all linear modules.",
    )
    steps: int = Field(default=32, ge=1)
    batch_tokens: int = Field(
        default=1024, ge=1, description="Of each ability in one step, where all shares are equal."
    )
    shares: dict[Name, Annotated[float, Field(gt=0, le=1000)]] = Field(
        default_factory=dict,
        description="How much of each ability a step reads, relative to each other; 1 where an "
        "ability is not named.",
    )
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Of Adam, at its highest; by default 1e-4, and 1e-3 for lora."
    )
    decay: bool = Field(
        default=True,
        description="Warm up over a tenth of the steps, then fall linearly towards zero.",
    )
    validation: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.2, description="Share of the calibration data that only says when to stop."
    )
    check_every: int = Field(
        default=4, ge=1, description="Steps from one check on validation data to the next."
    )
    patience: int = Field(default=3, ge=1, description="Checks without gain before it stops.")
    rank: int = Field(default=8, ge=1, le=1024, description="Of the adapter, where kind is lora.")
    keep: TuneKeep = Field(
        default="merged",
        description="Where kind is lora: write it into the checkpoint, or beside it as an adapter.",
    )
    checkpointing: bool = Field(
        default=False, description="Compute each layer again on the way back, to save memory."
    )
    seed: Seed | None = Field(default=None, description="By default the recipe's.")

    @property
    def rate(self) -> float:
        """The learning rate, the kind's own where none is given."""
        return _RATES[self.kind] if self.learning_rate is None else self.learning_rate


# Steps, data and patience by name; the learning rate is the kind's own, or half of it.
_PRESETS: Mapping[TunePreset, Mapping[str, Any]] = {
    "quick": {"steps": 16, "batch_tokens": 1024, "check_every": 4, "patience": 2, "rank": 8},
    "careful": {"steps": 96, "batch_tokens": 2048, "check_every": 6, "patience": 4, "rank": 16},
}
_SLOWER: Mapping[TunePreset, float] = {"quick": 1.0, "careful": 0.5}
TUNE_PRESETS: tuple[TunePreset, ...] = ("quick", "careful")


def preset_of(name: TunePreset, settings: TuneSettings | None = None) -> TuneSettings:
    """Settings by name: steps, batch_tokens, check_every, patience, rank and learning rate.

    Args:
        name: Of the preset.
        settings: Where everything else comes from: kind, shares, what is kept, seed and so on.
    """
    settings = settings or TuneSettings()
    rate = _RATES[settings.kind] * _SLOWER[name]
    return settings.model_copy(update={**_PRESETS[name], "learning_rate": rate})
