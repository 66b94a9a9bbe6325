"""The two ends of every family: nothing moved is the target, everything moved the specialist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.localize.masks import Mask
from act_core.models.channels import layout_of
from act_core.models.headers import read_folder
from act_core.models.reference import resolve
from act_core.recipe import Transfer
from tests.core.tiny import FAMILY_NAMES
from tests.core.transfer.setting import carry_out, contents, planned, two_models


def weights(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(folder).items() if name.endswith(".safetensors")}


@pytest.mark.parametrize("family", FAMILY_NAMES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_no_channel_is_the_target_and_all_are_the_specialist(
    tmp_path: Path, family: str, dtype: str
) -> None:
    target, specialist = two_models(tmp_path, family, dtype=dtype, shards=2)
    layout = layout_of(target)

    none = Mask(layout, np.zeros(layout.total, dtype=np.bool_))
    carry_out(planned(target, specialist, tmp_path / "none", mask=none))
    every = Mask(layout, np.ones(layout.total, dtype=np.bool_))
    whole = Transfer(embeddings="move", norms="move", head="move", router="move")
    carry_out(planned(target, specialist, tmp_path / "all", whole, mask=every))

    assert weights(tmp_path / "none") == weights(target.folder)
    assert weights(tmp_path / "all") == weights(specialist.folder)
    assert weights(target.folder) != weights(specialist.folder)


@pytest.mark.parametrize("family", ["mixtral", "qwen2_moe"])
def test_packed_experts_take_rows_of_experts_apart(tmp_path: Path, family: str) -> None:
    apart, specialist = two_models(tmp_path, family)
    whole = AutoModelForCausalLM.from_pretrained(apart.folder)
    whole.save_pretrained(tmp_path / "packed", save_original_format=False)
    target = resolve(tmp_path / "packed")

    carry_out(planned(target, specialist, tmp_path / "mixed"))
    carry_out(planned(apart, specialist, tmp_path / "expected"))

    mixed, expected = resolve(tmp_path / "mixed"), resolve(tmp_path / "expected")
    assert any(len(shape.shape) == 3 for shape in read_folder(mixed.folder).values())
    for name in expected.facts:
        assert torch.equal(mixed.weights.read(name), expected.weights.read(name))
