"""How long a profile will take: from the project's last one, else from this machine's speed."""

from __future__ import annotations

import functools
import itertools
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from act_core.errors import ActError
from act_core.models.headers import read_metadata
from act_core.models.reference import Model
from act_core.profile.devices import choose_device

_STAGE = "profile"
FLOPS_A_PARAMETER = 2  # for each token that passes it: one product, one sum
# A profile reaches about this share of the speed of one large matrix product.
_EFFICIENCY = 0.5
# Of a layer's forward pass, by statistic and specialist: a walk of its own; its delta on every
# module; a walk of the midpoint, and back with the layer run again.
_PASSES: Mapping[str, float] = {"difference": 1.0, "matched": 1.0, "attributed": 3.0}
FILE_BYTES_PER_S = 5e8
_MEASURE_S = 0.2
_LEAST_PRODUCTS = 8
_ROWS, _COLUMNS = 512, 1024
_FILES_SLACK_S = 2.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """An estimate for people.

    Attributes:
        seconds: How long.
        measured: It comes from an earlier profile of this project.
        assumptions: What was assumed.
    """

    seconds: float
    measured: bool
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Past:
    """The last profile that was computed.

    Attributes:
        seconds: How long it took.
        work: Counted tokens times passes.
    """

    seconds: float
    work: float


def expected_profile(
    target: Model,
    specialists: Sequence[Model],
    *,
    counted_tokens: int,
    total_tokens: int,
    statistics: Collection[str],
    run: Path,
    device: str,
    dtype: str,
) -> Expectation:
    """Estimate a profile. Imports torch where nothing was measured yet.

    Args:
        target: Whose layers are walked.
        specialists: Whose rows are read beside them.
        counted_tokens: Of all calibration splits.
        total_tokens: As many with prompts.
        statistics: Which are gathered.
        run: The run folder, where an earlier profile's log may lie.
        device: As in a recipe.
        dtype: As in a recipe.

    Raises:
        ActError: The device is not there.
    """
    passes = _passes(len(specialists), statistics)
    past = _past(run)
    if past is not None and past.work > 0:
        seconds = past.seconds * counted_tokens * passes / past.work
        return Expectation(
            seconds,
            True,
            (
                f"the last profile of this project took {past.seconds:.3g} s",
                "time grows with counted tokens, specialists and statistics",
            ),
        )
    body = layer_parameters(target)
    head = target.shape.hidden * target.shape.vocabulary
    losses = 3 * len(specialists) if "attributed" in statistics else 0
    flops = FLOPS_A_PARAMETER * total_tokens * (body * passes + head * losses)
    speed = matrix_speed(device, dtype)
    reads = sum(path.stat().st_size for m in (target, *specialists) for path in m.weights.files)
    return Expectation(
        flops / (_EFFICIENCY * speed) + reads / FILE_BYTES_PER_S,
        False,
        (
            f"{total_tokens:,} tokens, {body / 1e6:,.3g} million parameters in the layers",
            f"{passes:g} passes over them for the chosen statistics",
            f"{speed / 1e9:,.3g} GFLOP/s, measured just now with one matrix product, of which a "
            f"profile reaches {_EFFICIENCY:.0%}",
            f"weights read at {FILE_BYTES_PER_S / 1e6:,.0f} MB/s",
        ),
    )


def layer_parameters(model: Model) -> int:
    """Parameters of all decoder layers."""
    below = model.family.layers + "."
    return sum(one.parameters for name, one in model.facts.items() if name.startswith(below))


def _passes(specialists: int, statistics: Collection[str]) -> float:
    """Walks over all layers, in forward passes."""
    return 1.0 + specialists * sum(_PASSES[name] for name in statistics if name in _PASSES)


def _past(run: Path) -> _Past | None:
    """The last profile in the run folder's log, with the work of the files that it wrote."""
    try:
        lines = (run / "events.jsonl").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return None
    for line in reversed(lines):
        event = _event(line)
        if event.get("event") == "Finished" and event.get("stage") == _STAGE:
            seconds, end = event.get("seconds"), event.get("time_s")
            if event.get("reused") or not isinstance(seconds, float) or seconds <= 0:
                continue
            if not isinstance(end, float):
                continue
            return _Past(seconds, _work(run / "profiles", end - _FILES_SLACK_S))
    return None


def _work(folder: Path, since: float) -> float:
    """Counted tokens times passes of the profiles written since then."""
    tokens: dict[str, int] = {}
    specialists: set[str] = set()
    statistics: set[str] = set()
    for path in folder.glob("*.safetensors"):
        try:
            if path.stat().st_mtime < since:
                continue
            metadata = read_metadata(path)
            tokens[metadata["ability"]] = int(metadata["counted_tokens"])
            specialists.add(metadata["specialist"])
            statistics |= set(json.loads(metadata["statistics"]))
        except (ActError, OSError, KeyError, ValueError):
            continue
    return sum(tokens.values()) * _passes(len(specialists), statistics)


def _event(line: str) -> dict[str, object]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


@functools.lru_cache(maxsize=8)
def matrix_speed(device: str, dtype: str) -> float:
    """Floating-point operations a second of a large matrix product; measured once.

    The fastest of several counts, for other programs only ever slow one down.

    Raises:
        ActError: The device is not there.
    """
    import torch

    place = choose_device(device)
    kind: torch.dtype = getattr(torch, dtype)
    one, other = (torch.ones(_ROWS, _COLUMNS, device=place, dtype=kind) for _ in "ab")
    fastest, begin = float("inf"), time.perf_counter()
    with torch.inference_mode():
        float((one @ other.T)[0, 0])  # the first product also loads libraries
        for count in itertools.count(1):
            start = time.perf_counter()
            float((one @ other.T)[0, 0])
            end = time.perf_counter()
            fastest = min(fastest, end - start)
            if end - begin > _MEASURE_S and count >= _LEAST_PRODUCTS:
                break
    return 2 * _ROWS * _COLUMNS * _ROWS / fastest
