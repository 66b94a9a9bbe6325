"""Tasks of lm-evaluation-harness in a run: target and exported result, each measured once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from act_core.errors import HarnessError
from act_core.evaluate.comparison import TARGET
from act_core.evaluate.harness import (
    HOW_TO_INSTALL,
    STAGE,
    TaskFigure,
    harness_version,
    run_tasks,
)
from act_core.events import Finished, Note
from act_core.files import read_object
from act_core.hashing import content_hash, file_sha256
from act_core.models.reference import resolve
from act_core.pipeline.candidates import RESULT
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.stages import Context
from act_core.profile.devices import choose_device


def task_stage(inputs: Inputs, export: Path | None, context: Context) -> dict[str, Any]:
    """Measure the target and the checkpoint by the recipe's tasks.

    Args:
        inputs: The run's inputs.
        export: The checkpoint; tasks run on checkpoints only.
        context: Run folder, events, cancel.

    Returns:
        For metrics.json: figures, or in plain words why there are none.

    Raises:
        OutputError: A file cannot be written.
        CancelledByPersonError: After a cancel; what was measured stays known.
    """
    settings = inputs.recipe.evaluate
    if not settings.tasks or export is None:
        return {}
    version = harness_version()
    if version is None:
        text = f"Tasks were not measured: lm-evaluation-harness is not installed. {HOW_TO_INSTALL}"
        context.emit(Note(text, "warning"))
        return {"tasks": {"missing": text, "figures": []}}
    figures: list[dict[str, Any]] = []
    missing = ""
    folders = {TARGET: inputs.target.folder, RESULT: export}
    if inputs.target.source != "folder":
        missing = "Tasks run on checkpoint folders, and the target is none."
        context.emit(Note(missing, "warning"))
        del folders[TARGET]
    for name, folder in folders.items():
        key = _key(inputs, folder, version)
        try:
            found = _known(context, key) or _measure(inputs, folder, key, context)
        except HarnessError as error:
            missing = f"Tasks of {name} were not measured: {error.reason} {error.remedy}"
            context.emit(Note(missing, "warning"))
            break
        figures += [{"candidate": name, **dataclasses.asdict(one)} for one in found]
    return {"tasks": {"missing": missing, "harness": version, "figures": figures}}


def _key(inputs: Inputs, folder: Path, version: str) -> str:
    """Hash of everything that decides the figures."""
    settings = inputs.recipe.evaluate
    return content_hash(
        {
            "model": resolve(str(folder)).fingerprint(),
            "tasks": settings.tasks,
            "items": settings.task_items,
            "files": dict(_files(settings.task_folder)),
            "dtype": inputs.recipe.profile.dtype,
            "harness": version,
        }
    )


def _files(folder: Path | None) -> Iterator[tuple[str, str]]:
    if folder is None:
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), file_sha256(path)


def _known(context: Context, key: str) -> tuple[TaskFigure, ...] | None:
    try:
        found = read_object(_path(context, key))
        figures = tuple(TaskFigure(**one) for one in found["figures"])
    except (KeyError, TypeError):
        return None
    context.emit(Finished(STAGE, reused=True))
    return figures


def _measure(inputs: Inputs, folder: Path, key: str, context: Context) -> tuple[TaskFigure, ...]:
    recipe = inputs.recipe
    figures = run_tasks(
        folder,
        recipe.evaluate.tasks,
        context.folder.path / "tasks" / key[:16],
        task_folder=recipe.evaluate.task_folder,
        items=recipe.evaluate.task_items,
        device=str(choose_device(recipe.profile.device)),
        dtype=recipe.profile.dtype,
        emit=context.emit,
        cancel=context.token,
    )
    facts: Mapping[str, Any] = {"figures": [dataclasses.asdict(one) for one in figures]}
    context.folder.write_json(_path(context, key), facts)
    return figures


def _path(context: Context, key: str) -> Path:
    return context.folder.path / "tasks" / f"{key[:16]}.json"
