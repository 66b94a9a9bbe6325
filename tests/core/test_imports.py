"""Importing the core stays light: seconds of torch are paid only by what computes."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "datasets", "peft", "accelerate", "pyarrow", "gguf", "PySide6")


@pytest.mark.parametrize("module", ["act_core", "act_core.cli", "act_gui.bootstrap"])
def test_import_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"

    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert child.stdout.split() == []
