"""Headers whose files are elsewhere: the same checks and facts, and no weight."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from act_core.errors import CorruptCheckpointError, WeightsNotHereError
from act_core.models.apart import keep_header
from act_core.models.describe import describe
from act_core.models.file_names import unsafe_name
from act_core.models.memory import profile_memory, transfer_memory
from act_core.models.pair import check_pair
from act_core.models.reference import resolve
from tests.core.tiny import write_specialist, write_tiny


def _headers_of(folder: Path, goal: Path) -> Path:
    """A copy of a model's folder that holds headers only."""
    shutil.copytree(folder, goal, ignore=shutil.ignore_patterns("*.safetensors"))
    for path in folder.glob("*.safetensors"):
        content = path.read_bytes()
        length = 8 + int.from_bytes(content[:8], "little")
        keep_header(goal / path.name, content[:length], len(content))
    return goal


@pytest.mark.parametrize(("family", "shards"), [("gpt2", None), ("qwen3_moe", 2)])
def test_headers_alone_say_the_same(tmp_path: Path, family: str, shards: int | None) -> None:
    whole = resolve(write_tiny(tmp_path / "whole", family, seed=1, shards=shards))
    apart = resolve(_headers_of(whole.folder, tmp_path / "apart"))
    assert apart.facts == whole.facts
    assert apart.shape == whole.shape
    ours, theirs = describe(apart), describe(whole)
    assert (
        ours.size_bytes == theirs.size_bytes == sum(f.stat().st_size for f in whole.weights.files)
    )
    assert (ours.dtypes, ours.special_tokens, ours.tied) == (
        theirs.dtypes,
        theirs.special_tokens,
        theirs.tied,
    )
    sizes = {"tokens": 512, "batch_tokens": 128, "dtype": "BF16", "backward": True}
    assert profile_memory(apart, [apart], **sizes) == profile_memory(whole, [whole], **sizes)
    assert transfer_memory(apart) == transfer_memory(whole)


def test_weights_are_refused_and_the_pair_says_so(tmp_path: Path) -> None:
    target = resolve(write_tiny(tmp_path / "target", "llama", seed=1))
    folder = write_specialist(tmp_path / "specialist", target.folder, seed=2)
    apart = resolve(_headers_of(folder, tmp_path / "apart"))
    name = next(iter(apart.facts))
    with pytest.raises(WeightsNotHereError, match=r"model\.safetensors"):
        apart.weights.read(name)
    with pytest.raises(WeightsNotHereError):
        apart.weights.read_rows(name, np.array([0]))
    here = check_pair(target, resolve(folder))
    assert [finding.title for finding in here] == ["Same lineage"]
    assert [finding.title for finding in check_pair(target, apart)] == ["Lineage not checked yet"]


@pytest.mark.parametrize("change", [-1, 1, -(1 << 40)])
def test_a_size_that_does_not_fit_the_header_is_refused(tmp_path: Path, change: int) -> None:
    folder = write_tiny(tmp_path / "whole", "llama", seed=1)
    apart = _headers_of(folder, tmp_path / "apart")
    content = (folder / "model.safetensors").read_bytes()
    length = 8 + int.from_bytes(content[:8], "little")
    size_bytes = max(0, len(content) + change)
    keep_header(apart / "model.safetensors", content[:length], size_bytes)
    with pytest.raises(CorruptCheckpointError):
        resolve(apart)


@pytest.mark.parametrize(
    "name",
    [
        *("", "/a", "a//b", "../a", "a/../b", "./a", "a\\b", "C:a", "C:/a", "a:b", "a.", "a "),
        *("nul", "a/COM1.json", "Aux.safetensors", "a\nb", "a\x00", "a?", "\ud800", "x" * 256),
    ],
)
def test_names_that_may_not_be_used(name: str) -> None:
    assert unsafe_name(name)


@pytest.mark.parametrize("name", ["model.safetensors", ".x", "a/b c/d-1.json", "nullable", "ä.txt"])
def test_names_that_may_be_used(name: str) -> None:
    assert unsafe_name(name) is None
