"""What a start would learn from, in numbers and in words."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from act_core.events import TuningLoss
from act_core.pipeline.gates import MOST_OF_TRAINING
from act_core.recipe import Draft, GateSettings
from act_core.report.numbers import count, part
from act_core.tune.learned import LearnedGates
from act_gui.maps.losses import LossLine
from act_gui.text import tr


def tokens_to_read(draft: Draft, settings: GateSettings) -> int:
    """About how many tokens all steps read: of every ability as many as a step takes."""
    return settings.steps * settings.batch_tokens * len(draft.abilities)


def reading_text(draft: Draft, settings: GateSettings) -> str:
    """What tuning will read."""
    return tr(
        "Tuning will read about {tokens} tokens: {steps} steps of {each} from each of {abilities} "
        "abilities.",
        tokens=count(tokens_to_read(draft, settings)),
        steps=count(settings.steps),
        each=count(settings.batch_tokens),
        abilities=count(len(draft.abilities)),
    )


def share_text(tokens: int, training_tokens: int | None) -> tuple[str, bool]:
    """What tuning reads over what a specialist was trained on, and whether that is too much."""
    most = part(MOST_OF_TRAINING)
    if training_tokens is None:
        return tr("Up to {most} of its training counts as transfer.", most=most), False
    share = tokens / training_tokens
    if share <= MOST_OF_TRAINING:
        text = tr("{share} of its training, below {most}.", share=part(share), most=most)
        return text, False
    text = tr(
        "{share} of its training, above {most}: what is gained is learned anew at least in part, "
        "not transferred.",
        share=part(share),
        most=most,
    )
    return text, True


def loss_lines(losses: Sequence[TuningLoss]) -> tuple[LossLine, ...]:
    """Losses as curves."""
    curves: dict[tuple[str, str], list[TuningLoss]] = {}
    for loss in losses:
        curves.setdefault((loss.ability, loss.split), []).append(loss)
    return tuple(
        LossLine(found[0].ability, found[0].split, *_points(found)) for found in curves.values()
    )


def _points(losses: list[TuningLoss]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    found = sorted(losses, key=lambda loss: loss.step)
    return tuple(loss.step for loss in found), tuple(loss.loss for loss in found)


def best_so_far(losses: Sequence[TuningLoss], settings: GateSettings) -> int | None:
    """The step of the lowest mean over abilities; None where more than that decides, or nothing."""
    if settings.l1 or settings.budget is not None:
        return None
    checks: dict[int, list[float]] = defaultdict(list)
    for loss in losses:
        if loss.split == "validation":
            checks[loss.step].append(loss.loss)
    most = max(map(len, checks.values()), default=0)
    whole = {step: math.fsum(found) for step, found in checks.items() if len(found) == most}
    return min(whole, key=lambda step: (whole[step], step)) if whole else None


def learned_facts(learned: LearnedGates) -> dict[str, str]:
    """How stored gates were learned, for people."""
    steps = tr("{steps}, the best is {best}", steps=count(learned.steps), best=learned.best_step)
    early = tr("yes, validation no longer gained") if learned.stopped_early else tr("no")
    when = datetime.fromtimestamp(learned.learned_at).strftime("%d %b %Y, %H:%M")
    return {
        tr("Steps"): steps,
        tr("Stopped early"): early,
        tr("Tokens read"): tr(
            "{tokens}, {different} of them different",
            tokens=count(learned.tokens),
            different=count(learned.different_tokens),
        ),
        tr("Validation tokens"): count(learned.validation_tokens),
        tr("Learned"): when,
    }
