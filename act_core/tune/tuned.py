"""What is tuned after a transfer, and from what: frozen, so that it may cross to a thread.

`channels`: theta_j of the transferred channels j alone learns (design.md, section 2); `lora`: an
adapter on the patched model learns. Both by Adam from the calibration sets of all abilities, loss
on counted tokens only.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import Encoded
from act_core.errors import TunedError
from act_core.hashing import content_hash
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.recipe import TuneSettings
from act_core.transfer.moved import moved_model
from act_core.transfer.moves import Move
from act_core.transfer.rows import RowPiece, pieces_of
from act_core.tune.lora import LoraSpec
from act_core.tune.schedule import Schedule, check_dtype

TUNE_VERSION = 1


@dataclass(frozen=True, eq=False)
class TuneSpec:
    """A model with a transfer on it, and the data.

    Attributes:
        target: The model that received.
        start: What was transferred; nothing for the control that tunes the plain target.
        selected: Channels that learn where the kind is channels, bool `[channels]`.
        abilities: Encoded calibration splits by name: of what is brought over and what is kept.
        settings: Kind, steps, rate and so on.
        seed: Of the split, of the order of the data, and of the adapter.
        ends: Steps after which it ends, the rate falling as towards all; 0: after all.
        device: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`.
        dtype: In what the model computes; what learns is float32 always.
    """

    target: Model
    start: tuple[Move, ...]
    selected: NDArray[np.bool_] = field(repr=False)
    abilities: Mapping[str, Encoded]
    settings: TuneSettings
    seed: int = 0
    ends: int = 0
    device: str = "auto"
    dtype: str = "float32"

    def check(self) -> None:
        """Refuse what cannot learn.

        Raises:
            TunedError: No channel was transferred, or the dtype has no room for gradients.
        """
        if self.settings.kind == "channels" and not self.selected.any():
            raise TunedError(
                "The transfer moves no channel, so there is none to tune.",
                remedy="Transfer some channels, or choose the kind lora.",
            )
        check_dtype(self.dtype, TunedError)

    @cached_property
    def pieces(self) -> tuple[RowPiece, ...]:
        """The channels that learn, module by module."""
        return pieces_of(layout_of(self.target), self.selected)

    @property
    def parameters(self) -> int:
        """How many numbers learn."""
        if self.settings.kind == "lora":
            return self.lora.parameters
        return self.pieces[-1].bias.stop if self.pieces else 0

    @property
    def schedule(self) -> Schedule:
        """What is read, and when it ends."""
        return dataclasses.replace(
            Schedule.of(self.settings, self.seed),
            shares=tuple(sorted(self.settings.shares.items())),
            decay=self.settings.decay,
            ends=self.ends,
        )

    @property
    def lora(self) -> LoraSpec:
        """The adapter, where the kind is lora."""
        return LoraSpec(
            self.target,
            self.abilities,
            self.schedule,
            self.settings.rank,
            rates=(self.settings.rate,),
            checkpointing=self.settings.checkpointing,
            device=self.device,
            dtype=self.dtype,
        )

    def alone(self, ends: int) -> TuneSpec:
        """The control: the same tuning, of the plain target.

        Args:
            ends: Steps after which it ends too, where a person has stopped the other; else 0.
        """
        return dataclasses.replace(self, start=(), ends=ends)

    def key(self) -> str:
        """Hash of all inputs: what decides the result, not how fast it comes."""
        lora = self.settings.kind == "lora"
        facts = {
            "version": TUNE_VERSION,
            "kind": self.settings.kind,
            "start": moved_model(self.target, self.start).fingerprint(),
            "abilities": {name: one.fingerprint for name, one in self.abilities.items()},
            "schedule": self.schedule.key_facts(),
            "rate": self.settings.rate,
            "dtype": self.dtype,
        }
        if lora:
            return content_hash(facts | {"rank": self.settings.rank})
        selected = hashlib.sha256(np.packbits(self.selected).tobytes()).hexdigest()
        return content_hash(facts | {"selected": selected})
