"""The table of what jobs can do. Adding a kind is one function and one line."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from act_core.abilities.hub_source import fetch_abilities
from act_core.cancel import CancelToken
from act_core.errors import ActError
from act_core.events import EventSink
from act_core.hub.models import fetch_model
from act_core.hub.names import HubName, required_name
from act_core.hub.publish import Published
from act_core.pipeline.analysis import AnalysisResult, analyse
from act_core.pipeline.points import Point, point_of
from act_core.pipeline.probes import probe_again
from act_core.pipeline.publish import publish
from act_core.pipeline.publishing import Readiness, check_publish, publish_to_hub
from act_core.pipeline.repeating import analyse_command, sweep_command
from act_core.pipeline.run import Outcome, Stage, run_recipe
from act_core.pipeline.sweep import SweepResult, sweep
from act_core.pipeline.talking import ask
from act_core.recipe import Ability, Recipe
from act_core.runs import RunFolder
from act_core.settings import load_settings, settings_path
from act_core.talk.question import Question
from act_core.transfer.absent import show_model
from act_core.transfer.verify import VerificationReport, verify_folder
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.warm import WARM

Work = Callable[[JobSpec, EventSink, CancelToken], object]
# What the last look before publishing found, so that a large checkpoint is not verified twice.
_looked_at: list[Readiness] = []


def recipe_of(spec: JobSpec) -> Recipe:
    """The recipe of a job that needs one.

    Raises:
        ActError: It has none.
    """
    if spec.recipe is None:
        raise _incomplete(spec, "recipe")
    return spec.recipe


def argument_of(spec: JobSpec, name: str) -> str:
    """A text that a job needs.

    Raises:
        ActError: It is missing.
    """
    value = spec.arguments.get(name)
    if not isinstance(value, str) or not value:
        raise _incomplete(spec, name)
    return value


def _incomplete(spec: JobSpec, name: str) -> ActError:
    return ActError(
        f"The job {spec.title} does not say its {name}.", remedy="Start it again from its page."
    )


def _carry_out(until: Stage) -> Work:
    def work(spec: JobSpec, emit: EventSink, token: CancelToken) -> Outcome:
        recipe = recipe_of(spec)
        return run_recipe(
            recipe,
            until=until,
            overwrite=bool(spec.arguments.get("overwrite")),
            samples=bool(spec.arguments.get("samples")),
            command=f"act {until} {shlex.quote(str(RunFolder(recipe.run).recipe))}",
            emit=emit,
            token=token,
        )

    return work


def _verify(spec: JobSpec, emit: EventSink, token: CancelToken) -> VerificationReport:
    return verify_folder(Path(argument_of(spec, "folder")), emit=emit, cancel=token)


def _show_model(spec: JobSpec, _emit: EventSink, _token: CancelToken) -> None:
    show_model(
        Path(argument_of(spec, "folder")), argument_of(spec, "name"), argument_of(spec, "place")
    )


def _sweep(spec: JobSpec, emit: EventSink, token: CancelToken) -> SweepResult:
    recipe, points = recipe_of(spec), _points(spec)
    halving = bool(spec.arguments.get("halving", True))
    place = RunFolder(recipe.run).sweep.recipe
    command = sweep_command(place, recipe, points, halving=halving)
    return sweep(recipe, points, halving=halving, command=command, emit=emit, token=token)


def _points(spec: JobSpec) -> list[Point]:
    """The argument `points`: points as plain data."""
    given = spec.arguments.get("points")
    if isinstance(given, list):
        found = [point_of(plain) for plain in given if isinstance(plain, Mapping)]
        known = [point for point in found if point is not None]
        if known and len(known) == len(given):
            return known
    raise _incomplete(spec, "points")


def _analyse(spec: JobSpec, emit: EventSink, token: CancelToken) -> AnalysisResult:
    recipe = recipe_of(spec)
    given = spec.arguments.get("analyses")
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise _incomplete(spec, "analyses")
    command = analyse_command(RunFolder(recipe.run).analyses.recipe, given)
    return analyse(recipe, given, command=command, emit=emit, token=token)


def _publish(spec: JobSpec, emit: EventSink, token: CancelToken) -> VerificationReport:
    return publish(
        Path(argument_of(spec, "source")),
        Path(argument_of(spec, "out")),
        argument_of(spec, "card"),
        overwrite=bool(spec.arguments.get("overwrite")),
        emit=emit,
        token=token,
    )


def _ask(spec: JobSpec, emit: EventSink, token: CancelToken) -> object:
    try:
        question = Question.model_validate(spec.arguments.get("question"))
    except ValidationError as error:
        raise _incomplete(spec, "question") from error
    return ask(recipe_of(spec), question, WARM, emit=emit, token=token)


def _probes(spec: JobSpec, emit: EventSink, token: CancelToken) -> object:
    return probe_again(recipe_of(spec), WARM, emit=emit, token=token)


def _check_hub(spec: JobSpec, emit: EventSink, token: CancelToken) -> Readiness:
    found = check_publish(
        Path(argument_of(spec, "folder")), _repository(spec), emit=emit, token=token
    )
    _looked_at[:] = [found]
    return found


def _publish_hub(spec: JobSpec, emit: EventSink, token: CancelToken) -> Published:
    folder, name = Path(argument_of(spec, "folder")), _repository(spec)
    answers = spec.arguments.get("answers")
    ready = next((one for one in _looked_at if (one.folder, one.name) == (folder, name)), None)
    return publish_to_hub(
        load_settings(settings_path()).hub,
        folder,
        name,
        public=spec.arguments.get("public") is True,
        answers=answers if isinstance(answers, dict) else {},
        ready=ready,
        emit=emit,
        token=token,
    )


def _repository(spec: JobSpec) -> HubName:
    return required_name(argument_of(spec, "repository"))


def _download(spec: JobSpec, emit: EventSink, token: CancelToken) -> str:
    settings, base = load_settings(settings_path()).hub, spec.arguments.get("base")
    reference = argument_of(spec, "reference")
    below = base if isinstance(base, str) and base else None
    return fetch_model(settings, reference, base=below, emit=emit, token=token)


def _fetch_data(spec: JobSpec, emit: EventSink, token: CancelToken) -> dict[str, Ability]:
    """The argument `abilities`: abilities by name, as plain data."""
    given = spec.arguments.get("abilities")
    if not isinstance(given, dict):
        raise _incomplete(spec, "abilities")
    try:
        abilities = {str(name): Ability.model_validate(one) for name, one in given.items()}
    except ValidationError as error:
        raise _incomplete(spec, "abilities") from error
    return fetch_abilities(load_settings(settings_path()).hub, abilities, emit, token)


def _alone(work: Work) -> Work:
    """Work that needs the memory which a model from the last question may hold."""

    def alone(spec: JobSpec, emit: EventSink, token: CancelToken) -> object:
        WARM.let_go()
        return work(spec, emit, token)

    return alone


WORKS: Mapping[str, Work] = {
    **{stage: _alone(_carry_out(stage)) for stage in get_args(Stage)},
    "verify": _verify,
    "show-model": _show_model,
    "sweep": _alone(_sweep),
    "analyse": _alone(_analyse),
    "try": _ask,
    "probes": _probes,
    "publish": _publish,
    "download": _download,
    "fetch-data": _fetch_data,
    "check-hub": _check_hub,
    "publish-hub": _publish_hub,
}
