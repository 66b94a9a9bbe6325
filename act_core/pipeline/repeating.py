"""Commands that repeat what a window started: a sweep with just its points, analyses."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from act_core.analysis.findings import ANALYSES
from act_core.pipeline.points import GatesPoint, Point, SweepPoint, grid
from act_core.recipe import Draft, GateSettings

_T = TypeVar("_T")


def sweep_command(
    place: Path,
    recipe: Draft,
    points: Sequence[Point],
    *,
    halving: bool,
    limits: Sequence[str] = (),
) -> str:
    """What repeats a sweep.

    Args:
        place: Where the recipe lies.
        recipe: The same, for what the gates of points have in common with its own.
        points: What is compared.
        halving: As `sweep`.
        limits: Of the command line, as `ABILITY=SHARE`.

    Returns:
        The command; empty where masks are no grid, which no options can say.
    """
    masks = list(dict.fromkeys(point for point in points if isinstance(point, SweepPoint)))
    options = list(_mask_options(masks))
    if not _is_grid(masks):
        return ""
    own = recipe.gates or GateSettings()
    options += [
        f"--gates={_gates_text(own, point.settings)}"
        for point in points
        if isinstance(point, GatesPoint)
    ]
    options += [f"--lose-at-most={limit}" for limit in limits]
    options += [] if halving else ["--no-halving"]
    return shlex.join(["act", "sweep", str(place), *options])


def analyse_command(place: Path, analyses: Sequence[str]) -> str:
    """What repeats analyses of the recipe that lies there."""
    only = [f"--only={name}" for name in analyses if len(analyses) < len(ANALYSES)]
    return shlex.join(["act", "analyse", str(place), *only])


def _is_grid(masks: Sequence[SweepPoint]) -> bool:
    """Whether every combination of what points hold is a point."""
    return not masks or set(masks) == set(
        grid(
            _distinct(point.scorer for point in masks),
            _distinct(point.share for point in masks),
            _distinct(point.strength for point in masks),
            prices=_distinct(p.price for p in masks if p.price is not None),
            refreshes=_distinct(p.refreshes for p in masks if p.refreshes is not None),
            policies=_distinct(p.policy for p in masks if p.policy is not None),
        )
    )


def _mask_options(masks: Sequence[SweepPoint]) -> Iterator[str]:
    for name in ("share", "strength", "scorer", "price", "refreshes", "policy"):
        values = _distinct(getattr(point, name) for point in masks)
        yield from (f"--{name}={value}" for value in values if value is not None)


def _gates_text(own: GateSettings, settings: GateSettings) -> str:
    """Settings of gates over the recipe's own; at least one, as an option needs a value."""
    before, after = (one.model_dump(mode="json") for one in (own, settings))
    changed = {name: value for name, value in after.items() if value != before[name]}
    changed = changed or {"strength": after["strength"]}
    return ",".join(f"{name}={_plain(value)}" for name, value in changed.items())


def _plain(value: Any) -> str:
    """A value on one line, as YAML reads it."""
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("\n...\n").strip()


def _distinct(values: Iterable[_T]) -> list[_T]:
    return list(dict.fromkeys(values))
