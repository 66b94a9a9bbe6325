"""Losses of a model that is tuned: on some sequences of one ability, with gradients or without."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from act_core.abilities.batches import Batch, batches
from act_core.abilities.encode import TokenSequence
from act_core.cancel import CancelToken
from act_core.events import EventSink, Note
from act_core.models.reference import Model
from act_core.profile.devices import fitting_tokens, is_out_of_memory, release_memory, too_large

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# Bytes for one token of the vocabulary: logits as computed, widened, and their gradients.
_LOGIT_BYTES = 16


class LossMeter:
    """Measures losses on one loaded model, in batches that fit.

    Args:
        module: The model.
        target: Whose form it has.
        batch_tokens: Positions of one batch; halved where the memory runs out.
        emit: Where notes go.
        token: Polled per layer, forward and back.

    Attributes:
        batch_tokens: What batches hold by now.
    """

    def __init__(
        self,
        module: PreTrainedModel,
        target: Model,
        batch_tokens: int,
        emit: EventSink,
        token: CancelToken,
    ) -> None:
        self.batch_tokens = batch_tokens
        self._module = module
        self._layers = target.family.layers
        self._emit = emit
        self._token = token

    def loss(self, rows: Sequence[TokenSequence]) -> float:
        """Mean loss over predicted counted tokens, in nats.

        Raises:
            OutOfMemoryError: Not even one sequence fits.
            CancelledByPersonError: After a cancel.
        """
        import torch

        with torch.no_grad():
            return self._summed(rows, None, 1.0)

    def learn(self, rows: Sequence[TokenSequence], values: torch.Tensor, weight: float) -> float:
        """As `loss`, and add `weight` times its gradient to that of the values.

        Args:
            rows: What is learned from.
            values: Leaf that the model reads, with a gradient that is not None.
            weight: Of this loss among others.
        """
        return self._summed(rows, values, weight)

    def _summed(
        self, rows: Sequence[TokenSequence], values: torch.Tensor | None, weight: float
    ) -> float:
        """In batches; begins again with smaller ones where the memory runs out."""
        with self._polled():
            return self._in_batches(rows, values, weight)

    def _in_batches(
        self, rows: Sequence[TokenSequence], values: torch.Tensor | None, weight: float
    ) -> float:
        tokens = sum(row.predicted_tokens for row in rows)
        before = None if values is None or values.grad is None else values.grad.clone()
        while True:
            total = 0.0
            try:
                for batch in batches(rows, self.batch_tokens):
                    self._token.raise_if_cancelled()
                    nats = summed_nats(self._module, batch)
                    if values is not None:
                        (nats * (weight / tokens)).backward()
                    total += float(nats.detach())
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                detail = repr(error)
            else:
                return total / tokens
            release_memory(self._module.device)
            if all(len(batch.indices) == 1 for batch in batches(rows, self.batch_tokens)):
                raise too_large(self._module.device, detail)
            self.batch_tokens //= 2
            self._emit(Note("Out of memory: going on with batches of half the size.", "warning"))
            if values is not None and values.grad is not None and before is not None:
                values.grad.copy_(before)

    def _polled(self) -> ExitStack:
        """A context in which a cancel unwinds at the next layer, on the way there or back."""
        layers: Any = self._module.get_submodule(self._layers)
        stack = ExitStack()
        for layer in layers:
            stack.callback(layer.register_forward_hook(self._poll).remove)
        return stack

    def _poll(self, _layer: Any, _inputs: Any, output: Any) -> None:
        self._token.raise_if_cancelled()
        state = output[0] if isinstance(output, tuple) else output
        if state.requires_grad:
            state.register_hook(self._poll_back)

    def _poll_back(self, _gradient: torch.Tensor) -> None:
        self._token.raise_if_cancelled()


def summed_nats(module: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """Sum of the losses of predicting counted tokens, float32 on the module's device."""
    import torch

    device = module.device
    logits = module(
        input_ids=torch.from_numpy(batch.ids).to(device),
        attention_mask=torch.from_numpy(batch.attention).to(device),
        use_cache=False,
        logits_to_keep=torch.from_numpy(batch.predicting).to(device),
    ).logits
    wanted = torch.from_numpy(batch.ids[:, 1:][batch.counted[:, 1:]]).to(device)
    return torch.nn.functional.cross_entropy(logits.float(), wanted, reduction="sum")


def halved_to_fit(model: Model, device: torch.device, wanted: int) -> int:
    """Positions of one batch: as many as wanted, halved until their logits fit."""
    most = fitting_tokens(device, _LOGIT_BYTES * model.shape.vocabulary)
    while wanted > max(1, most):
        wanted //= 2
    return wanted
