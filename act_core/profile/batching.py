"""Batches of a profile, and hidden states that do not depend on how they were batched.

States go to disk packed: `[tokens, hidden]`, all sequences of all abilities one after the other,
without padding. So a profile may resume, or go on after an out-of-memory error, with other batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from act_core.abilities.batches import Batch, batches
from act_core.abilities.encode import Encoded

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class WorkBatch:
    """A batch on the device.

    Attributes:
        ability: Whose items it holds.
        batch: As arrays.
        ids: int64 `[batch, length]`.
        attention: int64 `[batch, length]`, 0 at padding.
        counted: bool `[batch, length]`.
        positions: int64 `[tokens]`, where its tokens stand in packed states (on the CPU).
    """

    ability: str
    batch: Batch
    ids: torch.Tensor = field(repr=False)
    attention: torch.Tensor = field(repr=False)
    counted: torch.Tensor = field(repr=False)
    positions: torch.Tensor = field(repr=False)

    @property
    def real(self) -> torch.Tensor:
        """bool `[batch, length]`: not padding."""
        return self.attention.bool()


class Batching:
    """All batches of a profile.

    Args:
        abilities: Encoded calibration splits by name.
        batch_tokens: Tokens of one batch, padding included.
        device: Where batches lie.
    """

    def __init__(
        self, abilities: Mapping[str, Encoded], batch_tokens: int, device: torch.device
    ) -> None:
        self._device = device
        self._starts: dict[str, list[int]] = {}
        self.tokens = 0
        for name, encoded in abilities.items():
            starts = []
            for sequence in encoded.sequences:
                starts.append(self.tokens)
                self.tokens += len(sequence.ids)
            self._starts[name] = starts
        self.work = [
            self._on_device(name, batch)
            for name, encoded in abilities.items()
            for batch in batches(encoded.sequences, batch_tokens)
        ]

    def halve(self) -> bool:
        """Split every batch in two; False where each holds one sequence already."""
        if all(len(work.batch.indices) == 1 for work in self.work):
            return False
        self.work = [
            self._on_device(work.ability, half)
            for work in self.work
            for half in work.batch.halves()
        ]
        return True

    def pack(self, states: Sequence[torch.Tensor]) -> torch.Tensor:
        """Per batch `[batch, length, hidden]` to `[tokens, hidden]` on the CPU."""
        import torch

        packed = torch.empty((self.tokens, states[0].shape[-1]), dtype=states[0].dtype)
        for work, state in zip(self.work, states, strict=True):
            packed[work.positions] = state.detach()[work.real].cpu()
        return packed

    def unpack(self, packed: torch.Tensor) -> list[torch.Tensor]:
        """The way back; padding is zero, which no real token sees."""
        states = []
        for work in self.work:
            state = packed.new_zeros((*work.ids.shape, packed.shape[-1]), device=self._device)
            state[work.real] = packed[work.positions].to(self._device)
            states.append(state)
        return states

    def _on_device(self, ability: str, batch: Batch) -> WorkBatch:
        import torch

        starts = self._starts[ability]
        lengths = batch.attention.sum(axis=1)
        spans = [
            np.arange(starts[index], starts[index] + length, dtype=np.int64)
            for index, length in zip(batch.indices, lengths, strict=True)
        ]
        ids, attention, counted = (
            torch.from_numpy(array).to(self._device)
            for array in (batch.ids, batch.attention, batch.counted)
        )
        positions = torch.from_numpy(np.concatenate(spans))
        return WorkBatch(ability, batch, ids, attention, counted, positions)
