"""How long gates or a tuning will learn: as fast as the run's last ones, else by a short trial."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import Encoded
from act_core.cancel import CancelToken
from act_core.hashing import content_hash
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.models.shortened import shortened
from act_core.pipeline.inputs import calibration_of
from act_core.pipeline.known import models_of
from act_core.profile.devices import choose_device
from act_core.profile.expect import FILE_BYTES_PER_S, Expectation
from act_core.recipe import GateSettings, Recipe, TuneSettings
from act_core.transfer.gates import uniform_gates
from act_core.tune.gates import GateSpec
from act_core.tune.loop import Learner
from act_core.tune.losses import halved_to_fit
from act_core.tune.schedule import Schedule
from act_core.tune.trial import Trial, trial
from act_core.tune.tuned import TuneSpec
from act_core.tune.tuning_data import TuningData

# Of values, both of Adam's means and the best so far, which every check writes down.
_STATE_BYTES = 16
# A check reads a token at about a third of what a step takes for it, there and back.
_CHECK = 1 / 3
_TUNINGS = ("tune", "tuning only")
# Trials of this process, by what decides them: settings such as steps or rate do not.
_tried_out: dict[str, Trial] = {}
_GATES = ("gates",)
Makes = Callable[[int], Learner]


def tuning_time(
    recipe: Recipe,
    target: Model,
    learned: int,
    *,
    measure: bool = False,
    token: CancelToken | None = None,
) -> Expectation | None:
    """Expected time of a recipe's tuning, without its control, which takes as long again.

    Args:
        recipe: Without a section tune, of one with the defaults.
        target: Its target.
        learned: How many numbers learn.
        measure: Where the run's log knows no speed, encode the calibration data and try some steps
            out: torch is imported and a few seconds pass, so it is for a worker thread.
        token: Polled while they are tried out.

    Raises:
        ActError: Data cannot be read, a device is not there, or a model cannot be built.
    """
    settings = recipe.tune or TuneSettings()
    spec = TuneSpec(
        target, (), np.zeros(0, dtype=np.bool_), {}, settings, recipe.seed,
        device=recipe.profile.device, dtype=recipe.profile.dtype,
    )  # fmt: skip
    share = learned / max(1, int(layout_of(target).parameters_of_channel().sum()))

    def make(layers: int) -> Learner:
        from act_core.tune.tuned_training import learner_of

        short = shortened(target, layers)
        selected = _spread(layout_of(short).total, share)
        return learner_of(dataclasses.replace(spec, target=short, selected=selected), "trial")

    past = _past(recipe, spec.schedule, _TUNINGS)
    if past is not None or not measure:
        return past
    how = (settings.kind, settings.checkpointing, learned)
    return _tried(recipe, target, (target,), spec.schedule, make, learned, how, token)


def gates_time(
    recipe: Recipe, *, measure: bool = False, token: CancelToken | None = None
) -> Expectation | None:
    """Expected time of learning a recipe's gates, without measuring them or their control.

    Args:
        recipe: Without a section gates, of one with the defaults.
        measure: As `tuning_time`.
        token: Likewise.

    Raises:
        ActError: As `tuning_time`, or everything that `models_of` raises.
    """
    settings = recipe.gates or GateSettings()
    target, specialists = models_of(recipe)

    def spec_of(ours: Model, theirs: Mapping[str, Model]) -> GateSpec:
        start = uniform_gates(layout_of(ours), theirs, settings.strength)
        return GateSpec(
            ours, theirs, {}, start, settings, recipe.transfer, recipe.seed,
            recipe.profile.device, recipe.profile.dtype,
        )  # fmt: skip

    def make(layers: int) -> Learner:
        from act_core.tune.gate_training import gate_learner

        theirs = {name: shortened(one, layers) for name, one in specialists.items()}
        return gate_learner(spec_of(shortened(target, layers), theirs))

    spec = spec_of(target, specialists)
    past = _past(recipe, spec.schedule, _GATES)
    if past is not None or not measure:
        return past
    models = (target, *specialists.values())
    how = ("gates", settings.checkpointing)
    return _tried(recipe, target, models, spec.schedule, make, spec.parameters, how, token)


def _spread(total: int, share: float) -> NDArray[np.bool_]:
    """As evenly as possible this share of all channels, at least one."""
    places = np.linspace(0, total - 1, max(1, round(min(1.0, share) * total))).astype(np.int64)
    chosen = np.zeros(total, dtype=np.bool_)
    chosen[places] = True
    return chosen


def _tried(
    recipe: Recipe,
    target: Model,
    models: Sequence[Model],
    schedule: Schedule,
    make: Makes,
    learned: int,
    how: Sequence[object],
    token: CancelToken | None,
) -> Expectation | None:
    """By some steps that are tried out on the recipe's own data; `how` else decides their time."""
    device, dtype = recipe.profile.device, recipe.profile.dtype
    encoded: Mapping[str, Encoded] = calibration_of(recipe, target)
    data = schedule.data(target, encoded)
    batch_tokens = halved_to_fit(target, choose_device(device), schedule.batch_tokens)
    key = content_hash(
        [
            target.fingerprint(),
            len(models),
            {name: one.fingerprint for name, one in encoded.items()},
            [schedule.batch_tokens, schedule.shares, schedule.validation],
            how,
            [device, dtype],
        ]
    )
    found = _tried_out.get(key) or trial(
        target,
        make,
        data,
        batch_tokens=batch_tokens,
        device=device,
        dtype=dtype,
        token=token or CancelToken(),
    )
    if found is None:  # there may be more memory another time
        return None
    _tried_out[key] = found
    return _expected(found, models, schedule, data, learned)


