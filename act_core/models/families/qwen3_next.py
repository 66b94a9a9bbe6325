"""Qwen3-Next: linear attention (Gated DeltaNet) in most layers, full attention in the others.

Full attention gates its output, by rows that stand beside each query head's in q. Linear attention
takes q, k, v and the output's gate from one module (qkvz), decay and write strength from another
(ba); its channels stand alone, and its short convolution and decay go with the norms. The tensors
of multi-token prediction, which transformers does not read, stay as they are.
"""

from __future__ import annotations

from act_core.models.families.mixtral import DENSE, EXPERTS, PACKS
from act_core.models.families.qwen2_moe import ROUTERS, SHARED
from act_core.models.family import Family, ModuleSpec

QWEN3_NEXT = Family(
    name="qwen3_next",
    title="Qwen3-Next",
    model_types=("qwen3_next",),
    modules=(
        ModuleSpec("q", "self_attn.q_proj", "gated_query_heads", form="full"),
        ModuleSpec("k", "self_attn.k_proj", "kv_heads", form="full"),
        ModuleSpec("v", "self_attn.v_proj", "value_heads", form="full"),
        ModuleSpec("o", "self_attn.o_proj", form="full"),
        ModuleSpec("linear_qkvz", "linear_attn.in_proj_qkvz", form="linear"),
        ModuleSpec("linear_ba", "linear_attn.in_proj_ba", form="linear"),
        ModuleSpec("linear_o", "linear_attn.out_proj", form="linear"),
        *DENSE,
        *EXPERTS,
        *SHARED,
    ),
    layer_norms=(
        "*norm.weight",
        "linear_attn.conv1d.weight",
        "linear_attn.A_log",
        "linear_attn.dt_bias",
    ),
    routers=ROUTERS,
    packs=PACKS,
    stored_buffers=("mtp.*",),
)
