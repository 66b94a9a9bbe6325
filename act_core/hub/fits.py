"""Which models of a search fit a target: each by its headers, two at a time, as they are found."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from act_core.cancel import CancelToken
from act_core.errors import (
    ActError,
    CancelledByPersonError,
    ErrorRecord,
    HubOfflineError,
    HubUnreachableError,
    ReferenceNotFoundError,
    UnsupportedModelError,
)
from act_core.events import EventSink, Finished, Progress, Started, discard
from act_core.hub.inspect import Inspection, inspect_model
from act_core.hub.names import HubName, hub_name
from act_core.hub.pair import Looked, check_hub_pair, model_of
from act_core.hub.rows import FoundModel
from act_core.hub.search import Search, search_models
from act_core.hub.waiting import result_of
from act_core.models.describe import describe
from act_core.models.pair import Finding
from act_core.settings import HubSettings
from act_core.warmup import import_heavy

STAGE = "fits"
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Fit:
    """What became of one model.

    Attributes:
        found: Its row.
        findings: Of the pair check; empty where there is an error.
        fits: Nothing blocks a transfer.
        download_bytes: What a download of it fetches; None where there is an error.
        error: Why it could not be checked, or None.
    """

    found: FoundModel
    findings: tuple[Finding, ...]
    fits: bool
    download_bytes: int | None = None
    error: ErrorRecord | None = None


def base_of(target: Looked) -> str:
    """`owner/name` of what others may have been made from: of a model on the Hub itself.

    Raises:
        ReferenceNotFoundError: The target is local, and its card names no base on the Hub.
    """
    if isinstance(target, Inspection):
        return target.name.repo
    model = model_of(target)
    name = hub_name(describe(model).base_model or "")
    if name is None:
        raise ReferenceNotFoundError(
            f"{model.reference} does not say what it was made from.",
            remedy="Name the base: owner/name.",
        )
    return name.repo


def fitting(
    settings: HubSettings,
    target: Looked,
    search: Search,
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Iterator[Fit]:
    """Check the models of a search against a target, in the order of the search, all of them.

    Args:
        settings: How the Hub is reached.
        target: Receives channels.
        search: What is looked for, as a rule with `base=base_of(target)`.
        emit: Progress (stage `fits`, of the models known so far), notes about waits.
        token: Polled.

    Raises:
        HubUnreachableError, HubOfflineError: The Hub is out of reach.
        CancelledByPersonError: Cancelled.
        HubError: The search failed; errors of a single model are in its `Fit`.
    """
    token, stop = token or CancelToken(), CancelToken()
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="act-fits")
    under_way: deque[Future[Fit]] = deque()
    done = 0
    emit(Started(STAGE, 0, "models"))
    import_heavy()  # two threads must not begin with it at once
    try:
        for row in search_models(settings, search, emit=emit, token=token):
            if isinstance(target, Inspection) and row.name == target.name.repo:
                continue
            under_way.append(pool.submit(_fit, settings, target, row, stop))
            if len(under_way) > _AT_ONCE:
                yield result_of(under_way.popleft(), token)
                done += 1
                emit(Progress(STAGE, done, done + len(under_way), "models"))
        while under_way:
            yield result_of(under_way.popleft(), token)
            done += 1
            emit(Progress(STAGE, done, done + len(under_way), "models"))
        emit(Finished(STAGE))
    finally:  # also where the caller takes no more
        stop.cancel()
        pool.shutdown(cancel_futures=True)


def _fit(settings: HubSettings, target: Looked, row: FoundModel, token: CancelToken) -> Fit:
    try:
        if row.unusable:
            raise UnsupportedModelError(row.unusable, remedy="Choose another model.")
        is_base = isinstance(target, Inspection) and target.name.repo in row.bases
        base = target if row.is_adapter and is_base else None
        inspection = inspect_model(settings, HubName(row.name), base=base, token=token)
        findings = check_hub_pair(settings, target, inspection, token=token)
    except (CancelledByPersonError, HubUnreachableError, HubOfflineError):
        raise
    except ActError as error:
        return Fit(row, (), False, error=error.record())
    fits = not any(finding.severity == "blocks" for finding in findings)
    return Fit(row, findings, fits, inspection.choice.size_bytes)