def _expected(
    found: Trial,
    models: Sequence[Model],
    schedule: Schedule,
    data: Sequence[TuningData],
    learned: int,
) -> Expectation:
    """What a trial says of a whole tuning."""
    tokens = sum(one.tokens(schedule.last) for one in data)
    checked = sum(len(row.ids) for one in data for row in one.validation)
    reads = sum(path.stat().st_size for model in models for path in model.weights.files)
    check_s = checked * found.checked_token_s + _STATE_BYTES * learned / FILE_BYTES_PER_S
    seconds = found.made_s + reads / FILE_BYTES_PER_S + tokens * found.token_s
    seconds += _checks(schedule) * check_s
    return Expectation(
        seconds,
        False,
        (
            f"{tokens:,} tokens in {schedule.last} steps at {1 / found.token_s:,.0f} tokens/s, "
            f"tried out just now on {found.on}",
            f"{_checks(schedule)} checks of {check_s:.2g} s",
            "a rough estimate: other programs on this machine change it",
        ),
    )


def _past(recipe: Recipe, schedule: Schedule, tunings: Collection[str]) -> Expectation | None:
    """By the speed of the run's last tuning of this kind."""
    speed = _past_speed(recipe.run, tunings)
    if speed is None:
        return None
    tokens, checked = tokens_of(recipe, schedule)
    seconds = (tokens + _CHECK * checked) / speed
    return Expectation(seconds, True, (f"{speed:,.0f} tokens/s, as the last time in this run",))


def tokens_of(recipe: Recipe, schedule: Schedule) -> tuple[int, int]:
    """Tokens read to learn from, and at all checks, by the settings alone."""
    each_check = sum(one.calibration_tokens for one in recipe.abilities.values())
    return (
        schedule.last * schedule.batch_tokens * len(recipe.abilities),
        round(schedule.validation * each_check) * _checks(schedule),
    )


def _checks(schedule: Schedule) -> int:
    """One before the first step, and one after the last."""
    return 1 + -(-schedule.last // schedule.check_every)


def _past_speed(run: Path, tunings: Collection[str]) -> float | None:
    """Tokens a second of the last tuning in the run's log: the median of its last steps."""
    steps = list(itertools.islice(_steps(run, tunings), 16))
    speeds = [speed for tuning, speed in steps if tuning == steps[0][0]]
    return float(np.median(speeds)) if speeds else None


def _steps(run: Path, tunings: Collection[str]) -> Iterator[tuple[str, float]]:
    """Steps that the log tells of, the last one first."""
    try:
        lines = (run / "events.jsonl").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in reversed(lines):
        if '"TuningStep"' not in line:
            continue
        try:
            event = json.loads(line)
            tuning, speed = event["tuning"], float(event["tokens_per_s"])
        except (ValueError, KeyError, TypeError):
            continue
        if tuning in tunings and speed > 0:
            yield tuning, speed
