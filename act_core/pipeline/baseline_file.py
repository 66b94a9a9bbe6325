"""baselines/figures.json: what baselines of a run have shown, item by item, and what they took."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from act_core.baselines.mergekit_run import Cost
from act_core.evaluate.evaluator import HeldOut, Results
from act_core.evaluate.stored import plain_results, results_of
from act_core.files import read_object
from act_core.hashing import content_hash
from act_core.runs import RunFolder

_FORMAT = 1


class BaselineFile:
    """Figures of merges, so that nothing is merged twice.

    Args:
        folder: The run folder.
        abilities: The items that are measured; figures on others are not found.
        dtype: In what the models compute.
    """

    def __init__(self, folder: RunFolder, abilities: Mapping[str, HeldOut], dtype: str) -> None:
        self._folder = folder
        self._path = folder.baselines / "figures.json"
        self._items = content_hash(
            [dtype, {name: held.fingerprint() for name, held in abilities.items()}]
        )
        self._known = _read(self._path)

    def known(self, key: str) -> tuple[Results, Cost] | None:
        """What the merge of this key has shown on these items, or None."""
        try:
            entry = self._known[self._place(key)]
            cost = Cost(float(entry["seconds"]), entry["peak_bytes"])
            figures = results_of(entry["figures"])
        except (KeyError, TypeError, ValueError):
            return None
        return figures, cost

    def keep(self, key: str, results: Results, cost: Cost) -> None:
        """Write down what a merge has shown.

        Raises:
            OutputError: It cannot be written.
        """
        self._known[self._place(key)] = {
            "seconds": cost.seconds,
            "peak_bytes": cost.peak_bytes,
            "figures": plain_results(results),
        }
        self._folder.write_json(self._path, {"act": _FORMAT, "merges": self._known})

    def _place(self, key: str) -> str:
        return content_hash([key, self._items])


def _read(path: Path) -> dict[str, Any]:
    data = read_object(path)
    merges = data.get("merges") if data.get("act") == _FORMAT else None
    return merges if isinstance(merges, dict) else {}
