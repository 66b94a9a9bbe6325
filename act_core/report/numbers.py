"""Numbers as text, with the digits that their uncertainty deserves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MISSING = "–"


@dataclass(frozen=True, slots=True)
class Scale:
    """How one kind of number is written.

    Attributes:
        factor: Multiplies the number.
        decimals: Digits after the point.
        unit: Follows the number, with its space.
        signed: Whether gains carry a plus.
    """

    factor: float
    decimals: int
    unit: str = ""
    signed: bool = False

    def text(self, number: float | None) -> str:
        """The number with its unit; a missing, infinite or undefined one is a dash."""
        if number is None or not math.isfinite(number):
            return MISSING
        return self._digits(number) + self.unit

    def interval(self, entry: Mapping[str, Any] | None) -> str:
        """`value (low to high)` of a mapping with these three; the unit stands once."""
        if entry is None or self.text(entry["value"]) == MISSING:
            return MISSING
        ends = [entry["low"], entry["high"]]
        if any(end is None or not math.isfinite(end) for end in ends):
            return self.text(entry["value"])
        low, high = (self._digits(end) for end in ends)
        return f"{self.text(entry['value'])} ({low} to {high})"

    def _digits(self, number: float) -> str:
        rounded = round(number * self.factor, self.decimals) + 0.0  # turns -0.0 into 0.0
        return minus(f"{rounded:{'+' if self.signed and rounded else ''},.{self.decimals}f}")


_SHARE = Scale(100, 0, " %")
_LOSS = Scale(1, 3)
_ACCURACY = Scale(100, 1, " %")
_LOSS_CHANGE = Scale(1, 3, signed=True)
_ACCURACY_CHANGE = Scale(100, 1, " points", signed=True)


def minus(number: str) -> str:
    """A number as text with a minus as wide as a plus, in place of the hyphen of programs."""
    return number.replace("-", "\u2212")


def measure_scale(measure: str) -> Scale:
    """How a figure of a measure is written: nats for `loss`, else a share of items."""
    return _LOSS if measure == "loss" else _ACCURACY


def change_scale(measure: str) -> Scale:
    """How a difference between two figures of a measure is written."""
    return _LOSS_CHANGE if measure == "loss" else _ACCURACY_CHANGE


def share_text(share: Mapping[str, Any] | None, kind: str = "") -> str:
    """A recovered or lost share with its interval, which the gap's own end does not have.

    Args:
        share: An entry of `shares` in metrics.json, or None.
        kind: Said between the share and its interval.
    """
    if share is None or _SHARE.text(share["value"]) == MISSING:
        return MISSING
    if share["candidate"] == share["reference"]:
        return f"{_SHARE.text(share['value'])} {kind}".rstrip()
    value, opening, ends = _SHARE.interval(share).partition(" (")
    return f"{value} {kind}".rstrip() + opening + ends


def part(share: float | None) -> str:
    """A share that may be tiny, such as one of all channels: two digits below 10 %."""
    if share is None or not math.isfinite(share):
        return MISSING
    percent = 100 * share
    many = abs(percent) >= 9.95 or not percent
    return minus(f"{percent:.0f} %" if many else f"{percent:.2g} %")


def plain(number: float) -> str:
    """A number of any size: three digits, or whole with its thousands apart."""
    return minus(f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}")


def count(number: int | None) -> str:
    """A whole number with its thousands apart."""
    return MISSING if number is None else f"{number:,}"


def short_count(number: int | None) -> str:
    """A large number with three digits that count, such as 1.54B."""
    if number is None:
        return MISSING
    for unit, least in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= least:
            return f"{number / least:.3g}{unit}"
    return str(number)


def size(size_bytes: int | None) -> str:
    """Bytes in decimal units, as file managers and the Hub write them."""
    if size_bytes is None:
        return MISSING
    amount = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:,.3g} TB"


def duration(seconds: float) -> str:
    """Seconds below two minutes, else minutes or hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
