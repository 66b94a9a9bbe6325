"""Figures item by item as plain data, for files that save measuring again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from act_core.evaluate.evaluator import Measured, Results


def plain_results(results: Results, *, said: bool = True) -> list[dict[str, Any]]:
    """One row for each ability and measure.

    Args:
        results: What was measured.
        said: Keep answers too, where there are some.
    """
    return [
        {
            "ability": ability,
            "measure": measure,
            "sums": found.sums.tolist(),
            "weights": found.weights.tolist(),
            **({"said": list(found.said)} if found.said and said else {}),
        }
        for (ability, measure), found in results.items()
    ]


def results_of(rows: Iterable[Mapping[str, Any]]) -> Results:
    """What `plain_results` made plain.

    Raises:
        KeyError, TypeError, ValueError: It is damaged.
    """
    found: Results = {}
    for row in rows:
        measured = Measured(
            np.array(row["sums"], dtype=np.float64),
            np.array(row["weights"], dtype=np.float64),
            tuple(map(str, row.get("said", ()))),
        )
        sizes = {len(measured.sums), len(measured.weights), len(measured.said or measured.sums)}
        if len(sizes) > 1 or measured.sums.ndim != 1 or measured.weights.ndim != 1:
            raise ValueError("figures and items do not match")
        found[row["ability"], row["measure"]] = measured
    return found
