"""The heavy libraries, imported once and by one thread at a time."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import sys
import threading
from pathlib import Path

from act_core.environment import collect_garbage

_MODULES = (
    "torch",
    "safetensors.torch",
    "transformers.modeling_utils",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
)
_lock = threading.Lock()
_package_lock = threading.Lock()
_loaded = threading.Event()


def heavy_loaded() -> bool:
    """Whether computing can begin without seconds of imports."""
    return _loaded.is_set()


def import_package() -> None:
    """Import what `transformers` begins with (0.4 s, without torch), before any background work.

    Until that is done the package has no names: a thread that comes upon it meanwhile fails.
    """
    with _package_lock:
        importlib.import_module("transformers")


def import_heavy() -> None:
    """Import torch and transformers, and what profiling and evaluating take from them.

    It takes seconds the first time and nothing afterwards. Whoever calls meanwhile waits.
    """
    import_package()
    with _lock:
        if _loaded.is_set():
            return
        # No thread runs while the collector walks all objects, 0.5 s towards the end.
        collects = gc.isenabled()
        gc.disable()
        try:
            _load_libraries()
            for name in _MODULES:
                importlib.import_module(name)
        finally:
            # What was imported stays until the end: later collections need not walk it (0.2 s).
            gc.freeze()
            if collects:
                gc.enable()
        _loaded.set()


def _load_libraries() -> None:
    """On Linux, load torch's libraries as it would, but let other threads run meanwhile.

    Python holds every thread while it loads an extension (0.15 s here); it does not during a call
    into the C library. Where it does not work, the import does it.
    """
    spec = importlib.util.find_spec("torch")
    load = getattr(ctypes.CDLL(None), "dlopen", None) if sys.platform == "linux" else None
    if load is None or spec is None or spec.origin is None:
        return
    load.argtypes, load.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    folder = Path(spec.origin).parent / "lib"
    for name, mode in (("libtorch_global_deps.so", os.RTLD_GLOBAL), ("libtorch_python.so", 0)):
        if (folder / name).is_file():
            load(os.fsencode(folder / name), os.RTLD_LAZY | mode)


def free_memory() -> None:
    """Give back what ended work left: unreachable objects, and what CUDA keeps for later."""
    collect_garbage()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
