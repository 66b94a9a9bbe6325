"""The heavy libraries, imported once and by one thread at a time."""

from __future__ import annotations

import gc
import importlib
import sys
import threading

_MODULES = (
    "torch",
    "safetensors.torch",
    "transformers.modeling_utils",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
)
_lock = threading.Lock()
_loaded = threading.Event()


def heavy_loaded() -> bool:
    """Whether computing can begin without seconds of imports."""
    return _loaded.is_set()


def import_heavy() -> None:
    """Import torch and transformers, and what profiling and evaluating take from them.

    It takes seconds the first time and nothing afterwards. Whoever calls meanwhile waits: two
    threads that import parts of one library at once can meet half-made modules.
    """
    with _lock:
        if _loaded.is_set():
            return
        for name in _MODULES:
            importlib.import_module(name)
        # What was imported stays until the end. A full collection would walk its 200,000 objects
        # each time, and no thread runs meanwhile (0.2 s).
        gc.freeze()
        _loaded.set()


def free_memory() -> None:
    """Give back what ended work left: unreachable objects, and what CUDA keeps for later."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
