"""A whole profile. It survives cancel and crash: finished layers are not walked again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError

from act_core.abilities.encode import check_context, check_vocabulary
from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, output_error
from act_core.events import EventSink, Note
from act_core.models.channels import layout_of
from act_core.profile.finish import finished_profiles
from act_core.profile.partial import Partial
from act_core.profile.spec import ProfileSpec
from act_core.profile.store import Profile
from act_core.profile.walk import Walk

Keep = Callable[[dict[tuple[str, str], Profile]], None]


def profile(
    spec: ProfileSpec,
    folder: Path,
    emit: EventSink,
    token: CancelToken,
    keep: Keep | None = None,
) -> dict[tuple[str, str], Profile]:
    """Gather all statistics of a spec.

    Args:
        spec: What to profile.
        folder: Where unfinished work may lie; what an earlier start left there is gone on with.
        emit: Progress, and map rows as layers finish.
        token: Polled per batch.
        keep: Writes the profiles down, before the unfinished work is removed that they came from.

    Returns:
        Profiles by (specialist, ability).

    Raises:
        AbilityDataError: A sequence is longer than the model's context, or *attributed* is asked
            for and nothing counted is predicted.
        OutOfMemoryError: Not even one sequence fits.
        NotFiniteError: A statistic is NaN or Inf.
        OutputError: The folder cannot be written.
        CancelledByPersonError: Finished layers stay in the folder.
    """
    check_abilities(spec)
    place = folder / f"{spec.key()[:16]}.partial"
    try:
        try:
            profiles = _walked(spec, place, emit, token)
        except SafetensorError:
            emit(Note("What an earlier start left is damaged; beginning anew.", "warning"))
            shutil.rmtree(place)
            profiles = _walked(spec, place, emit, token)
        if keep is not None:
            keep(profiles)
        shutil.rmtree(place)
    except OSError as error:
        raise output_error(error, place) from error
    return profiles


def _walked(
    spec: ProfileSpec, place: Path, emit: EventSink, token: CancelToken
) -> dict[tuple[str, str], Profile]:
    walk = Walk(spec, Partial(place), emit, token)
    walk.forward()
    for specialist in spec.walked_back:
        walk.backward(specialist)
    profiles = finished_profiles(spec, layout_of(spec.target), walk.partial)
    walk.finish()
    return profiles


def check_abilities(spec: ProfileSpec) -> None:
    """Refuse abilities that cannot be profiled, before anything is walked.

    Raises:
        AbilityDataError: As `profile`.
    """
    for name, encoded in spec.abilities.items():
        check_context(name, encoded, spec.target.shape.context)
        if "difference" in spec.statistics:
            for specialist, model in spec.specialists.items():
                check_vocabulary(name, encoded, model.embeddings, f"the specialist {specialist}")
        if "attributed" in spec.statistics and not encoded.predicted_tokens:
            raise AbilityDataError(
                f"{name} has no counted token that anything predicts.",
                remedy="Attributed needs a loss: give longer items or prompts before the answers.",
            )
