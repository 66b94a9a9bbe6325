"""What gates are learned from: frozen, so that it may cross to a worker thread."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from act_core.abilities.encode import Encoded
from act_core.hashing import content_hash
from act_core.models.reference import Model
from act_core.recipe import GateSettings, Transfer
from act_core.transfer.gates import Gates
from act_core.transfer.parts import part_edits
from act_core.tune.schedule import Schedule

GATES_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class GateSpec:
    """One target, its specialists, and the data that says how far each channel moves.

    Attributes:
        target: The model that receives.
        specialists: By name.
        abilities: Encoded calibration splits by name: of what is brought over and what is kept.
        start: Where the gates begin, for the same specialists.
        settings: Steps, rate, bounds and so on.
        choices: What happens to embeddings, norms and head, as in the export.
        seed: Of the split and of the order of the data.
        device: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`.
        dtype: In what the model computes; gates are float32 always.
    """

    target: Model
    specialists: Mapping[str, Model]
    abilities: Mapping[str, Encoded]
    start: Gates = field(repr=False)
    settings: GateSettings
    choices: Transfer
    seed: int = 0
    device: str = "auto"
    dtype: str = "float32"

    @property
    def parameters(self) -> int:
        """How many numbers learn."""
        return len(self.specialists) * self.start.layout.total

    @property
    def schedule(self) -> Schedule:
        """What is read, and when it ends."""
        return Schedule.of(self.settings, self.seed)

    def key(self) -> str:
        """Hash of all inputs: what decides the result, not how fast it comes."""
        parts = {
            name: [[one.tensor, one.strength, str(one.strengths)] for one in edits]
            for name, edits in part_edits(self.target, self.specialists, self.choices).items()
        }
        settings = self.settings.model_dump(exclude={"checkpointing", "seed"}, exclude_none=True)
        return content_hash(
            {
                "version": GATES_VERSION,
                "target": self.target.fingerprint(),
                "specialists": {n: m.fingerprint() for n, m in self.specialists.items()},
                "abilities": {n: one.fingerprint for n, one in self.abilities.items()},
                "start": {
                    name: hashlib.sha256(values.tobytes()).hexdigest()
                    for name, values in self.start.values.items()
                },
                "settings": settings,
                "parts": parts,
                "seed": self.seed,
                "dtype": self.dtype,
            }
        )
