"""The way forward through one layer: *difference* and *matched* (design.md, section 2).

difference_j = mean over counted t of |a^S_j(t) - a^T_j(t)|, each model on its own inputs
(ACT, arXiv 2601.09398, equation 2); matched_j = mean over counted t of
|(W^S_j - W^T_j) x_t + b^S_j - b^T_j| with the target's inputs. Sums are gathered here, means are
taken when the profile is finished.

Of an expert's channels only the tokens count that are sent to it: for *matched* by the target's
router, with the inputs that the expert has; for *difference* by both routers, since a token that
one of them sends elsewhere has nothing to be compared with. The mean is still over all counted
tokens, so that an expert that is rarely asked weighs as little as it does in the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_core.cancel import CancelToken
from act_core.models.family import Family
from act_core.profile.batching import WorkBatch
from act_core.profile.capture import ModuleCall, captured
from act_core.profile.chains import TARGET, Chain, midpoint_chain, specialist_chain
from act_core.profile.deltas import ModuleDelta
from act_core.profile.rounding import SIZE
from act_core.profile.routing import Routing
from act_core.profile.statistics import LayerSums, SumKey

if TYPE_CHECKING:
    import torch
    from torch import nn

    Kept = tuple[torch.Tensor, Routing | None]


_FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True, eq=False)
class ForwardLayer:
    """Everything that one layer's forward needs.

    Attributes:
        index: Layer, 0-based.
        family: Of all models alike.
        modules: The real layer of each chain, by chain name.
        deltas: Per specialist the module deltas by kind; empty without *matched*.
        specialists: Names.
        difference: Whether *difference* is asked for.
    """

    index: int
    family: Family
    modules: Mapping[str, nn.Module]
    deltas: Mapping[str, Mapping[str, ModuleDelta]]
    specialists: tuple[str, ...]
    difference: bool


def forward_layer(
    work: ForwardLayer,
    chains: Mapping[str, Chain],
    batches: Sequence[WorkBatch],
    token: CancelToken,
) -> tuple[dict[str, list[torch.Tensor]], LayerSums]:
    """Run one layer of every chain on every batch.

    Args:
        work: The layer.
        chains: By name; they are only read, so that a layer can be tried again.
        batches: All batches.
        token: Polled per batch.

    Returns:
        Per chain the hidden states that leave the layer, and the layer's sums. Beside those that
        were asked for there is `rounding.SIZE` of every *difference* in less than float32.
    """
    import torch

    sums = LayerSums()
    leaving: dict[str, list[torch.Tensor]] = {name: [] for name in chains}
    with torch.no_grad():
        for number, batch in enumerate(batches):
            token.raise_if_cancelled()
            outputs: dict[str, Kept] = {}
            if TARGET in chains:
                tap = _TargetTap(work, batch.ability, batch.counted, sums, outputs)
                with captured(work.modules[TARGET], work.family, tap):
                    leaving[TARGET].append(_advance(work, chains[TARGET], number))
            for specialist in work.specialists if work.difference else ():
                own = specialist_chain(specialist)
                against = _DifferenceTap(specialist, batch.ability, batch.counted, sums, outputs)
                with captured(work.modules[own], work.family, against):
                    leaving[own].append(_advance(work, chains[own], number))
            for specialist in work.specialists:
                between = midpoint_chain(specialist)
                if between in chains:
                    leaving[between].append(_advance(work, chains[between], number))
    return leaving, sums


def _advance(work: ForwardLayer, chain: Chain, number: int) -> torch.Tensor:
    return chain.call(number, work.index, work.modules[chain.name], chain.hidden[number])


class _TargetTap:
    """At the target's modules: *matched*, and outputs kept for *difference*."""

    def __init__(
        self,
        work: ForwardLayer,
        ability: str,
        counted: torch.Tensor,
        sums: LayerSums,
        outputs: dict[str, Kept],
    ) -> None:
        self._work = work
        self._ability = ability
        self._counted = counted
        self._sums = sums
        self._outputs = outputs
        self._last_inputs: torch.Tensor | None = None
        self._last_rows: torch.Tensor | None = None

    def __call__(self, call: ModuleCall) -> None:
        chosen, routing = call.chosen(self._counted)
        if self._work.difference:
            self._outputs[call.kind] = call.output[chosen], routing
        for specialist, deltas in self._work.deltas.items():
            change = deltas[call.kind].of(self._rows(call.inputs, chosen), routing)
            key = SumKey(specialist, self._ability, "matched", call.kind)
            self._sums.add(key, absolute_sum(change, routing))

    def _rows(self, inputs: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        """Inputs at counted tokens; q, k and v share theirs, so the last ones are kept."""
        if inputs is not self._last_inputs or self._last_rows is None:
            self._last_inputs = inputs
            self._last_rows = inputs[chosen]
        return self._last_rows


class _DifferenceTap:
    """At a specialist's modules: its outputs against the target's."""

    def __init__(
        self,
        specialist: str,
        ability: str,
        counted: torch.Tensor,
        sums: LayerSums,
        outputs: Mapping[str, Kept],
    ) -> None:
        self._specialist = specialist
        self._ability = ability
        self._counted = counted
        self._sums = sums
        self._outputs = outputs

    def __call__(self, call: ModuleCall) -> None:
        chosen, routing = call.chosen(self._counted)
        theirs = call.output[chosen]
        ours, our_routing = self._outputs[call.kind]
        if routing is not None and our_routing is not None:
            in_ours, in_theirs = our_routing.common(routing)
            ours, theirs, routing = ours[in_ours], theirs[in_theirs], routing.at(in_theirs)
        key = SumKey(self._specialist, self._ability, "difference", call.kind)
        self._sums.add(key, absolute_sum(theirs - ours, routing))
        if ours.itemsize < _FLOAT32_BYTES:
            size = SumKey(self._specialist, self._ability, SIZE, call.kind)
            self._sums.add(size, absolute_sum(ours, routing))


def absolute_sum(values: torch.Tensor, routing: Routing | None) -> torch.Tensor:
    """Sum of absolute values over tokens.

    Args:
        values: `[tokens, channels]`, or with a routing `[rows, outputs]` of experts.
        routing: Of experts.

    Returns:
        float32 `[channels]`.
    """
    import torch

    if routing is not None:
        return routing.sums(values.abs())
    total: torch.Tensor = torch.linalg.vector_norm(values, ord=1, dim=0, dtype=torch.float32)
    return total
