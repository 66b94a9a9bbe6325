"""Families that nobody described: read off transformers' own structure, or refused.

Only decoders whose layers are alike and hold no matrices but plain linears can be described so.
How heads and rotary pairs group cannot be read off, so attention rows stand alone ("plain").
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from act_core.errors import UnsupportedModelError
from act_core.models.families import supported_titles
from act_core.models.family import Family, ModuleSpec, RowLayout, shape_of
from act_core.models.skeleton import build_skeleton

if TYPE_CHECKING:
    from torch import nn

_KINDS: Mapping[str, str] = {
    "q_proj": "q", "query": "q", "k_proj": "k", "key": "k", "v_proj": "v", "value": "v",
    "o_proj": "o", "out_proj": "o", "query_key_value": "qkv", "qkv_proj": "qkv", "c_attn": "qkv",
    "Wqkv": "qkv", "gate_proj": "gate", "gate_up_proj": "gate_up", "up_proj": "up", "c_fc": "up",
    "fc1": "up", "fc_in": "up", "dense_h_to_4h": "up", "down_proj": "down", "fc2": "down",
    "fc_out": "down", "dense_4h_to_h": "down",
}  # fmt: skip
_CLOSING = {"c_proj", "dense"}  # the last linear of attention or of the MLP, by its parent
_LAYOUTS: Mapping[str, RowLayout] = {"gate": "neuron", "up": "neuron", "down": "from_neuron"}


def infer_family(config: Mapping[str, Any], reference: str) -> Family:
    """Describe an unknown model type from transformers' structure (on the meta device).

    Raises:
        UnsupportedModelError: transformers does not know the type, or a layer holds more than
            plain linears and vectors.
    """
    from transformers import CONFIG_MAPPING

    model_type = str(config.get("model_type", ""))
    if model_type not in CONFIG_MAPPING:
        raise _refused(
            reference,
            f"is of the type {model_type!r}, which transformers does not know without running "
            "code from the model's folder",
        )
    if not shape_of(config).layers or config.get("is_encoder_decoder"):
        raise _refused(reference, f"is of the type {model_type!r}, which is no plain text decoder")
    module = build_skeleton(config, reference)
    path, layers = _decoder_layers(module, reference)
    linears, others = _layer_parts(layers[0], reference)
    for layer in layers[1:]:
        if _form(layer) != _form(layers[0]):
            raise _refused(reference, "has decoder layers that are not alike")
    head = _path_of(module, module.get_output_embeddings())
    embedding = _path_of(module, module.get_input_embeddings())
    if head is None or embedding is None:
        raise _refused(reference, "has no embeddings or no head where they are looked for")
    outside = [name for name, _ in module.named_parameters() if not name.startswith(path + ".")]
    vectors = {name for name, value in module.named_parameters() if value.dim() == 1}
    return Family(
        name=model_type,
        title=f"{model_type} (described automatically)",
        model_types=(model_type,),
        modules=_specs(linears),
        layers=path,
        embeddings=tuple(_embeddings(module, path)),
        final_norm=tuple(name for name in outside if name in vectors and name != f"{head}.bias"),
        head=f"{head}.weight",
        layer_norms=tuple(others),
        rotary="none",
        returns_tuple=_returns_tuple(layers[0]),
        inferred=True,
    )


def require_names(family: Family, names: Collection[str], reference: str) -> None:
    """Refuse a checkpoint whose names are not those that the description was read off.

    Raises:
        UnsupportedModelError: The first layer's linears are not all among `names`.
    """
    for spec in family.modules:
        name = f"{family.module_name(0, spec)}.weight"
        if name not in names:
            raise _refused(reference, f"stores {name} under another name or in another form")


def _refused(reference: str, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"{reference} {reason}.",
        remedy=f"Supported are: {supported_titles()}; and decoders whose layers hold plain linears "
        "only.",
    )


def _decoder_layers(module: nn.Module, reference: str) -> tuple[str, list[nn.Module]]:
    """The one outermost list of modules that is as long as the config says."""
    from torch import nn

    count: object = getattr(module.config, "num_hidden_layers", 0)
    found: list[tuple[str, list[nn.Module]]] = []
    for name, part in module.named_modules():
        inside = any(name.startswith(f"{path}.") for path, _ in found)
        if isinstance(part, nn.ModuleList) and len(part) == count and not inside:
            found.append((name, list(part)))
    if len(found) != 1:
        raise _refused(reference, f"has {len(found)} lists of {count} layers where one is expected")
    return found[0]


def _layer_parts(layer: nn.Module, reference: str) -> tuple[dict[str, nn.Module], list[str]]:
    """Linear modules by path, and names of the vectors beside them.

    Raises:
        UnsupportedModelError: The layer holds a matrix that is no plain linear's, or experts.
    """
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    linears = {name: m for name, m in layer.named_modules() if type(m) in (nn.Linear, Conv1D)}
    if any(isinstance(part, nn.ModuleList) for part in layer.modules()):
        raise _refused(reference, "has layers with lists of modules (experts) inside")
    others = []
    for name, parameter in layer.named_parameters():
        if name.rpartition(".")[0] in linears:
            continue
        if parameter.dim() > 1:
            raise _refused(reference, f"has layers with {name}, which belongs to no plain linear")
        others.append(name)
    return linears, others


def _form(layer: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(value.shape)) for name, value in layer.named_parameters()]


def _returns_tuple(layer: nn.Module) -> bool:
    """Whether a layer's forward ends in `return state, ...`, by its source."""
    try:
        source = textwrap.dedent(inspect.getsource(type(layer).forward))
    except OSError:  # an application may come without sources
        return False
    returns = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Return)]
    return bool(returns) and isinstance(returns[-1].value, ast.Tuple)


def _path_of(module: nn.Module, part: object) -> str | None:
    return next((name for name, m in module.named_modules() if m is part), None)


def _embeddings(module: nn.Module, layers: str) -> list[str]:
    from torch import nn

    return [
        f"{name}.weight"
        for name, part in module.named_modules()
        if isinstance(part, nn.Embedding) and not name.startswith(f"{layers}.")
    ]


def _specs(linears: Mapping[str, nn.Module]) -> tuple[ModuleSpec, ...]:
    """Kinds by leaf name; where two modules would share one, each keeps its path as kind."""
    from transformers.pytorch_utils import Conv1D

    kinds = {path: _kind(path) for path in linears}
    counts = Counter(kinds.values())
    specs = []
    for path, module in linears.items():
        kind = kinds[path] if counts[kinds[path]] == 1 else path
        layout = _LAYOUTS.get(kind, "plain")
        specs.append(ModuleSpec(kind, path, layout, transposed=isinstance(module, Conv1D)))
    return tuple(specs)


def _kind(path: str) -> str:
    parent, _, leaf = path.rpartition(".")
    if leaf in _CLOSING:
        return "o" if "att" in parent else "down"
    return _KINDS.get(leaf, leaf)
