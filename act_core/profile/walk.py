"""One profile under way: layer after layer forward, and back where *attributed* is asked for.

After every layer its sums and what enters the next layer are on disk, so that the next start goes
on from there; when the device's memory runs out, the layer is tried again with smaller batches
(design.md, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from act_core.cancel import CancelToken
from act_core.events import EventSink, Note
from act_core.meters import MapRowBuffer, ProgressMeter
from act_core.profile.backward import BackwardLayer, backward_layer, loss_gradient
from act_core.profile.batching import Batching
from act_core.profile.chains import TARGET, Chain, between, make_chains, midpoint_chain
from act_core.profile.chains import specialist_chain as own_chain
from act_core.profile.deltas import ModuleDelta, layer_deltas
from act_core.profile.devices import (
    choose_device,
    first_batch_tokens,
    is_out_of_memory,
    release_memory,
    too_large,
)
from act_core.profile.finish import FORWARD, WEIGHT, backward_phase, map_rows
from act_core.profile.forward import ForwardLayer, forward_layer
from act_core.profile.loader import LayerOfModels, layers_ahead
from act_core.profile.partial import Partial
from act_core.profile.rounding import SIZE, lost_in_rounding
from act_core.profile.spec import ProfileSpec
from act_core.profile.statistics import LayerSums, SumKey

if TYPE_CHECKING:
    import torch
    from torch import nn

STAGE = "profile"
UNIT = "layers"
_T = TypeVar("_T")


class Walk:
    """One profile under way.

    Args:
        spec: What to profile.
        partial: What an earlier start left.
        emit: Progress, and map rows as layers finish.
        token: Polled per batch.
    """

    def __init__(
        self, spec: ProfileSpec, partial: Partial, emit: EventSink, token: CancelToken
    ) -> None:
        import torch

        self.spec = spec
        self.partial = partial
        self._emit = emit
        self._token = token
        self._device = choose_device(spec.device)
        self._dtype: torch.dtype = getattr(torch, spec.dtype)
        self._layers = spec.target.shape.layers
        self._chains = make_chains(spec, self._device, self._dtype)
        tokens = spec.batch_tokens or first_batch_tokens(
            spec.target, self._device, self._dtype.itemsize
        )
        self._batching = Batching(spec.abilities, tokens, self._device)
        self._waiting: dict[str, torch.Tensor] | None = None
        self._rows = MapRowBuffer(emit)
        self._told_rounding: set[tuple[str, str]] = set()
        done = self.partial.finished_forward(FORWARD, self._layers) + sum(
            self.partial.finished_backward(backward_phase(name), self._layers)
            for name in spec.walked_back
        )
        self._meter = ProgressMeter(emit, STAGE, spec.layers_walked, UNIT, done=done)

    def forward(self) -> None:
        """Walk all chains forward, from the last finished layer on."""
        done = self.partial.finished_forward(FORWARD, self._layers)
        for layer in range(done):
            self._rows.add(map_rows(self.spec, layer, self.partial.load_sums(FORWARD, layer)))
        if done == self._layers:
            return
        self._with_smaller_batches(self._record_calls)
        for chain in self._chains.values():
            if done:
                packed = self.partial.load_state(chain.name, done)
                chain.hidden = self._batching.unpack(packed)
            else:
                self.partial.save_state(chain.name, 0, self._batching.pack(chain.hidden))
        models = {TARGET: self.spec.target, **self.spec.specialists}
        for index, tensors in layers_ahead(models, range(done, self._layers)):
            self._forward_one(index, tensors)

    def backward(self, specialist: str) -> None:
        """Walk the midpoint to one specialist back, from the last finished layer on."""
        phase = backward_phase(specialist)
        done = self.partial.finished_backward(phase, self._layers)
        for layer in range(self._layers - done, self._layers):
            self._rows.add(map_rows(self.spec, layer, self.partial.load_sums(phase, layer)))
        if done == self._layers:
            return
        chain = self._chains[midpoint_chain(specialist)]
        if not chain.recorded:
            self._with_smaller_batches(self._record_calls)
        border = self._layers - done
        if done:
            gradients = self.partial.load_state(phase, border)
        else:
            gradients = self._with_smaller_batches(lambda: self._loss_gradients(chain))
            self.partial.save_state(phase, border, gradients)
        models = {TARGET: self.spec.target, specialist: self.spec.specialists[specialist]}
        for index, tensors in layers_ahead(models, range(border - 1, -1, -1)):
            gradients = self._backward_one(specialist, index, tensors, chain, gradients)

    def finish(self) -> None:
        """Send what still waits."""
        self._rows.flush()
        self._meter.finish()

    def _forward_one(self, index: int, tensors: LayerOfModels) -> None:
        deltas = {
            name: self._deltas(index, tensors[TARGET], tensors[name])
            for name in self.spec.specialists
        }
        work = ForwardLayer(
            index,
            self.spec.target.family,
            {n: self._real_layer(c, index, tensors) for n, c in self._chains.items()},
            deltas if "matched" in self.spec.statistics else {},
            tuple(self.spec.specialists),
            "difference" in self.spec.statistics,
        )
        leaving, sums = self._with_smaller_batches(
            lambda: forward_layer(work, self._chains, self._batching.work, self._token)
        )
        self._tell_rounding(index, sums)
        for name, by_kind in deltas.items():
            for kind, delta in by_kind.items():
                sums.add(SumKey(name, "", WEIGHT, kind), delta.norm)
        for chain in self._chains.values():
            chain.hidden = leaving[chain.name]
            self.partial.save_state(chain.name, index + 1, self._batching.pack(chain.hidden))
        self._layer_done(FORWARD, index, sums)
        for name in self._chains:
            if not name.startswith(midpoint_chain("")):
                self.partial.drop_state(name, index)

    def _tell_rounding(self, index: int, sums: LayerSums) -> None:
        """Say once of every profile where *difference* drowns in rounding."""
        sizes = sums.taken_out(SIZE)
        for pair in lost_in_rounding(sums, sizes, self._dtype):
            if pair not in self._told_rounding:
                self._told_rounding.add(pair)
                specialist, ability = pair
                text = (
                    f"Most differences of {specialist} on {ability} in layer {index} are hardly "
                    f"larger than {self.spec.dtype} rounds, and later layers carry that on. "
                    "Profile in float32, or score by matched or attributed, which see the change "
                    "itself."
                )
                self._emit(Note(text, "warning"))

    def _backward_one(
        self,
        specialist: str,
        index: int,
        tensors: LayerOfModels,
        chain: Chain,
        gradients: torch.Tensor,
    ) -> torch.Tensor:
        """One layer back; gradients come and go packed."""
        phase = backward_phase(specialist)
        entering = self.partial.load_state(chain.name, index)
        layer = self._real_layer(chain, index, tensors)
        deltas = self._deltas(index, tensors[TARGET], tensors[specialist])
        work = BackwardLayer(specialist, index, self.spec.target.family, layer, deltas)

        def attempt() -> tuple[list[torch.Tensor], LayerSums]:
            return backward_layer(
                work,
                chain,
                self._batching.work,
                self._batching.unpack(entering),
                self._batching.unpack(gradients),
                self._token,
            )

        passed_on, sums = self._with_smaller_batches(attempt)
        packed = self._batching.pack(passed_on)
        self.partial.save_state(phase, index, packed)
        self._layer_done(phase, index, sums)
        self.partial.drop_state(phase, index + 1)
        self.partial.drop_state(chain.name, index + 1)
        return packed

    def _loss_gradients(self, chain: Chain) -> torch.Tensor:
        final = self._batching.unpack(self.partial.load_state(chain.name, self._layers))
        gradients = []
        for batch, state in zip(self._batching.work, final, strict=True):
            self._token.raise_if_cancelled()
            gradients.append(loss_gradient(chain, batch, state))
        return self._batching.pack(gradients)

    def _layer_done(self, phase: str, index: int, sums: LayerSums) -> None:
        sums.check_finite(index)
        self.partial.save_sums(phase, index, sums)
        self._rows.add(map_rows(self.spec, index, sums))
        self._meter.step()

    def _record_calls(self) -> None:
        for chain in self._chains.values():
            chain.begin(self._batching.work)

    def _real_layer(self, chain: Chain, index: int, tensors: LayerOfModels) -> nn.Module:
        """The chain's layer: the target's, a specialist's, or between both."""
        own = dict(tensors[TARGET])
        for name in self.spec.specialists:
            if chain.name == own_chain(name):
                own = dict(tensors[name])
            elif chain.name == midpoint_chain(name):
                own = between(tensors[TARGET], tensors[name], self.spec.point)
        on_device = {n: value.to(self._device, self._dtype) for n, value in own.items()}
        return chain.walk.layer(index, on_device)

    def _deltas(
        self,
        index: int,
        target: Mapping[str, torch.Tensor],
        specialist: Mapping[str, torch.Tensor],
    ) -> dict[str, ModuleDelta]:
        return layer_deltas(
            self.spec.target.family, index, target, specialist, self._device, self._dtype
        )

    def _with_smaller_batches(self, attempt: Callable[[], _T]) -> _T:
        """Try; on an out-of-memory error halve the batches, say so, and try again.

        Raises:
            OutOfMemoryError: Every batch holds a single sequence already.
        """
        while True:
            try:
                self._restore()
                return attempt()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                detail = repr(error)
            release_memory(self._device)
            self._halve(detail)

    def _halve(self, detail: str) -> None:
        waiting = self._waiting or {
            name: self._batching.pack(chain.hidden)
            for name, chain in self._chains.items()
            if chain.hidden
        }
        if not self._batching.halve():
            raise too_large(self._device, detail)
        self._emit(Note("Out of memory: going on with batches of half the size.", "warning"))
        self._waiting = waiting

    def _restore(self) -> None:
        """After a halving: record the layers' calls anew and put the states back."""
        if self._waiting is None:
            return
        self._record_calls()
        for name, state in self._waiting.items():
            self._chains[name].hidden = self._batching.unpack(state)
        self._waiting = None
