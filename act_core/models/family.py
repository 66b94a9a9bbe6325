"""How a model family is described: its linear modules, norms, embeddings and head.

A family is data, not code (design.md, section 3, "Families"): one file in `families/` and one line
in its registry. Names are those of transformers' `state_dict`.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

RowLayout = Literal[
    "plain",  # rows stand alone
    "query_heads",  # [heads x head_dim], rotary pairs inside a head
    "kv_heads",  # [kv_heads x head_dim], rotary pairs inside a head
    "value_heads",  # [kv_heads x head_dim], no rotary pairs
    "qkv_blocks",  # all queries, then all keys, then all values
    "qkv_interleaved",  # per key/value head: its queries, its key and its value (GPT-NeoX, Falcon)
    "neuron",  # one row per MLP neuron (gate, up)
    "gate_up_blocks",  # all gate rows, then all up rows
    "from_neuron",  # plain rows whose input columns are the MLP neurons (down)
]
RotaryPairing = Literal["half", "interleaved", "none"]


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """One linear module of a decoder layer.

    Attributes:
        kind: Module kind (design.md, section 1): `q k v o gate up down qkv gate_up`.
        path: Attribute path below the layer, e.g. `self_attn.q_proj`.
        layout: How its channels group.
        transposed: Weight is `[in, out]` (GPT-2's Conv1D), so a channel is a column.
    """

    kind: str
    path: str
    layout: RowLayout = "plain"
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Description of a model family.

    Attributes:
        name: Short name, e.g. `llama`.
        title: Name for people.
        model_types: Values of `model_type` in config.json that it serves.
        modules: Linear modules of every decoder layer.
        layers: Attribute path of the list of decoder layers.
        embeddings: Names of embedding tensors.
        final_norm: Patterns of the norm tensors outside the layers.
        head: Name of the head's weight (absent from the checkpoint where tied).
        layer_norms: Patterns (fnmatch) of a layer's norm tensors, below the layer.
        rotary: Which rows of a head form a rotary pair.
        returns_tuple: A decoder layer returns a tuple, of which the hidden state comes first.
        stored_names: Pairs (name in older checkpoints, name in transformers' `state_dict`).
        stored_buffers: Patterns of tensors that older checkpoints hold but no model reads.
        inferred: Described automatically from an unknown model type.
    """

    name: str
    title: str
    model_types: tuple[str, ...]
    modules: tuple[ModuleSpec, ...]
    layers: str = "model.layers"
    embeddings: tuple[str, ...] = ("model.embed_tokens.weight",)
    final_norm: tuple[str, ...] = ("model.norm.weight",)
    head: str = "lm_head.weight"
    layer_norms: tuple[str, ...] = ("*norm.weight", "*norm.bias")
    rotary: RotaryPairing = "half"
    returns_tuple: bool = False
    stored_names: tuple[tuple[str, str], ...] = ()
    stored_buffers: tuple[str, ...] = ("*.rotary_emb.inv_freq",)
    inferred: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Module kinds in the order of the layer."""
        return tuple(spec.kind for spec in self.modules)

    @property
    def base_prefix(self) -> str:
        """Prefix of the body's tensors, which some checkpoints leave out, e.g. `model.`."""
        return self.layers.split(".", 1)[0] + "."

    def module_name(self, layer: int, spec: ModuleSpec) -> str:
        """Full name of a module, e.g. `model.layers.3.self_attn.q_proj`."""
        return f"{self.layers}.{layer}.{spec.path}"

    def layer_prefix(self, layer: int) -> str:
        """Prefix of all tensors of one decoder layer, with the closing dot."""
        return f"{self.layers}.{layer}."

    def is_norm(self, tensor: str) -> bool:
        """Whether a tensor is a norm: of a layer or after the last one."""
        if any(fnmatch.fnmatchcase(tensor, pattern) for pattern in self.final_norm):
            return True
        if not tensor.startswith(self.layers + "."):
            return False
        below = tensor[len(self.layers) + 1 :].partition(".")[2]
        return any(fnmatch.fnmatchcase(below, pattern) for pattern in self.layer_norms)


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Sizes from a model's config that all floors above need."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    rotary_dim: int
    intermediate: int
    vocabulary: int
    context: int


def shape_of(config: Mapping[str, Any]) -> ModelShape:
    """Sizes from a config.json, whatever the family calls them; 0 where it does not say."""

    def size(*keys: str, default: int = 0) -> int:
        for key in keys:
            value = config.get(key)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return default

    hidden = size("hidden_size", "n_embd", "n_embed")
    heads = size("num_attention_heads", "n_head")
    head_dim = size("head_dim", default=hidden // heads if heads else 0)
    rope = config.get("rope_parameters")
    partial = config.get("partial_rotary_factor") or config.get("rotary_pct")
    if partial is None and isinstance(rope, Mapping):
        partial = rope.get("partial_rotary_factor")
    rotary_dim = int(head_dim * float(partial)) if isinstance(partial, int | float) else head_dim
    kv_heads = size("num_key_value_heads", "num_kv_heads", default=heads)
    if config.get("model_type") == "falcon":  # where there is one such head, its count is ignored
        shared = config.get("multi_query", True) and not config.get("new_decoder_architecture")
        kv_heads = 1 if shared else kv_heads
        rotary_dim = 0 if config.get("alibi") else rotary_dim
    return ModelShape(
        layers=size("num_hidden_layers", "n_layer"),
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        rotary_dim=rotary_dim,
        intermediate=size("intermediate_size", "n_inner", "ffn_hidden_size", default=4 * hidden),
        vocabulary=size("vocab_size"),
        context=size("max_position_embeddings", "n_positions", "seq_length"),
    )
