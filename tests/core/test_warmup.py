"""The heavy libraries: imported on demand, whole, whoever asks at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PROGRAM = """
import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from act_core.warmup import free_memory, heavy_loaded, import_heavy, import_package

assert not heavy_loaded()
free_memory()
import_package()
assert "torch" not in sys.modules
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda _number: import_heavy(), range(4)))
assert heavy_loaded()
assert gc.isenabled()
assert gc.get_freeze_count() > 10_000
import torch
from transformers import AutoModelForCausalLM
assert torch.ones(3, 3).matmul(torch.ones(3)).tolist() == [3.0, 3.0, 3.0]
free_memory()
"""


def test_everything_is_there_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=_ROOT, capture_output=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr.decode()
