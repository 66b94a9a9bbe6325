"""A whole model in memory, built by transformers and filled by our own readers.

One way for folders, single files, GGUF and adapters: a skeleton without weights, then every tensor
from `Model.weights`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from act_core.errors import CorruptCheckpointError, UnsupportedModelError
from act_core.models.packing import pack_state, state_apart
from act_core.models.reference import Model
from act_core.models.skeleton import build_skeleton

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


def load_resident(model: Model, device: torch.device, dtype: torch.dtype) -> PreTrainedModel:
    """The model in eval mode on a device, without gradients.

    Raises:
        CorruptCheckpointError: A tensor that the model needs is missing.
        UnsupportedModelError: transformers cannot build a model from the config.
    """
    module = build_skeleton(model.config, model.reference)
    state = {name: model.weights.read(name).to(device, dtype) for name in model.facts}
    fill(module, state, model, device)
    module.to(device)  # type: ignore[arg-type]
    return module


def live_tensors(module: PreTrainedModel, model: Model) -> dict[str, torch.Tensor]:
    """A loaded model's tensors by the names of `Model.facts`; writing into them changes it."""
    return state_apart(module.state_dict(), model.family)


def fill(
    module: torch.nn.Module,
    state: dict[str, torch.Tensor],
    model: Model,
    device: torch.device,
    *,
    prefix: str = "",
) -> None:
    """Put tensors into a skeleton (by assignment, no copy) and make its buffers real.

    Args:
        module: The whole skeleton, or the part of it below `prefix`.
        state: Tensors by full name; experts' matrices are taken out of it.
        model: Whose skeleton it is.
        device: Where buffers are computed.
        prefix: Where the part stands, e.g. `model.layers.3.`.

    Raises:
        CorruptCheckpointError: A parameter gets no value, or one of another shape.
    """
    try:
        pack_state(state, model.family)
        below = {name.removeprefix(prefix): value for name, value in state.items()}
        module.load_state_dict(below, strict=False, assign=True)
    except RuntimeError as error:
        raise CorruptCheckpointError(
            f"Tensors of {model.reference} do not have the shapes that its config asks for.",
            remedy="Fetch the model and its config.json again.",
            detail=str(error),
        ) from error
    if model.tied and not prefix:
        _tie_head(module)
    make_buffers_real(module, device)
    missing = [name for name, value in module.named_parameters() if value.is_meta]
    if missing:
        raise CorruptCheckpointError(
            f"{model.reference} lacks {prefix}{missing[0]}.", remedy="Fetch the model again."
        )


def _tie_head(module: Any) -> None:
    """Let the head be the embeddings.

    transformers' own `tie_weights` does nothing while another thread loads a model: until it is
    there, transformers takes that method from all models.
    """
    module.get_output_embeddings().weight = module.get_input_embeddings().weight


def make_buffers_real(module: torch.nn.Module, device: torch.device) -> None:
    """Compute buffers that no checkpoint holds (rotary frequencies, embedding scales, masks)."""
    for part in module.modules():
        meta = [name for name, b in part._buffers.items() if b is not None and b.is_meta]
        if not meta:
            continue
        fresh = _fresh_buffers(part, device)
        for name in meta:
            part._buffers[name] = fresh[name]


def _fresh_buffers(
    part: torch.nn.Module, device: torch.device
) -> Mapping[str, torch.Tensor | None]:
    """The buffers of a module with values: of a second one that is built from the config."""
    import torch

    config: Any = getattr(part, "config", None)
    if config is not None:
        layer = getattr(part, "layer_idx", None)
        arguments = {} if layer is None else {"layer_idx": layer}
        with torch.device(device):
            return type(part)(config, **arguments)._buffers
    if hasattr(part, "embed_scale") and isinstance(part, torch.nn.Embedding):
        scale: Any = part.scalar_embed_scale
        # A second one would have it in torch's default dtype, whatever another thread made that.
        return {"embed_scale": torch.tensor(scale, dtype=torch.float32, device=device)}
    raise UnsupportedModelError(
        f"{type(part).__name__} keeps buffers that cannot be computed again.",
        remedy="Report this model type, please.",
    )
