"""What every test stands on: no screen, no network, one thread for each process, own caches."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

# Before the libraries that read them are imported.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Fixtures that rooms share: a Hub on this computer.
pytest_plugins = ("tests.hub.fixtures",)


def pytest_collection_finish() -> None:
    """Set aside what imports made: no collection of garbage has to walk it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hashes of thousands of files that tests make stay out of the person's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
