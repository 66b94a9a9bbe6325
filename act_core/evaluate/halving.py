"""Work batch by batch, in smaller ones where the device's memory ran out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from act_core.cancel import CancelToken
from act_core.events import EventSink, Note
from act_core.profile.devices import is_out_of_memory, release_memory, too_large

if TYPE_CHECKING:
    import torch


class Halvable(Protocol):
    """A batch that can be split in two; one that cannot gives itself back alone."""

    def halves(self) -> tuple[Self, ...]:
        """Its two halves."""


Work = TypeVar("Work", bound=Halvable)


def run_batches(
    batches: Iterable[Work],
    run: Callable[[Work], None],
    device: torch.device,
    emit: EventSink,
    cancel: CancelToken,
) -> None:
    """Run every batch; after an out-of-memory error it and all that follow go on in halves.

    Args:
        batches: The batches.
        run: Computes one; it keeps its results itself and only once it has all of them.
        device: Whose memory is meant.
        emit: Is told of every halving.
        cancel: Polled before every batch.

    Raises:
        OutOfMemoryError: A batch that cannot be split does not fit.
        CancelledByPersonError: After a cancel.
    """
    waiting = deque(batches)
    while waiting:
        cancel.raise_if_cancelled()
        batch = waiting.popleft()
        failure = _failure(run, batch)
        if failure is None:
            continue
        # Outside of any except block, or the traceback would keep the batch's tensors alive.
        release_memory(device)
        if len(batch.halves()) == 1:
            raise too_large(device, failure)
        waiting = deque(half for one in (batch, *waiting) for half in one.halves())
        emit(Note("The memory ran out; going on with half the batch size.", "warning"))


def _failure(run: Callable[[Work], None], batch: Work) -> str | None:
    try:
        run(batch)
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            return repr(error)
        raise
    return None
