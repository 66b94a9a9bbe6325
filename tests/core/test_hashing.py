"""Hashes of content and files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from act_core.errors import ReferenceNotFoundError
from act_core.hashing import content_hash, file_sha256


def test_a_file_s_hash_follows_its_content(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    for content in (b"first", b"second one"):
        path.write_bytes(content)
        for _ in range(2):
            assert file_sha256(path) == hashlib.sha256(content).hexdigest()


def test_a_cache_that_cannot_be_written_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no-folder").write_text("a file where the cache's folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-folder"))
    path = tmp_path / "weights"
    path.write_bytes(b"content")
    assert file_sha256(path) == hashlib.sha256(b"content").hexdigest()


def test_a_missing_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReferenceNotFoundError):
        file_sha256(tmp_path / "missing")


def test_equal_content_has_equal_hashes_whatever_the_order() -> None:
    assert content_hash({"a": 1, "b": [True, None]}) == content_hash({"b": [True, None], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})
