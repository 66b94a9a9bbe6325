"""A transfer from plan to place: copy, patch, verify, flush, rename (design.md, section 3)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import output_error
from act_core.events import EventSink, Finished, Started, discard
from act_core.meters import SharedMeter
from act_core.transfer.compare import Compared, compare_file
from act_core.transfer.files import CarriedFile
from act_core.transfer.patch import write_files
from act_core.transfer.place import check_name, claimed, flush, put_in_place
from act_core.transfer.plan import TransferPlan
from act_core.transfer.verify import (
    VerificationReport,
    answer_checks,
    check_form,
    content_checks,
)

STAGE = "transfer"
FLUSH_STAGE = "flush"

# Files that accompany the weights, by name: text, or a file whose content is taken.
ExtraFiles = Mapping[str, str | Path]


def transfer(
    plan: TransferPlan,
    extra_files: Callable[[VerificationReport], ExtraFiles],
    *,
    answer: bool = True,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> VerificationReport:
    """Carry a plan out. Whatever happens, the output is absent or whole, the old one or the new.

    Args:
        plan: From `plan_transfer`.
        extra_files: Card, recipe and mask to put beside the weights, given what verification
            found.
        answer: Load the result with transformers and let it answer; needs memory for the model.
        emit: Stages `transfer` (bytes copied and compared) and `flush`.
        cancel: Ends the work within a fraction of a second, but for the loading.

    Raises:
        OutputError: It cannot be written, or its name has been taken since.
        DiskFullError: The disk ran full.
        CorruptCheckpointError: A file cannot be read as its header says.
        NotFiniteError: A moved entry is NaN or Inf.
        VerificationError: The result is not what the plan says.
        CancelledByPersonError: After a cancel.
    """
    cancel = cancel or CancelToken()
    work = plan.work
    check_name(plan.out, overwrite=plan.overwrite)
    with claimed(plan.out) as partial:
        meter = SharedMeter(emit, STAGE, 2 * plan.copy_bytes)

        def compare(file: CarriedFile, stop: CancelToken) -> Compared:
            patches = work.patches.get(file.name, ())
            return compare_file(file, partial / file.name, patches, stop, meter.step)

        compared = write_files(work, partial, cancel, meter.step, compare)
        verified_from = time.monotonic()
        checks = (
            check_form(partial, work),
            *content_checks(work, compared),
            *answer_checks(partial, answer, cancel),
        )
        report = VerificationReport(checks, time.monotonic() - verified_from)
        meter.finish()
        _write_extras(partial, extra_files(report))
        _flush(partial, emit, cancel)
        put_in_place(plan.out)
    return report


def _write_extras(folder: Path, files: ExtraFiles) -> None:
    for name, content in files.items():
        goal = folder / name
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                goal.write_text(content, "utf-8", "backslashreplace", newline="\n")
            else:
                shutil.copyfile(content, goal)
        except OSError as error:
            raise output_error(error, goal) from error


def _flush(folder: Path, emit: EventSink, cancel: CancelToken) -> None:
    started_at = time.monotonic()
    emit(Started(FLUSH_STAGE))
    flush(folder, cancel)
    emit(Finished(FLUSH_STAGE, seconds=time.monotonic() - started_at))
