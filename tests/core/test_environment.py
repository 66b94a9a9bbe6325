"""What is set before heavy imports, and what is found out without them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import act_core
from act_core.environment import prepare_environment
from act_core.versions import versions


def test_what_a_person_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)

    prepare_environment()

    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["TOKENIZERS_PARALLELISM"] == "false"


def test_versions_are_found_without_importing_what_they_are_of() -> None:
    code = "import sys, act_core.versions as v; v.versions(); print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
    assert versions()["Python"] == sys.version.split()[0]
    assert versions()["torch"] != "not installed"


def test_the_package_says_its_version_and_nothing_else() -> None:
    assert act_core.__version__[0].isdigit()
    with pytest.raises(AttributeError):
        act_core.nothing  # noqa: B018 - the access is what is tested
