"""What a run folder's metrics.json says, for pages that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from act_core.runs import RunFolder


def read_metrics(run: RunFolder) -> Mapping[str, Any]:
    """All figures and facts of the run; empty where nothing is known or the file is damaged."""
    return run.read_metrics()
