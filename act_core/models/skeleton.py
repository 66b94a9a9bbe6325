"""transformers' own model without memory: the structure that readers fill and families name."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from act_core.errors import UnsupportedModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def build_skeleton(config: Mapping[str, Any], reference: str) -> PreTrainedModel:
    """A causal language model on the meta device, in eval mode, without gradients.

    Code that a checkpoint brings along is never run. The attention is transformers' choice: SDPA
    where the family has it, plain where not (Gemma 2's soft caps).

    Args:
        config: As config.json has it.
        reference: How the person named the model, for the error.

    Raises:
        UnsupportedModelError: transformers cannot build it.
    """
    import torch
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    try:
        values = copy.deepcopy(dict(config))
        described = CONFIG_MAPPING[values["model_type"]].from_dict(values)
        with torch.device("meta"):
            # With a dtype transformers would set torch's default dtype for a while, which is one
            # for all threads: another job would compute in it, and of two that set it at once, one
            # would leave the other's for good. What is filled in has a dtype of its own.
            module: PreTrainedModel = AutoModelForCausalLM.from_config(
                described, dtype=None, trust_remote_code=False
            )
    except Exception as error:  # a config can make a constructor fail in any way
        raise UnsupportedModelError(
            f"transformers cannot build {reference} from its config.",
            remedy="Update transformers, or use a model of a supported family.",
            detail=repr(error),
        ) from error
    module.requires_grad_(False)
    module.train(False)
    return module
