"""The registry of families: one import and one line each."""

from __future__ import annotations

from act_core.models.families.bloom import BLOOM
from act_core.models.families.cohere import COHERE
from act_core.models.families.cohere2 import COHERE2
from act_core.models.families.falcon import FALCON
from act_core.models.families.gemma2 import GEMMA2
from act_core.models.families.gemma3 import GEMMA3
from act_core.models.families.gpt2 import GPT2
from act_core.models.families.gpt_neox import GPT_NEOX
from act_core.models.families.granite import GRANITE
from act_core.models.families.granite_moe import GRANITE_MOE
from act_core.models.families.llama import LLAMA
from act_core.models.families.mistral import MISTRAL
from act_core.models.families.mixtral import MIXTRAL
from act_core.models.families.olmo2 import OLMO2
from act_core.models.families.olmo3 import OLMO3
from act_core.models.families.olmoe import OLMOE
from act_core.models.families.phi3 import PHI3
from act_core.models.families.qwen2 import QWEN2
from act_core.models.families.qwen2_moe import QWEN2_MOE
from act_core.models.families.qwen3 import QWEN3
from act_core.models.families.qwen3_moe import QWEN3_MOE
from act_core.models.families.qwen3_next import QWEN3_NEXT
from act_core.models.families.starcoder2 import STARCODER2
from act_core.models.family import Family

FAMILIES: tuple[Family, ...] = (
    LLAMA,
    MISTRAL,
    QWEN2,
    QWEN3,
    GEMMA2,
    GEMMA3,
    PHI3,
    OLMO2,
    OLMO3,
    GRANITE,
    COHERE,
    COHERE2,
    STARCODER2,
    GPT2,
    GPT_NEOX,
    FALCON,
    BLOOM,
    MIXTRAL,
    QWEN2_MOE,
    QWEN3_MOE,
    QWEN3_NEXT,
    GRANITE_MOE,
    OLMOE,
)


def family_of(model_type: str) -> Family | None:
    """The described family that serves a `model_type`, or None."""
    return next((f for f in FAMILIES if model_type in f.model_types), None)


def supported_titles() -> str:
    """Names of all described families for an error message."""
    return ", ".join(family.title for family in FAMILIES)
