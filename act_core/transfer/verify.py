"""Verification, part of every transfer (design.md, section 3).

NaN and Inf are searched among the moved entries only: everything else is the target's, byte for
byte, so nothing new can be there.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import ActError
from act_core.events import EventSink, discard
from act_core.hashing import read_sha256
from act_core.localize.masks import load_mask
from act_core.meters import SharedMeter
from act_core.models.adapter import CONFIG_NAME as ADAPTER_CONFIG
from act_core.models.adapter import read_adapter
from act_core.models.channels import layout_of
from act_core.models.headers import read_folder, read_header
from act_core.models.reference import Model, resolve, with_adapter
from act_core.models.tokenizer import SIDE_FILES
from act_core.models.weights import SafetensorsWeights
from act_core.transfer.answer import answer_prompt
from act_core.transfer.compare import Compared, compare_file, failed
from act_core.transfer.gate_edits import gate_moves
from act_core.transfer.gates import load_gates
from act_core.transfer.jobs import run_jobs
from act_core.transfer.moves import Move, moves_of
from act_core.transfer.provenance import (
    GatesRecord,
    MaskRecord,
    Provenance,
    TuneRecord,
    read_provenance,
    same_model,
)
from act_core.transfer.tuned import lora_moves, moves_digest, row_moves
from act_core.transfer.work import Work, lay_out

STAGE = "verify"
# What transformers reads beside config.json and weights, where it is there.
_LOADED = frozenset({ADAPTER_CONFIG, "generation_config.json", *SIDE_FILES})


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: What, e.g. `bytes outside the mask`.
        count: How many of them.
        unit: Of what.
        passed: Whether all are right.
        detail: What else is worth saying.
    """

    name: str
    count: int
    unit: str
    passed: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What verification has found.

    Attributes:
        checks: In the order of checking.
        seconds: Time it took where it ran by itself; within a transfer, from the last byte on.
    """

    checks: tuple[Check, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)


def verify(
    out: Path,
    work: Work,
    *,
    answer: bool = True,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> VerificationReport:
    """Check an export against its target and specialists, everything read from disk again.

    Args:
        out: The exported folder.
        work: What was to be done.
        answer: Load it with transformers and let it answer a prompt; needs memory for the model.
        emit: Progress in bytes.
        cancel: Ends the work within a fraction of a second, but for the loading.

    Raises:
        VerificationError: A check failed; the first one is named.
        CancelledByPersonError: After a cancel.
    """
    cancel = cancel or CancelToken()
    started_at = time.monotonic()
    meter = SharedMeter(emit, STAGE, sum(file.size_bytes for file in work.files))
    form = check_form(out, work)

    def compare(index: int, stop: CancelToken) -> Compared:
        file = work.files[index]
        patches = work.patches.get(file.name, ())
        return compare_file(file, out / file.name, patches, stop, meter.step)

    jobs = [functools.partial(compare, index) for index in range(len(work.files))]
    compared = run_jobs(jobs, cancel)
    checks = (form, *content_checks(work, compared), *answer_checks(out, answer, cancel))
    meter.finish()
    return VerificationReport(checks, time.monotonic() - started_at)


def verify_folder(
    folder: Path,
    *,
    models: Mapping[str, str] | None = None,
    answer: bool = True,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> VerificationReport:
    """Check an export again from what lies in its folder; the models it names must be there.

    Args:
        folder: The export.
        models: Where models lie that are elsewhere than they were: references by `target` and
            names of specialists.
        answer, emit, cancel: As in `verify`.

    Raises:
        RecipeError: act_recipe.yaml is missing or not valid.
        ReferenceNotFoundError: A model it names is not there any more, or nobody knows where.
        VerificationError: A check failed; the first one is named.
        CancelledByPersonError: After a cancel.
    """
    record = read_provenance(folder)
    places = models or {}
    target = same_model("target", record.target, places)
    specialists = {
        name: same_model(name, entry, places) for name, entry in record.specialists.items()
    }
    moves = _recorded_moves(folder, record, target, specialists)
    number = len(specialists)
    if record.gates is None:
        hashes = Check("models and masks", 1 + 2 * number, "hashes as recorded")
    else:
        hashes = Check("models and gates", 2 + number, "hashes as recorded")
    first: tuple[Check, ...] = (hashes,)
    if record.tune is not None:
        moves, check = _tuned(folder, record.tune, target, moves)
        first = (hashes, check)
    work = lay_out(target, moves)
    _check_strangers(folder, work)
    report = verify(folder, work, answer=answer, emit=emit, cancel=cancel)
    return VerificationReport((*first, *report.checks), report.seconds)


def _check_strangers(folder: Path, work: Work) -> None:
    """Nothing that loading would read lies there besides what the transfer has written.

    Raises:
        VerificationError: Something does.
    """
    ours = {file.name for file in work.files}
    for name in sorted(_LOADED - ours):
        if (folder / name).exists():
            raise failed(
                "side files", f"{name} is not of the transfer, and changes what is loaded."
            )


def _tuned(
    folder: Path, record: TuneRecord, target: Model, start: tuple[Move, ...]
) -> tuple[tuple[Move, ...], Check]:
    """What the weights hold with the tuning, which must be that of the transfer; and that it is."""
    path = _unchanged(folder, "tuning", record)
    if moves_digest(start) != record.start:
        raise failed("tuning", f"{record.file} was tuned after another transfer.")
    if record.kind == "channels":
        return row_moves(target, start, path), Check("tuned rows", 1, "hash as recorded")
    if record.keep == "merged":
        return lora_moves(target, start, path.parent), Check("adapter", 1, "hash as recorded")
    return start, adapter_check(resolve(folder), path.parent)


def adapter_check(checkpoint: Model, folder: Path) -> Check:
    """That an adapter fits a checkpoint, and is finite.

    Args:
        checkpoint: Of the form that the adapter stands on.
        folder: The adapter's.

    Raises:
        VerificationError: It does not, or is not.
    """
    import torch

    name = "adapter"
    try:
        with_adapter(str(folder), checkpoint, folder)
        reader = SafetensorsWeights(read_adapter(folder).headers)
        finite = all(bool(torch.isfinite(reader.read(one)).all()) for one in reader.facts)
    except ActError as error:
        raise failed(name, error.reason) from error
    if not finite:
        raise failed(name, f"{folder} holds NaN or Inf.")
    return Check(name, len(reader.facts), "tensors", detail="fit the checkpoint, and are finite")


def _recorded_moves(
    folder: Path, record: Provenance, target: Model, specialists: Mapping[str, Model]
) -> tuple[Move, ...]:
    """What moved, from the gates or masks in the folder, which must be those of the transfer."""
    layout = layout_of(target)
    if record.gates is not None:
        gates = load_gates(_unchanged(folder, "gates", record.gates), layout)
        return gate_moves(target, specialists, gates, record.transfer)
    masks = {
        name: load_mask(_unchanged(folder, "masks", entry.mask), layout)
        for name, entry in record.specialists.items()
        if entry.mask is not None
    }
    return moves_of(target, specialists, masks, record.transfer)


def _unchanged(folder: Path, check: str, entry: MaskRecord | GatesRecord | TuneRecord) -> Path:
    path = folder / entry.file
    if not path.is_file() or read_sha256(path) != entry.sha256:
        raise failed(check, f"{entry.file} is missing or not the one of the transfer.")
    return path


def check_form(out: Path, work: Work) -> Check:
    """Names, shapes, dtypes and places of all tensors are the target's.

    Raises:
        VerificationError: Something is missing, new or otherwise.
    """
    name = "names, shapes and dtypes"
    try:
        found = read_folder(out)
    except ActError as error:
        raise failed(name, error.reason) from error
    # As stored: the target's own headers speak of each expert alone, where a file packs them.
    expected = {
        header.name: (header.shape, header.dtype, file.name, header.begin_bytes)
        for file in work.files
        if file.weights
        for header in read_header(file.source).values()
    }
    for tensor, facts in expected.items():
        header = found.get(tensor)
        if header is None:
            raise failed(name, f"{tensor} is missing.")
        if (header.shape, header.dtype, header.file.name, header.begin_bytes) != facts:
            raise failed(name, f"{tensor} is not stored as in the target.")
    return Check(name, len(expected), "tensors")


def content_checks(work: Work, compared: Sequence[Compared]) -> tuple[Check, ...]:
    """What the comparison of all files has found, summed up."""
    weights = {file.name for file in work.files if file.weights}
    ours = [result for result in compared if result.name in weights]
    entries = sum(result.entries for result in ours)
    return (
        Check("bytes outside the mask", sum(r.same_bytes for r in ours), "bytes identical"),
        Check("rows inside the mask", entries, "parameters as the formula says"),
        Check("finite numbers", entries, "parameters", detail="moved ones; the rest is unchanged"),
        Check("side files", len(compared) - len(ours), "files identical"),
    )


def answer_checks(out: Path, answer: bool, cancel: CancelToken) -> tuple[Check, ...]:
    """The loading and the answer, where asked for.

    Raises:
        VerificationError: It does not load or its logits are not finite.
    """
    if not answer:
        return ()
    text = answer_prompt(out, cancel)
    return (
        Check(
            "loads with transformers and answers", 1, "prompt", detail=f"continued with “{text}”"
        ),
    )
