"""Batches: sequences of like length side by side, padded on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import TokenSequence


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some sequences as one array.

    Attributes:
        indices: int64 `[batch]`, their numbers among the sequences given to `batches`.
        ids: int64 `[batch, length]`, 0 at padding.
        attention: int64 `[batch, length]`, 1 at tokens, 0 at padding.
        counted: bool `[batch, length]`, False at padding.
    """

    indices: NDArray[np.int64]
    ids: NDArray[np.int64] = field(repr=False)
    attention: NDArray[np.int64] = field(repr=False)
    counted: NDArray[np.bool_] = field(repr=False)

    @property
    def predicting(self) -> NDArray[np.bool_]:
        """bool `[batch, length]`: positions whose output predicts a counted token."""
        before = np.zeros_like(self.counted)
        before[:, :-1] = self.counted[:, 1:]
        return before

    def halves(self) -> tuple[Batch, ...]:
        """Two batches of half as many sequences, or itself where it holds only one."""
        if len(self.indices) == 1:
            return (self,)
        middle = len(self.indices) // 2
        return self._part(slice(0, middle)), self._part(slice(middle, None))

    def _part(self, rows: slice) -> Batch:
        attention = self.attention[rows]
        length = int(attention.sum(axis=1).max())
        return Batch(
            self.indices[rows],
            np.ascontiguousarray(self.ids[rows, :length]),
            np.ascontiguousarray(attention[:, :length]),
            np.ascontiguousarray(self.counted[rows, :length]),
        )


def batches(sequences: Sequence[TokenSequence], batch_tokens: int) -> tuple[Batch, ...]:
    """Group sequences by length, the longest first, so that too large a batch shows at once.

    Args:
        sequences: In any order; each comes in exactly one batch.
        batch_tokens: Most positions of a batch, padding included. A longer sequence stands alone.
    """
    lengths = np.array([len(row.ids) for row in sequences], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    grouped = []
    begin = 0
    while begin < len(order):
        longest = max(1, int(lengths[order[begin]]))
        end = begin + max(1, batch_tokens // longest)
        grouped.append(_batch(sequences, order[begin:end], longest))
        begin = end
    return tuple(grouped)


def _batch(sequences: Sequence[TokenSequence], indices: NDArray[np.int64], length: int) -> Batch:
    ids = np.zeros((len(indices), length), dtype=np.int64)
    attention = np.zeros_like(ids)
    counted = np.zeros(ids.shape, dtype=np.bool_)
    for place, index in enumerate(indices):
        row = sequences[index]
        ids[place, : len(row.ids)] = row.ids
        attention[place, : len(row.ids)] = 1
        counted[place, : len(row.ids)] = row.counted
    return Batch(indices, ids, attention, counted)
