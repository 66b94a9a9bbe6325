"""Shipped files are found in a checkout and in an installed wheel alike."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import act_core
from act_core.errors import ActError
from act_core.resources import resource_path

ROOT = Path(__file__).resolve().parents[2]


def test_checkout_serves_its_own_folder() -> None:
    assert resource_path() == ROOT / "resources"
    assert resource_path("README.md") == ROOT / "resources" / "README.md"


def test_missing_file_says_what_to_do() -> None:
    with pytest.raises(ActError, match=r"no-such-file.*Install ACT Studio again"):
        resource_path("demo", "no-such-file")


def test_installed_copy_ignores_a_stranger_named_resources(tmp_path: Path) -> None:
    """As in site-packages: no pyproject.toml, and somebody else's ``resources`` beside it."""
    package = tmp_path / "act_core"
    shutil.copytree(Path(act_core.__file__).parent, package)
    (package / "_resources").mkdir()
    for folder in (tmp_path / "resources", package / "_resources"):
        folder.mkdir(exist_ok=True)
        (folder / "file.txt").write_text("x")
    code = "from act_core.resources import resource_path; print(resource_path('file.txt'))"

    child = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert Path(child.stdout.strip()) == package.resolve() / "_resources" / "file.txt"
