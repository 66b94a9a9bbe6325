"""What must be set before torch and transformers are imported, for command line and window."""

from __future__ import annotations

import os


def prepare_environment() -> None:
    """Set what the libraries read at import; what a person has set already stays."""
    # Threads that wait must not keep a core busy. Beside other work on the machine, small models
    # are ten times slower otherwise.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
