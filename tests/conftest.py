"""What every test stands on: no screen, no network, one thread for each process."""

from __future__ import annotations

import os

# Before the libraries that read them are imported.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Fixtures that rooms share: a Hub on this computer.
pytest_plugins = ("tests.hub.fixtures",)
