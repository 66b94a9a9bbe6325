"""Profiles on disk: a file that is not what it should be is refused in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from act_core.errors import ProfileError
from act_core.models.headers import read_metadata
from act_core.profile.store import Profile, load_profile, save_profile
from tests.core.localize.small import small_layout


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "act-mask-1"}, "holds no profile"),
        ({"layout": "0"}, "another form.*Profile again"),
        ({"statistics": "["}, "what its header says"),
        ({"statistics": '["unknown"]'}, "what its header says"),
        ({"statistics": "[]"}, "what its header says"),
        ({"statistics": "7"}, "what its header says"),
        ({"counted_tokens": "many"}, "what its header says"),
        ({"facts": "[1]"}, "no mapping of texts"),
    ],
)
def test_damaged_profiles_are_refused(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    layout = small_layout(2, 3)
    path = tmp_path / "s--a.safetensors"
    save_profile(Profile("s", "a", layout, {"weight": np.ones(5, np.float32)}, 7), path)
    assert load_profile(path, layout).counted_tokens == 7
    save_file(load_file(path), path, {**read_metadata(path), **changes})
    with pytest.raises(ProfileError, match=reason):
        load_profile(path, layout)


@pytest.mark.parametrize(
    "found",
    [
        {0: np.ones(4, np.float32)},
        {0: np.ones(3, np.float32), 1: np.ones(2, np.float32)},  # as many channels in all
        {0: np.ones((2, 1), np.float32)},
        {0: np.ones(2, np.float64)},
        {1: np.ones(3, np.int32)},
    ],
)
def test_a_profile_of_another_form_is_refused(
    tmp_path: Path, found: dict[int, NDArray[Any]]
) -> None:
    layout = small_layout(2, 3)
    path = tmp_path / "s--a.safetensors"
    save_profile(Profile("s", "a", layout, {"weight": np.ones(5, np.float32)}), path)
    tensors = load_file(path)
    tensors |= {f"weight/{layout.modules[index].tensor}": one for index, one in found.items()}
    save_file(tensors, path, read_metadata(path))
    with pytest.raises(ProfileError, match=r"in another form than F32 .*Delete it and profile"):
        load_profile(path, layout)


def test_a_profile_with_more_than_its_header_says_is_refused(tmp_path: Path) -> None:
    layout = small_layout(2, 3)
    path = tmp_path / "s--a.safetensors"
    save_profile(Profile("s", "a", layout, {"weight": np.ones(5, np.float32)}), path)
    save_file(load_file(path) | {"more": np.ones(1, np.float32)}, path, read_metadata(path))
    with pytest.raises(ProfileError, match="what its header says"):
        load_profile(path, layout)
