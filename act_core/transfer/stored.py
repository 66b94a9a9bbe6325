"""Stored numbers as NumPy reads them: bf16, which NumPy lacks, as the upper half of float32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STORED = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16}


def single(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Stored values in float32; bf16, here uint16, is its upper half."""
    if values.dtype != np.uint16:
        return values.astype(np.float32, copy=False)
    bits = values.astype(np.uint32)
    bits <<= 16
    return bits.view(np.float32)


def rounded(values: NDArray[np.float32], dtype: str) -> NDArray[np.generic]:
    """Finite float32 values as they are stored in `dtype`."""
    if dtype == "BF16":
        return narrowed(values)
    return values.astype(STORED[dtype], copy=False)


def narrowed(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Upper half of float32, rounded to the nearest, ties to even; values are finite."""
    bits = values.view(np.uint32)
    rounding = bits >> 16
    rounding &= 1
    rounding += 0x7FFF
    rounding += bits
    rounding >>= 16
    return rounding.astype(np.uint16)


def not_finite(values: NDArray[np.generic], dtype: str) -> NDArray[np.bool_]:
    """Where values are NaN or Inf; in bf16, where all bits of the exponent are set."""
    if dtype == "BF16":
        found: NDArray[np.bool_] = (values.view(np.uint16) & np.uint16(0x7F80)) == 0x7F80
    else:
        found = ~np.isfinite(values.view(STORED[dtype]))
    return found
