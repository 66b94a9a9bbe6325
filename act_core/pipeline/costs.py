"""What stages and candidates took: seconds, and the most memory that was resident.

What is taken from the run folder costs nothing now; what it took when it was computed is kept in
costs.json, so that a candidate is told with its whole cost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from act_core.baselines.mergekit_run import Cost
from act_core.events import Event, EventSink, Finished
from act_core.files import read_object
from act_core.runs import RunFolder

_EVERY_S = 0.05
_T = TypeVar("_T")


class Costing:
    """Times a block, and watches how much memory this process holds while it lasts."""

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._over = threading.Event()
        self._started_at = 0.0
        self._ended_at = 0.0
        self._peak_bytes = 0
        self._thread = threading.Thread(target=self._watch, name="act-memory", daemon=True)

    @property
    def cost(self) -> Cost:
        """What the block took, once it is left."""
        return Cost(self._ended_at - self._started_at, self._peak_bytes)

    def __enter__(self) -> Costing:
        self._started_at = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended_at = time.monotonic()
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self._peak_bytes = max(self._peak_bytes, int(self._process.memory_info().rss))
            if self._over.wait(_EVERY_S):
                return


class StageCosts:
    """Seconds and memory of a run's stages.

    Args:
        folder: The run folder, which keeps what stages took.

    Attributes:
        seconds: Of each stage now, wall time.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.seconds: dict[str, float] = {}
        self._folder = folder
        self._path = folder.path / "costs.json"
        self._kept = _sound(read_object(self._path))
        self._reused: set[str] = set()

    def watching(self, emit: EventSink) -> EventSink:
        """A sink that also notes which stages took what was known."""

        def sink(event: Event) -> None:
            if isinstance(event, Finished) and event.reused:
                self._reused.add(event.stage)
            emit(event)

        return sink

    def timed(self, stage: str, work: Callable[[], _T]) -> _T:
        """Do a stage's work, and keep what it took unless everything was known."""
        with Costing() as watched:
            result = work()
        cost = watched.cost
        taken_s = round(cost.seconds, 3)
        self.seconds[stage] = taken_s
        if stage not in self._reused or stage not in self._kept:
            self._kept[stage] = {"seconds": taken_s, "peak_bytes": cost.peak_bytes}
            self._folder.write_json(self._path, self._kept)
        return result

    def of(self, stages: Sequence[str]) -> Cost | None:
        """What these stages took when they were computed, those that are known."""
        kept = [self._kept[stage] for stage in stages if stage in self._kept]
        if not kept:
            return None
        return Cost(
            sum(float(one["seconds"]) for one in kept), max(int(one["peak_bytes"]) for one in kept)
        )


def cost_facts(candidate: str, cost: Cost | None, covers: str) -> dict[str, Any]:
    """A cost for metrics.json.

    Args:
        candidate: Whose.
        cost: What making it took; None where that is not known.
        covers: What is counted, in a few words.
    """
    return {
        "candidate": candidate,
        "seconds": round(cost.seconds, 3) if cost else None,
        "peak_bytes": cost.peak_bytes if cost else None,
        "covers": covers,
    }


def _sound(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    try:
        return {
            str(stage): {"seconds": float(one["seconds"]), "peak_bytes": int(one["peak_bytes"])}
            for stage, one in data.items()
        }
    except (ValueError, KeyError, TypeError):
        return {}
