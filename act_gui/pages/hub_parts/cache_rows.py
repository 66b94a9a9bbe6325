"""Rows of the list of the Hub's cache, and the model that a row stands for."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem

from act_core.hub.cache import CachedRepo, CachedRevision
from act_core.hub.names import DEFAULT_REVISION, HubName
from act_core.report.numbers import size
from act_gui.text import tr
from act_gui.widgets.recents import ago

ROW_ROLE = Qt.ItemDataRole.UserRole


def item_of(repo: CachedRepo) -> QTreeWidgetItem:
    """A row with one below it for each commit; their `ROW_ROLE` has what they stand for."""
    kind = tr("model") if repo.kind == "model" else tr("data set")
    used = "" if repo.used_at_s is None else ago(repo.used_at_s)
    item = QTreeWidgetItem([repo.repo, kind, size(repo.size_bytes), used, _state(repo)])
    item.setData(0, ROW_ROLE, repo)
    item.setToolTip(0, str(repo.folder))
    for revision in repo.revisions:
        name = revision.name.short_revision
        named = f"{name} ({', '.join(revision.refs)})" if revision.refs else name
        row = QTreeWidgetItem([named, "", size(revision.size_bytes), "", _wholeness(revision)])
        row.setData(0, ROW_ROLE, revision)
        row.setToolTip(4, "\n".join(revision.missing or ()))
        item.addChild(row)
    return item


def model_of(item: QTreeWidgetItem | None) -> tuple[HubName, tuple[str, ...]] | None:
    """What a project would call the model of a row, and all names of its revision.

    A repository stands for its main branch where that is here, else for its largest commit; None
    where no model can be had: a data set, what is damaged, and where nothing is whole enough to
    have a commit.
    """
    chosen = None if item is None else item.data(0, ROW_ROLE)
    if isinstance(chosen, CachedRepo):
        if chosen.damaged or not chosen.revisions:
            return None
        by_branch = (one for one in chosen.revisions if DEFAULT_REVISION in one.refs)
        chosen = next(by_branch, chosen.revisions[0])
    if not isinstance(chosen, CachedRevision) or chosen.name.kind != "model":
        return None
    return _named(chosen), (*chosen.refs, chosen.name.revision)


def _named(revision: CachedRevision) -> HubName:
    """By a branch or tag where it has one, as a person would write it."""
    refs = sorted(revision.refs, key=lambda ref: ref != DEFAULT_REVISION)
    return replace(revision.name, revision=refs[0]) if refs else revision.name


def _state(repo: CachedRepo) -> str:
    if repo.damaged:
        return tr("damaged: {reason}", reason=repo.damaged)
    if any(partial.running for partial in repo.partials):
        return tr("being fetched")
    if repo.partials or not repo.revisions:
        return tr("incomplete")
    states = {_wholeness(revision) for revision in repo.revisions}
    return states.pop() if len(states) == 1 else ""


def _wholeness(revision: CachedRevision) -> str:
    if revision.missing is None:
        return ""
    return tr("incomplete") if revision.missing else tr("whole")
