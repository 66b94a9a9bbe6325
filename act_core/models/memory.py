"""How much memory a step will take, from headers, with what was assumed (design.md, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from act_core.models.channels import layout_of
from act_core.models.headers import ITEM_BYTES
from act_core.models.reference import Model

_FLOAT32_BYTES = 4
_FLOAT64_BYTES = 8


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Peak memory of a step.

    Attributes:
        size_bytes: Bytes above what the program takes by itself.
        assumptions: What was counted, for people.
    """

    size_bytes: int
    assumptions: tuple[str, ...]


def profile_memory(
    target: Model,
    specialists: Sequence[Model],
    *,
    tokens: int,
    batch_tokens: int,
    dtype: str,
    backward: bool,
) -> MemoryEstimate:
    """Peak of a layer-by-layer profile.

    Args:
        target: Whose layers are walked.
        specialists: Whose rows are read beside them.
        tokens: Tokens of all abilities, padding included.
        batch_tokens: Tokens of one batch.
        dtype: safetensors name of what the layers compute in, e.g. `BF16`.
        backward: `attributed` is asked for, so every layer's input is kept.
    """
    item_bytes = ITEM_BYTES[dtype]
    layers = sum(2 * _largest_layer(model) * item_bytes for model in (target, *specialists))
    outside = sum(
        facts.parameters * item_bytes
        for name, facts in target.facts.items()
        if not name.startswith(target.family.layers + ".")
    )
    kept = target.shape.layers + 1 if backward else 1
    hidden = kept * tokens * target.shape.hidden * item_bytes
    widest = max(target.shape.intermediate, target.shape.hidden)
    # Input, output and difference of the widest module, and the loss's logits with gradient.
    activations = 6 * batch_tokens * widest * _FLOAT32_BYTES
    logits = 2 * batch_tokens * target.shape.vocabulary * _FLOAT32_BYTES if backward else 0
    return MemoryEstimate(
        layers + outside + hidden + activations + logits,
        (
            f"two decoder layers of each of {1 + len(specialists)} models in {dtype}",
            "the target's embeddings, final norm and head",
            f"hidden states of {tokens} tokens at {kept} place{'s' if kept > 1 else ''}",
            f"activations of a batch of {batch_tokens} tokens",
        ),
    )


def resident_memory(model: Model, *, dtype: str, batch_tokens: int) -> MemoryEstimate:
    """Peak of a whole model in memory that reads batches, without gradients."""
    weights = sum(facts.parameters for facts in model.facts.values()) * ITEM_BYTES[dtype]
    widest = max(model.shape.intermediate, model.shape.hidden)
    batch = batch_tokens * (4 * widest + 2 * model.shape.vocabulary) * _FLOAT32_BYTES
    return MemoryEstimate(
        weights + batch,
        (f"all weights in {dtype}", f"activations and logits of {batch_tokens} tokens"),
    )


def tuning_memory(
    model: Model, *, learned: int, batch_tokens: int, dtype: str, checkpointing: bool
) -> MemoryEstimate:
    """Peak of a tuning of a whole model in memory, of which some numbers learn.

    Args:
        model: The model.
        learned: How many numbers learn.
        batch_tokens: Tokens of one batch; batches are halved where they do not fit.
        dtype: safetensors name of what the model computes in.
        checkpointing: Each layer is computed again on the way back.
    """
    shape, item_bytes = model.shape, ITEM_BYTES[dtype]
    weights = sum(facts.parameters for facts in model.facts.values()) * item_bytes
    # On the device value, gradient, its copy, and Adam's two means; in main memory value, both
    # means, and the best so far.
    own = learned * (9 * _FLOAT32_BYTES + item_bytes)
    # Of a token a layer keeps its norms' and modules' inputs and outputs, and of its attention
    # about as much again; the norms compute in float32.
    layer = (6 * item_bytes + 4 * _FLOAT32_BYTES) * shape.hidden + 5 * item_bytes * max(
        shape.intermediate, shape.hidden
    )
    kept = (
        shape.hidden * item_bytes * shape.layers + layer if checkpointing else layer * shape.layers
    )
    # Logits as computed, widened, as probabilities, and their gradients.
    logits = (2 * item_bytes + 3 * _FLOAT32_BYTES) * shape.vocabulary
    return MemoryEstimate(
        weights + own + batch_tokens * (kept + logits),
        (
            f"all weights in {dtype}",
            f"{learned:,} numbers that learn: value, gradient and Adam's means in float32, and the "
            "best so far",
            f"activations {'at the borders of layers ' if checkpointing else ''}and logits of "
            f"{batch_tokens:,} tokens",
        ),
    )


def transfer_memory(target: Model) -> MemoryEstimate:
    """Upper bound of a copy-then-patch: one tensor at a time, of target, specialist and result."""
    largest = max(facts.parameters for facts in target.facts.values())
    channels = layout_of(target).total
    return MemoryEstimate(
        3 * largest * _FLOAT32_BYTES + channels * _FLOAT64_BYTES,
        (
            "the largest tensor three times in float32 (target, specialist, result)",
            "an index of every channel",
        ),
    )


def _largest_layer(model: Model) -> int:
    """Parameters of the largest decoder layer."""
    sizes = [0] * model.shape.layers
    for name, facts in model.facts.items():
        if name.startswith(model.family.layers + "."):
            layer = name[len(model.family.layers) + 1 :].partition(".")[0]
            if layer.isdigit() and int(layer) < len(sizes):
                sizes[int(layer)] += facts.parameters
    return max(sizes)
