"""Random token sequences and specs over tiny models."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from act_core.abilities.encode import Encoded, TokenSequence
from act_core.models.reference import resolve
from act_core.profile.spec import ProfileSpec
from act_core.recipe import Statistic
from tests.core.tiny import VOCABULARY


def encoded(
    *, seed: int, lengths: Sequence[int] = (9, 14, 5), answer_only: bool = False
) -> Encoded:
    """Random ids; with `answer_only` the last three tokens of each sequence are counted."""
    random = np.random.default_rng(seed)
    sequences = []
    for number, length in enumerate(lengths):
        ids = random.integers(4, VOCABULARY - 20, length).astype(np.int32)
        counted = np.ones(length, dtype=np.bool_)
        if answer_only:
            counted[:-3] = False
        sequences.append(TokenSequence(ids, counted, number))
    text = b"".join(s.ids.tobytes() + s.counted.tobytes() for s in sequences)
    return Encoded(
        items=(),
        sequences=tuple(sequences),
        fingerprint=hashlib.sha256(text).hexdigest(),
        counted_tokens=sum(int(s.counted.sum()) for s in sequences),
        predicted_tokens=sum(s.predicted_tokens for s in sequences),
    )


def spec_for(
    target: Path,
    specialists: Mapping[str, Path],
    abilities: Mapping[str, Encoded],
    statistics: tuple[Statistic, ...],
    *,
    batch_tokens: int | None = None,
    dtype: str = "float32",
) -> ProfileSpec:
    return ProfileSpec(
        target=resolve(target),
        specialists={name: resolve(folder) for name, folder in specialists.items()},
        abilities=abilities,
        statistics=statistics,
        device="cpu",
        dtype=dtype,
        batch_tokens=batch_tokens,
    )
