"""Loss of predicting counted tokens, per sequence, in nats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.batches import Batch, batches
from act_core.abilities.encode import TokenSequence
from act_core.cancel import CancelToken
from act_core.errors import NotFiniteError
from act_core.evaluate.halving import run_batches
from act_core.events import EventSink, discard

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# Rows of logits that are widened to float32 at once: 64 MB at a vocabulary of 64 thousand.
_ROWS_AT_ONCE = 256

# Version of the rule, by which known figures are found: raise it with a change that may
# give other losses.
LOSS_RULE = 1


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Sums per sequence.

    Attributes:
        nats: float64 `[sequences]`, sum of the negative log-likelihoods of predicted tokens.
        tokens: int64 `[sequences]`, how many those are (a first token is predicted by nothing).
    """

    nats: NDArray[np.float64] = field(repr=False)
    tokens: NDArray[np.int64] = field(repr=False)


def token_losses(
    module: PreTrainedModel,
    sequences: Sequence[TokenSequence],
    *,
    batch_tokens: int,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> Losses:
    """Losses of a model in memory; the head is applied only where a counted token is predicted.

    Log-likelihoods are taken in float32 whatever the model computes in, and added in float64.

    Args:
        module: The model, in eval mode.
        sequences: What it is given.
        batch_tokens: Positions of one batch; halved where the memory runs out.
        emit: Where notes go.
        cancel: Polled before every batch.

    Raises:
        OutOfMemoryError: Not even one sequence fits.
        NotFiniteError: A loss is NaN or Inf.
        CancelledByPersonError: After a cancel.
    """
    nats = np.zeros(len(sequences), dtype=np.float64)
    tokens = np.array([row.predicted_tokens for row in sequences], dtype=np.int64)

    def run(batch: Batch) -> None:
        values = _predicted_nats(module, batch)
        owners = batch.indices[np.nonzero(batch.predicting)[0]]
        np.add.at(nats, owners, values)

    todo = [batch for batch in batches(sequences, batch_tokens) if batch.predicting.any()]
    run_batches(todo, run, module.device, emit, cancel or CancelToken())
    bad = len(nats) - int(np.count_nonzero(np.isfinite(nats)))
    if bad:
        raise not_finite(f"The losses of {bad} of {len(nats)} sequences are NaN or Inf.")
    return Losses(nats, tokens)


def not_finite(what: str) -> NotFiniteError:
    """The error for a model whose answers are no numbers; `what` is a sentence that says which."""
    return NotFiniteError(
        what,
        remedy="Compute in float32 or bfloat16; if it stays, the model's weights are damaged, or "
        "it was moved too far.",
    )


def _predicted_nats(module: PreTrainedModel, batch: Batch) -> NDArray[np.float64]:
    """float64 `[predicted]`, in the order of `batch.predicting`."""
    import torch

    device = module.device
    predicting = torch.from_numpy(batch.predicting).to(device)
    wanted = torch.from_numpy(batch.ids[:, 1:][batch.counted[:, 1:]]).to(device)
    with torch.inference_mode():
        logits = module(
            input_ids=torch.from_numpy(batch.ids).to(device),
            attention_mask=torch.from_numpy(batch.attention).to(device),
            use_cache=False,
            logits_to_keep=predicting,
        ).logits
        pieces = zip(logits.split(_ROWS_AT_ONCE), wanted.split(_ROWS_AT_ONCE), strict=True)
        losses = torch.cat([_nats(piece, tokens) for piece, tokens in pieces])
    return losses.cpu().numpy().astype(np.float64)


def _nats(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    import torch

    wide = logits.float()
    return torch.logsumexp(wide, dim=-1) - wide.gather(-1, tokens[:, None])[:, 0]
