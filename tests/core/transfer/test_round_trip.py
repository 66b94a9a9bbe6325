"""The two ends of every family: nothing moved is the target, everything moved the specialist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from act_core.localize.masks import Mask
from act_core.models.channels import layout_of
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
    whole = Transfer(strength=1.0, embeddings="move", norms="move", head="move")
    carry_out(planned(target, specialist, tmp_path / "all", whole, mask=every))

    assert weights(tmp_path / "none") == weights(target.folder)
    assert weights(tmp_path / "all") == weights(specialist.folder)
    assert weights(target.folder) != weights(specialist.folder)
