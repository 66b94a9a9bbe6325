"""Masks: the set of selected channels, as a small file of its own (design.md, sections 1 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.models.channels import ChannelLayout


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Selected channels of one model.

    Attributes:
        layout: The channels it speaks of.
        selected: bool `[channels]` on the layout's flat axis.
        columns: Selected *input* columns by weight name, sorted int64: what the `neuron` tie adds
            to down projections. Usually empty.
        facts: Scorer, budget, hashes and the like, as text.
    """

    layout: ChannelLayout
    selected: NDArray[np.bool_] = field(repr=False)
    columns: Mapping[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of selected channels."""
        return int(np.count_nonzero(self.selected))

    @property
    def share(self) -> float:
        """Selected channels over all channels."""
        return self.count / self.layout.total if self.layout.total else 0.0

    def rows(self, module: int) -> NDArray[np.int64]:
        """Selected channels of module number `module`, sorted, counted within the module."""
        return np.flatnonzero(self.selected[self.layout.slice_of(module)])
