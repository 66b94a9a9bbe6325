"""Figures and shares of a run, found by candidate, ability and measure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

TARGET = "target"
RESULT = "result"
MEASURES = {
    "loss": "loss",
    "exact": "exact match",
    "choice": "choice",
    "choice_raw": "choice, raw",
    "label": "label",
}
_MASKS = ("random", "weight", "difference", "matched", "attributed", "contrast")
_UNMEASURED = {"missing": "not installed", "unfit": "does not apply", "failed": "failed"}
Entry = Mapping[str, Any]


class Results:
    """A run's figures.

    Args:
        metrics: As in metrics.json.

    Attributes:
        abilities: Facts of each ability by name.
        specialists: Names of the specialists.
        baselines: Names of the baselines that were measured.
        candidates: Names in the order of the table: target, specialists, result, the rest.
        columns: Pairs of ability and measure, in the order of the table.
    """

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        self.abilities: Mapping[str, Any] = metrics["abilities"]
        self.specialists = tuple(metrics["models"]["specialists"])
        rows = metrics.get("baselines") or ()
        self.baselines = tuple(r["candidate"] for r in rows if r["state"] == "measured")
        self._figures = {_place(figure): figure for figure in metrics["figures"]}
        self._shares = {_place(share): share for share in metrics["shares"]}
        found = dict.fromkeys(candidate for candidate, _, _ in self._figures)
        first = [name for name in (TARGET, *self.specialists, RESULT) if name in found]
        self.candidates = tuple(dict.fromkeys((*first, *found)))
        pairs = dict.fromkeys((ability, measure) for _, ability, measure in self._figures)
        self.columns = tuple(sorted(pairs, key=lambda pair: list(self.abilities).index(pair[0])))

    @property
    def controls(self) -> tuple[str, ...]:
        """Candidates that the result has to beat."""
        return tuple(c for c in self.candidates if c not in (TARGET, RESULT, *self.specialists))

    def with_role(self, role: str) -> tuple[str, ...]:
        """Abilities to `bring` or to `keep`."""
        return tuple(name for name, facts in self.abilities.items() if facts["role"] == role)

    def measures_of(self, ability: str) -> tuple[str, ...]:
        """Measures of one ability, in the order of the table."""
        return tuple(measure for name, measure in self.columns if name == ability)

    def figure(self, candidate: str, ability: str, measure: str) -> Entry | None:
        """One figure, or None where it was not measured."""
        return self._figures.get((candidate, ability, measure))

    def share(self, candidate: str, ability: str, measure: str) -> Entry | None:
        """One share of a gap, or None where the gap is not clear."""
        return self._shares.get((candidate, ability, measure))

    def headline(self, ability: str) -> str | None:
        """The measure that speaks for an ability: its first one with a share, else its first."""
        measures = self.measures_of(ability)
        clear = [m for m in measures if self.share(RESULT, ability, m) is not None]
        return next(iter((*clear, *measures)), None)

    def gain(self, candidate: str, ability: str, measure: str) -> tuple[float, float, float] | None:
        """Value, low and high of what a candidate gains on an ability; higher is better.

        It is the share of the gap where that is clear (a lost share counts negative), else the
        difference to the target. None where there is neither, or no interval.
        """
        entry = self.share(candidate, ability, measure)
        falls = self.abilities[ability]["role"] == "keep"
        if entry is None:
            figure = self.figure(candidate, ability, measure)
            entry = figure["difference"] if figure else None
            falls = measure == "loss"
        if entry is None:
            return None
        value, low, high = entry["value"], entry["low"], entry["high"]
        if any(number is None or not math.isfinite(number) for number in (value, low, high)):
            return None
        return (-value, -high, -low) if falls else (value, low, high)

    def label(self, candidate: str) -> str:
        """A candidate's name for people."""
        if candidate == TARGET:
            return "target (before)"
        if candidate == RESULT:
            return "result (after)"
        if candidate in self.specialists:
            return f"{candidate} (specialist)"
        return f"{candidate} mask" if candidate in _MASKS else candidate


def unmeasured(metrics: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Baselines without figures, each with its reason and what to do, once for equal reasons."""
    found: dict[tuple[str, str], None] = {}
    for row in metrics.get("baselines") or ():
        if row["state"] not in _UNMEASURED:
            continue
        why = f"{_UNMEASURED[row['state']]}: {row['reason']} {row['remedy']}".strip()
        same = row["state"] != "failed"
        found[row["baseline"] if same else row["candidate"], why] = None
    return tuple(found)


def _place(entry: Entry) -> tuple[str, str, str]:
    return entry["candidate"], entry["ability"], entry["measure"]
