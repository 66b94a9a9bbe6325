"""How a model family is described: its linear modules, norms, embeddings and head.

A family is data, not code (design.md, section 3, "Families"): one file in `families/` and one line
in its registry. Names are those of transformers' `state_dict`.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

RowLayout = Literal[
    "plain",  # rows stand alone
    "query_heads",  # [heads x head_dim], rotary pairs inside a head
    "gated_query_heads",  # per head: its query, then a gate of its output (Qwen3-Next)
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
    """One linear module of a decoder layer, or one of every expert.

    Attributes:
        kind: Module kind (design.md, section 1): `q k v o gate up down qkv gate_up`; those of
            experts are `expert_gate expert_up expert_down`.
        path: Attribute path below the layer, e.g. `self_attn.q_proj`; `*` stands for the number of
            an expert, as in `mlp.experts.*.up_proj`. Then a channel is expert x row.
        layout: How its channels group.
        transposed: Weight is `[in, out]` (GPT-2's Conv1D), so a channel is a column.
        form: Where layers are not alike, the name of the modules that come together, e.g.
            `dense`; a layer has all modules of a form or none. Empty: every layer has it.
    """

    kind: str
    path: str
    layout: RowLayout = "plain"
    transposed: bool = False
    form: str = ""

    @property
    def of_experts(self) -> bool:
        """Whether there is one such module for each expert."""
        return "*" in self.path


@dataclass(frozen=True, slots=True)
class Pack:
    """Experts' weights as transformers holds them: one parameter `[experts, rows, inputs]`.

    Attributes:
        path: The parameter below the layer, e.g. `mlp.experts.gate_up_proj`.
        parts: Paths of the modules whose rows follow each other in every expert.
    """

    path: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Description of a model family.

    Experts have names of their own, one weight each (`...mlp.experts.3.up_proj.weight`), whether
    a checkpoint holds them apart or packed; `act_core.models.packing` goes between both.

    Attributes:
        name: Short name, e.g. `llama`.
        title: Name for people.
        model_types: Values of `model_type` in config.json that it serves.
        modules: Linear modules of every decoder layer.
        layers: Attribute path of the list of decoder layers.
        embeddings: Names of embedding tensors.
        final_norm: Patterns of the norm tensors outside the layers.
        head: Name of the head's weight (absent from the checkpoint where tied).
        layer_norms: Patterns (fnmatch) of a layer's norm tensors, below the layer, and of the
            few other numbers that it holds beside matrices.
        routers: Patterns of the tensors that send tokens to experts, below the layer.
        packs: How transformers packs the experts' weights.
        rotary: Which rows of a head form a rotary pair.
        returns_tuple: A decoder layer returns a tuple, of which the hidden state comes first.
        stored_names: Pairs (regular expression of a name in checkpoints, what it is called here).
        stored_buffers: Patterns of tensors that checkpoints hold but no model reads.
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
    routers: tuple[str, ...] = ()
    packs: tuple[Pack, ...] = ()
    rotary: RotaryPairing = "half"
    returns_tuple: bool = False
    stored_names: tuple[tuple[str, str], ...] = ()
    stored_buffers: tuple[str, ...] = ("*.rotary_emb.inv_freq",)
    inferred: bool = False

    def specs_of(self, layer: int, names: Collection[str]) -> tuple[ModuleSpec, ...]:
        """The modules that a layer has, by the names of the model's tensors."""
        forms = {
            spec.form
            for spec in self.modules
            if spec.form and self._weight(layer, spec, 0) in names
        }
        return tuple(spec for spec in self.modules if not spec.form or spec.form in forms)

    def weights_of(self, layer: int, spec: ModuleSpec, names: Collection[str]) -> tuple[str, ...]:
        """Name of a module's weight; of experts all names in order, as many as there are."""
        first = self._weight(layer, spec, 0)
        if not spec.of_experts:
            return (first,)
        found: list[str] = []
        while (name := self._weight(layer, spec, len(found))) in names:
            found.append(name)
        return tuple(found) or (first,)

    def _weight(self, layer: int, spec: ModuleSpec, expert: int) -> str:
        return f"{self.module_name(layer, spec)}.weight".replace("*", str(expert))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Module kinds in the order of the layer."""
        return tuple(spec.kind for spec in self.modules)

    @property
    def base_prefix(self) -> str:
        """Prefix of the body's tensors, which some checkpoints leave out, e.g. `model.`."""
        return self.layers.split(".", 1)[0] + "."

    def module_name(self, layer: int, spec: ModuleSpec) -> str:
        """Full name of a module, e.g. `model.layers.3.self_attn.q_proj`; `*` stays."""
        return f"{self.layers}.{layer}.{spec.path}"

    def layer_prefix(self, layer: int) -> str:
        """Prefix of all tensors of one decoder layer, with the closing dot."""
        return f"{self.layers}.{layer}."

    def is_norm(self, tensor: str) -> bool:
        """Whether a tensor is a norm: of a layer or after the last one."""
        if any(fnmatch.fnmatchcase(tensor, pattern) for pattern in self.final_norm):
            return True
        return self._in_layer(tensor, self.layer_norms)

    def is_router(self, tensor: str) -> bool:
        """Whether a tensor decides which experts a token is sent to, or with what weight."""
        return self._in_layer(tensor, self.routers)

    def _in_layer(self, tensor: str, patterns: tuple[str, ...]) -> bool:
        if not tensor.startswith(self.layers + "."):
            return False
        below = tensor[len(self.layers) + 1 :].partition(".")[2]
        return any(fnmatch.fnmatchcase(below, pattern) for pattern in patterns)


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
    rotary_dim = head_dim
    if isinstance(partial, int | float) and math.isfinite(partial):
        rotary_dim = int(head_dim * partial)
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
