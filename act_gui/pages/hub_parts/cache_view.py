"""The Hub's cache: what is on this computer, how old, whole or not; using it and clearing it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)

from act_core.errors import ErrorRecord
from act_core.hub.cache import Cache, CachedRevision, read_cache
from act_core.hub.clearing import delete_partials, delete_repo, delete_revision
from act_core.hub.models import hub_names_of
from act_core.report.numbers import count, size
from act_gui.context import Context
from act_gui.jobs.network import HubQuestions
from act_gui.pages.hub_parts.cache_rows import ROW_ROLE, item_of, model_of
from act_gui.pages.hub_parts.use_buttons import Act, UseButtons
from act_gui.pages.hub_parts.using import uses_of
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.hub_fault import hub_fault
from act_gui.widgets.labels import label

_KEY, _CLEAR_KEY = "cache", "clear the cache"
_WIDTHS_EM = (26, 6, 6, 9, 10)


class CacheView(QWidget):
    """Repositories with their commits. Reading and deleting go on in the background.

    Its parts are made when it is read first: a page is to be shown at once.

    Args:
        context: Is told when something was deleted.
        questions: Whose threads do the work.

    Signals:
        wanted: A `HubName` and an `Act` of `UseButtons`.
        cleared: Something was deleted.
    """

    wanted = Signal(object, str)
    cleared = Signal()

    def __init__(
        self, context: Context, questions: HubQuestions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context, self._questions = context, questions
        self._cache: Cache | None = None
        self.fault: Fault | None = None
        self.question: QMessageBox | None = None

    def read(self) -> None:
        """Look through the cache, now or again."""
        if self.layout() is None:
            self._build()
        self.status.setText(tr("Looking through the cache…"))
        self._questions.ask(_KEY, lambda *_: read_cache(), self._on_read, self._on_failed)

    def show_project(self) -> None:
        """Show what the project has the chosen model as."""
        if self.layout() is not None:
            self._show_uses()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.status = label("", "muted", wrap=True, selectable=True)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Repositories in the cache"))
        heads = (tr("Repository"), tr("Kind"), tr("Size"), tr("Last used"), tr("State"))
        self.tree.setHeaderLabels(heads)
        self.tree.setUniformRowHeights(True)
        self.tree.setAlternatingRowColors(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.empty = EmptyState("download", tr("Nothing of the Hub is on this computer yet."))
        self.refresh_button = push_button(tr("Look again"), self.read, "retry")
        self.clean_button = push_button(tr("Clean up"), self._on_clean, "remove")
        self.delete_button = push_button(tr("Delete…"), self._on_delete, "remove")
        self.uses = UseButtons()
        self.uses.download_button.hide()
        self.uses.wanted.connect(self._on_wanted)
        buttons = QHBoxLayout()
        for button in (self.delete_button, self.clean_button, self.refresh_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._faults = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.status)
        column.addLayout(self._faults)
        column.addWidget(self.tree, 1)
        column.addWidget(self.empty, 1)
        column.addWidget(self.uses)
        column.addLayout(buttons)
        self.empty.hide()
        self._fit()
        self._on_chosen()
        self.tree.currentItemChanged.connect(self._on_chosen)

    def _fit(self) -> None:
        height_px = self.fontMetrics().height()
        for number, width_em in enumerate(_WIDTHS_EM):
            self.tree.setColumnWidth(number, width_em * height_px)

    # ---------------------------------------------------------------------------- show

    def _on_read(self, cache: Cache) -> None:
        self._cache = cache
        self._set_fault(None)
        self.tree.clear()
        self.tree.addTopLevelItems([item_of(repo) for repo in cache.repos])
        self.tree.setVisible(bool(cache.repos))
        self.empty.setVisible(not cache.repos)
        self.uses.setVisible(bool(cache.repos))
        self.status.setText(
            tr(
                "Repositories: {count}, {size}, in {folder}",
                count=count(len(cache.repos)),
                size=size(cache.size_bytes),
                folder=str(cache.folder),
            )
        )
        idle = [partial for partial in cache.partials if not partial.running]
        text = tr("Clean up rests of downloads")
        if idle:
            rest_bytes = sum(partial.size_bytes for partial in idle)
            text = tr("Clean up rests of downloads ({size})", size=size(rest_bytes))
        self.clean_button.setText(text)
        self.clean_button.setEnabled(bool(idle))
        self._on_chosen()

    def _on_chosen(self, *_ignored: object) -> None:
        self.delete_button.setEnabled(self.tree.currentItem() is not None)
        if self._cache is None:
            self.clean_button.setEnabled(False)
        self._show_uses()

    def _show_uses(self) -> None:
        draft, model = self._context.project.draft, model_of(self.tree.currentItem())
        if model is None:
            self.uses.disable(has_target=bool(draft.target))
            return
        name, revisions = model
        known = self._context.models.get(draft.target, draft.base) if draft.target else None
        self.uses.show_uses(
            uses_of(draft, name),
            revisions,
            has_target=bool(draft.target),
            target_known=known is not None,
        )

    def _on_wanted(self, act: Act) -> None:
        model = model_of(self.tree.currentItem())
        if model is not None:
            self.wanted.emit(model[0], act)

    def _on_failed(self, error: ErrorRecord) -> None:
        self.status.setText("")
        self._set_fault(error)

    def _set_fault(self, error: ErrorRecord | None) -> None:
        fault = None
        if error is not None:
            fault = hub_fault(error, self._context.command_wanted.emit, self.read)
        self.fault = replace_fault(self._faults, self.fault, fault)

    # -------------------------------------------------------------------------- delete

    def _on_delete(self) -> None:
        item = self.tree.currentItem()
        if item is None:
            return
        chosen = item.data(0, ROW_ROLE)
        if isinstance(chosen, CachedRevision):
            name, freed = chosen.name, tr("Files that other commits have stay.")
            title = f"{name.repo}@{name.short_revision}"
            self._ask(title, freed, lambda: delete_revision(name))
        else:
            repo, kind = chosen.repo, chosen.kind
            freed = tr("{size} will be free.", size=size(chosen.size_bytes))
            if repo in self._used():
                freed += " " + tr("The project uses it, and would have to fetch it again.")
            self._ask(repo, freed, lambda: delete_repo(repo, kind))

    def _used(self) -> set[str]:
        """Repositories of the project's models."""
        draft = self._context.project.draft
        models = (
            draft.target,
            draft.base or "",
            *(one.model for one in draft.specialists.values()),
        )
        return {name.repo for model in models if model for name in hub_names_of(model)}

    def _on_clean(self) -> None:
        if self._cache is None:
            return
        partials = self._cache.partials
        words = tr("Paused downloads of these files will begin anew. Those that run are left.")
        self._ask(tr("rests of downloads"), words, lambda: delete_partials(partials))

    def _ask(self, what: str, words: str, delete: Callable[[], int]) -> None:
        """Have the person confirm, then delete in the background."""
        box = QMessageBox(
            QMessageBox.Icon.Question,
            tr("Delete from the cache"),
            tr("Delete {what}?", what=what),
            parent=self,
        )
        box.setInformativeText(words)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        keep = box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        yes = box.addButton(tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(keep)
        box.buttonClicked.connect(lambda button: self._clear(delete) if button is yes else None)
        box.finished.connect(lambda _result: setattr(self, "question", None))
        self.question = box
        box.open()

    def _clear(self, delete: Callable[[], int]) -> None:
        self.status.setText(tr("Deleting…"))
        self._questions.ask(_CLEAR_KEY, lambda *_: delete(), self._on_cleared, self._on_refused)

    def _on_cleared(self, freed_bytes: int) -> None:
        self._context.hub_cache_changed()
        self._context.notices.note(tr("{size} freed.", size=size(freed_bytes)), "good")
        self.cleared.emit()
        self.read()

    def _on_refused(self, error: ErrorRecord) -> None:
        self._context.notices.error(error)
        self.read()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.layout() is not None:
            self._fit()
