"""Profiles on disk: a file that is not what it should be is refused in plain words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
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
        ({"statistics": '["unknown"]'}, "cannot be read"),
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


def test_a_profile_of_other_lengths_is_refused(tmp_path: Path) -> None:
    layout = small_layout(2, 3)
    path = tmp_path / "s--a.safetensors"
    save_profile(Profile("s", "a", layout, {"weight": np.ones(5, np.float32)}), path)
    tensors = load_file(path)
    tensors[f"weight/{layout.modules[0].tensor}"] = np.ones(4, np.float32)
    save_file(tensors, path, read_metadata(path))
    with pytest.raises(ProfileError, match="other than 5 channels"):
        load_profile(path, layout)
