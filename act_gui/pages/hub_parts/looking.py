"""What is found out of one model on the Hub before its download; runs on a worker thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from act_core.cancel import CancelToken
from act_core.errors import ActError, CancelledByPersonError, ErrorRecord
from act_core.hub.connection import endpoint_of
from act_core.hub.download import DownloadPlan, plan_download
from act_core.hub.inspect import Inspection, inspect_model
from act_core.hub.names import HubName
from act_core.hub.pair import check_hub_pair
from act_core.hub.rows import FoundModel
from act_core.models.describe import ModelCard, describe
from act_core.models.pair import Finding
from act_core.profile.fit import TaskFit, task_fits
from act_core.profile.machine import read_machine
from act_core.recipe import Draft
from act_core.settings import HubSettings
from act_core.warmup import import_heavy
from act_gui.modelbook import KnownModel
from act_gui.pages.hub_parts.using import uses_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be found out.

    Attributes:
        row: The model's row.
        name: The model, with the revision and folder that the person wrote.
        draft: The recipe, for its target and what it wants of memory.
        target: Receives channels; None: it is not known.
    """

    row: FoundModel
    name: HubName
    draft: Draft
    target: KnownModel | None


@dataclass(frozen=True, slots=True)
class Details:
    """What was found out so far.

    Attributes:
        page: Address of its page.
        inspection: By its headers; None where there is an error.
        card: What people are shown of it, likewise.
        plan: What a download would do, likewise.
        findings: Of the pair check; None until it is done, or where no target is known.
        fits: Memory that the work needs with it; empty until that is known.
        error: Why it cannot be used, or None.
        is_target: There is no pair to check.
    """

    page: str
    inspection: Inspection | None = None
    card: ModelCard | None = None
    plan: DownloadPlan | None = None
    findings: tuple[Finding, ...] | None = None
    fits: tuple[TaskFit, ...] = ()
    error: ErrorRecord | None = None
    is_target: bool = False


def look_at(
    wish: Wish, settings: HubSettings, tell: Callable[[Details], None], token: CancelToken
) -> Details:
    """Inspect a model, plan its download, check the pair, estimate memory; no weight is fetched.

    Args:
        wish: Which model, for what.
        settings: The way to the Hub.
        tell: Is told what is known before the pair was checked.
        token: Polled.

    Raises:
        CancelledByPersonError: Cancelled. Other errors are in the details.
    """
    details = Details(f"{endpoint_of(settings)}/{wish.name.repo}")
    try:
        inspection = inspect_model(settings, wish.name, base=_base(wish), token=token)
        plan = plan_download(settings, inspection.name, token=token)
        card, is_target = describe(inspection.model), _is_target(wish, inspection)
        details = replace(details, inspection=inspection, card=card, plan=plan, is_target=is_target)
        tell(details)
        target = wish.target
        if target is not None and not is_target:
            found = check_hub_pair(settings, target.looked, inspection, token=token)
            details = replace(details, findings=found)
        return replace(details, fits=_memory(wish, inspection))
    except CancelledByPersonError:
        raise
    except ActError as error:
        return replace(details, error=error.record())


def _is_target(wish: Wish, inspection: Inspection) -> bool:
    revisions = (wish.name.revision, inspection.name.revision)
    uses = uses_of(wish.draft, wish.name)
    return any(use.role == "target" and use.is_of(revisions) for use in uses)


def _base(wish: Wish) -> Inspection | None:
    """An adapter of the target stands on it as it was looked at already."""
    looked = wish.target.looked if wish.target is not None else None
    if (
        wish.row.is_adapter
        and isinstance(looked, Inspection)
        and looked.name.repo in wish.row.bases
    ):
        return looked
    return None


def _memory(wish: Wish, inspection: Inspection) -> tuple[TaskFit, ...]:
    """With the model as the only specialist, or alone where no target is known."""
    import_heavy()
    machine = read_machine(wish.draft.profile.device)
    if wish.target is None:
        return task_fits(wish.draft, inspection.model, (), machine)
    return task_fits(wish.draft, wish.target.model, (inspection.model,), machine)
