"""Limits of a map's colours: exact, robust, logarithmic, symmetric; and the histogram beside them.

Percentiles and histograms are taken from every nth channel where there are more than 131,072, n
being prime so that it falls into step with no width of heads or blocks. Exact limits are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from act_core.maps.data import Values

_SAMPLE = 1 << 17
_PERCENTILES = (1.0, 99.5)
_LOG_DECADES = 6  # that a logarithmic scale reaches down at most
_SIGNED_SPAN = 1e3  # largest over smallest magnitude that a signed logarithmic scale resolves
_PRIMES = (
    2,
    3,
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
    31,
    37,
    41,
    53,
    67,
    83,
    101,
    131,
    167,
    211,
    263,
    331,
    419,
    521,
)


@dataclass(frozen=True, slots=True)
class ColourScale:
    """How values become places of a colour map, from 0 to 1.

    Attributes:
        low, high: The ends; a signed scale is symmetric: `low == -high`, and 0 is its middle.
        log: Logarithmic. Values at or below `low` (or six decades below `high`) lie at 0; a signed
            scale is linear near 0 and logarithmic over the last three decades on each side.
        signed: The map is diverging.
    """

    low: float
    high: float
    log: bool = False
    signed: bool = False

    @property
    def floor(self) -> float:
        """Lower end of an unsigned logarithmic scale, above 0."""
        return max(self.low, self.high * 10.0**-_LOG_DECADES, float(np.finfo(np.float32).tiny))

    @property
    def _log_span(self) -> float:
        return max(float(np.log(max(self.high, self.floor) / self.floor)), 1e-6)

    def places(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Where values lie, float32; those outside of the limits lie outside of 0 to 1."""
        found: NDArray[np.float32] = np.asarray(values, np.float32)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.signed:
                share = found / np.float32(self.high)
                if self.log:
                    grown = np.log1p(np.abs(share) * _SIGNED_SPAN) / np.log1p(_SIGNED_SPAN)
                    share = np.copysign(grown, share)
                places = 0.5 + 0.5 * share
            elif self.log:
                places = np.log(np.maximum(found, self.floor) / self.floor) / self._log_span
            else:
                places = (found - np.float32(self.low)) / np.float32(self.high - self.low)
            return np.asarray(places, np.float32)

    def value_at(self, place: float) -> float:
        """The value at a place."""
        if self.signed:
            share = 2 * place - 1
            if self.log:
                grown = float(np.expm1(abs(share) * np.log1p(_SIGNED_SPAN))) / _SIGNED_SPAN
                share = float(np.copysign(grown, share))
            return share * self.high
        if self.log:
            return float(self.floor * np.exp(self._log_span * place))
        return self.low + place * (self.high - self.low)

    def with_limits(self, low: float, high: float) -> ColourScale:
        """Other limits; they are put in order, kept apart, and made symmetric where signed.

        Of a signed scale the limit that is not the old one wins.
        """
        if self.signed:
            moved = low if high == self.high else high
            reach = max(abs(moved), float(np.finfo(np.float32).tiny))
            return replace(self, low=-reach, high=reach)
        low, high = sorted((low, high))
        return replace(self, low=low, high=max(high, low + _least_gap(low, high)))


def sample_of(values: Values) -> Values:
    """Finite values that are not 0, of all channels or of every nth."""
    step = -(-len(values) // _SAMPLE)
    if step > 1:
        step = next((prime for prime in _PRIMES if prime >= step), step)
    some = values[::step]
    sample: Values = some[np.isfinite(some) & (some != 0)]
    return sample


def exact_scale(values: Values, *, signed: bool, log: bool = False) -> ColourScale:
    """From the smallest to the largest finite value of all channels; `(0, 1)` without any.

    The lower limit of a logarithmic scale is the smallest value above 0.
    """
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    if not np.isfinite(low):
        return ColourScale(-1.0 if signed else 0.0, 1.0, log, signed)
    if log and not signed and low <= 0 < high:
        low = float(values[values > 0].min())
    return _scale(low, high, log, signed)


def robust_scale(values: Values, *, signed: bool, log: bool = False) -> ColourScale:
    """From percentile 1 to 99.5 of finite values that are not 0; of magnitudes where signed.

    So dead channels do not pull the lower limit to 0, nor few huge ones the upper limit to where
    all others look alike.
    """
    sample = sample_of(values)
    if not len(sample):
        return exact_scale(values, signed=signed, log=log)
    if signed:
        sample = np.abs(sample)
    low, high = (float(limit) for limit in np.percentile(sample, _PERCENTILES))
    return _scale(low, high, log, signed)


def histogram(
    values: Values, scale: ColourScale, bins: int, margin: float = 0.0
) -> NDArray[np.int64]:
    """How values are spread over a scale's places, from `-margin` to `1 + margin`, int64 `[bins]`.

    Values beyond an end are counted in the bin there, those that are 0 or not finite in none; of
    many channels every nth is counted.
    """
    places = (scale.places(sample_of(values)) + margin) / (1 + 2 * margin)
    inside = np.clip(places * bins, 0, bins - 1)
    return np.bincount(inside.astype(np.int64), minlength=bins)


def _scale(low: float, high: float, log: bool, signed: bool) -> ColourScale:
    if signed:
        reach = max(abs(low), abs(high)) or 1.0
        return ColourScale(-reach, reach, log, signed)
    return ColourScale(low, max(high, low + _least_gap(low, high)), log, signed)


def _least_gap(low: float, high: float) -> float:
    """The least distance of two limits that float32 still resolves; any, where both are 0."""
    reach = max(abs(low), abs(high))
    return max(reach * 1e-6, 1e-30) if reach else 1.0
