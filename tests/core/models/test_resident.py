"""A loaded model is the same whatever another thread has set while it was loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers.initialization import no_tie_weights
from transformers.modeling_utils import local_torch_dtype

from act_core.models.reference import Model, resolve
from act_core.models.resident import load_resident
from tests.core.tiny import write_tiny


def loaded(model: Model) -> torch.nn.Module:
    return load_resident(model, torch.device("cpu"), torch.float32)


def logits(module: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = module(torch.tensor([[1, 9, 20, 33, 7, 8, 40]])).logits
    return found


# With a scale of the embeddings, a head of its own, masks that are built again.
@pytest.mark.parametrize("family", ["gemma3", "llama", "gpt2"])
def test_a_model_that_transformers_loads_meanwhile_changes_no_logit(
    tmp_path: Path, family: str
) -> None:
    model = resolve(write_tiny(tmp_path, family, seed=1))
    plain = logits(loaded(model))
    # As `from_pretrained` does for all threads while it builds a model of bfloat16 weights.
    with local_torch_dtype(torch.bfloat16), no_tie_weights():
        beside = loaded(model)

    assert logits(beside).equal(plain)
