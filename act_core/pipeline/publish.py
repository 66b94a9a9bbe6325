"""A finished checkpoint put where a person wants it, with the card that the person wants."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from act_core.cancel import CancelToken
from act_core.errors import OutputError, ReferenceNotFoundError, output_error
from act_core.events import EventSink
from act_core.meters import SharedMeter
from act_core.models.describe import CARD_NAME
from act_core.models.reference import resolve
from act_core.recipe import Recipe, Transfer
from act_core.report.table import figure_table
from act_core.runs import RunFolder
from act_core.transfer.card import check_front_matter, replace_card, with_figures
from act_core.transfer.copying import copy_file
from act_core.transfer.files import RECIPE_NAME
from act_core.transfer.jobs import run_jobs
from act_core.transfer.place import (
    check_apart,
    check_name,
    check_room,
    claimed,
    flush,
    put_in_place,
)
from act_core.transfer.provenance import Provenance, read_provenance, recorded_model
from act_core.transfer.verify import VerificationReport, verify_folder

STAGE = "publish"


def card_text(recipe: Recipe) -> str:
    """The model card of a recipe's checkpoint, with the figures that are known for it by now.

    Figures are taken from the run's metrics.json if they were measured with the models, masks and
    settings of the checkpoint; no weights are read.

    Raises:
        OutputError: There is no checkpoint, or it has no card.
        RecipeError: Its act_recipe.yaml is damaged.
    """
    folder = recipe.export or recipe.run / "model"
    try:
        if not (folder / RECIPE_NAME).is_file():
            raise FileNotFoundError
        text = (folder / CARD_NAME).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(
            f"{folder} holds no checkpoint with a model card yet.",
            remedy="Write the checkpoint first: on the page Transfer, or with act transfer.",
            title="Checkpoint not found",
        ) from error
    metrics = RunFolder(recipe.run).read_metrics()
    if not _are_of(metrics, read_provenance(folder)):
        return text
    table = figure_table(metrics)
    return with_figures(text, (table.header, *table.rows))


def publish(
    source: Path,
    out: Path,
    card: str,
    *,
    overwrite: bool,
    emit: EventSink,
    token: CancelToken,
) -> VerificationReport:
    """Copy a finished checkpoint; whatever happens, the output is absent or whole, old or new.

    Args:
        source: A folder that a transfer has written.
        out: The folder to write.
        card: Text of its README.md.
        overwrite: Replace a checkpoint that is there already, once the new one is whole.
        emit: Stages `publish` (bytes copied) and `verify` (bytes compared).
        token: Ends the work within a fraction of a second, but for the loading.

    Returns:
        What the verification of the copy has found, every byte against target and specialists.

    Raises:
        OutputError: The card's front matter is not valid, or `out` is taken, lies in or around a
            model, or cannot be written.
        DiskFullError: There is too little room.
        RecipeError: `source` was not written by a transfer.
        ReferenceNotFoundError: A model that it was made of is not there any more.
        VerificationError: The copy is not what the transfer wrote.
        CancelledByPersonError: After a cancel.
    """
    check_front_matter(card)
    out = Path(os.path.abspath(out.expanduser()))
    made_of = read_provenance(source)
    records = {"target": made_of.target, **made_of.specialists}
    parents = [recorded_model(name, record, {}) for name, record in records.items()]
    check_apart(out, [resolve(source), *parents])
    check_name(out, overwrite=overwrite)
    files = _files(source)
    total_bytes = sum(size_bytes for _, size_bytes in files)
    check_room(out, total_bytes)
    with claimed(out) as partial:
        meter = SharedMeter(emit, STAGE, total_bytes)

        def copy(name: Path, stop: CancelToken) -> None:
            copy_file(source / name, partial / name, stop, meter.step)

        try:
            for name, _ in files:
                (partial / name).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(error, partial) from error
        run_jobs([functools.partial(copy, name) for name, _ in files], token)
        replace_card(partial, card)
        meter.finish()
        report = verify_folder(partial, emit=emit, cancel=token)
        flush(partial, token)
        put_in_place(out)
    return report


def _files(source: Path) -> list[tuple[Path, int]]:
    """Everything below a folder but its card, largest first, with sizes in bytes."""
    found = []
    try:
        for place, _, names in os.walk(source):
            paths = [Path(place) / name for name in names]
            found += [(path.relative_to(source), path.stat().st_size) for path in paths]
    except OSError as error:
        raise ReferenceNotFoundError(
            f"{error.filename or source} cannot be read: {error.strerror}.",
            remedy="Check the permissions of the checkpoint's folder.",
            detail=repr(error),
        ) from error
    found = [(name, size_bytes) for name, size_bytes in found if name != Path(CARD_NAME)]
    return sorted(found, key=lambda file: (-file[1], file[0]))


def _are_of(metrics: Mapping[str, Any], made_of: Provenance) -> bool:
    """Whether there are figures, measured with what a checkpoint was made of."""
    try:
        models, masks, method = metrics["models"], metrics["masks"], metrics["method"]
        gates = metrics.get("gates") and metrics["gates"]["sha256"]
        specialists = tuple(
            (name, facts["fingerprint"], None if gates else masks[name]["sha256"])
            for name, facts in models["specialists"].items()
        )
        choices = {name: method[name] for name in type(made_of.transfer).model_fields}
        tuned = metrics.get("tune") and (metrics["tune"]["sha256"], metrics["tune"]["keep"])
        target = models["target"]["fingerprint"]
        measured = target, specialists, gates, tuned or None, Transfer(**choices)
        figures = bool(metrics["figures"])
    except (KeyError, TypeError, AttributeError, ValidationError):
        return False
    return figures and bool(measured == made_of.essence())
