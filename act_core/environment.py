"""What the process needs around torch and transformers, for command line and window."""

from __future__ import annotations

import gc
import os
import threading


def prepare_environment() -> None:
    """Set what the libraries read at import; what a person has set already stays."""
    # Threads that wait must not keep a core busy. Beside other work on the machine, small models
    # are ten times slower otherwise.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def collect_garbage() -> None:
    """Let unreachable objects go, but only on the main thread.

    A window's objects may be among them, and a thread that works must not destroy those; there,
    the window collects by itself soon after.
    """
    if threading.current_thread() is threading.main_thread():
        gc.collect()
