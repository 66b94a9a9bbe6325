"""Hub: models are searched, checked before they are downloaded, fetched, and cleared away."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_core.events import Progress
from act_core.hub.fits import Fit, base_of, fitting
from act_core.hub.models import hub_names_of
from act_core.hub.names import HubName, hub_name
from act_core.hub.rows import FoundModel
from act_core.hub.search import Cursor, Search, search_page
from act_core.hub.search import Page as FoundPage
from act_core.report.numbers import count
from act_core.settings import HubSettings
from act_gui.context import Context
from act_gui.jobs.network import HubQuestions, Tell
from act_gui.modelbook import KnownModel
from act_gui.pages.hub_parts.cache_view import CacheView
from act_gui.pages.hub_parts.details import DetailsView
from act_gui.pages.hub_parts.filters import Filters
from act_gui.pages.hub_parts.looking import Details, Wish, look_at
from act_gui.pages.hub_parts.results import Results
from act_gui.pages.hub_parts.use_buttons import Act
from act_gui.pages.hub_parts.using import use
from act_gui.pages.page import Page
from act_gui.text import tr
from act_gui.widgets.tab_order import order_tabs

_SEARCH, _DETAILS = "search", "details"


class HubPage(Page):
    """Finds models and says whether they fit before a byte of their weights is fetched."""

    stage = "hub"
    scrolls = False

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.questions = HubQuestions(self)
        self._searched: Search | None = None
        self._cursor: Cursor | None = None
        self._looked_for: object = None
        self._details: Details | None = None
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Search when the page is shown first; look again where the target is another."""
        target = self._target()
        self.filters.set_base(self._base(target))
        self.filters.fits_button.setEnabled(target is not None)
        if self._searched is None:
            self._search()
        self._look()
        if self._details is not None:
            self.details.show_project(self._details)
        self.cache.show_project()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        """From the outside in: what gets another parent is styled anew with all that it holds."""
        self.tabs = QTabWidget(self)
        self.tabs.tabBar().setAccessibleName(tr("Search or cache"))
        self.tabs.setAccessibleName(tr("Hub"))
        found = QWidget()
        self.tabs.addTab(found, tr("Find"))
        self.filters = Filters(self.context.recent_models, found)
        splitter = QSplitter(Qt.Orientation.Vertical, found, childrenCollapsible=False)
        self.results = Results(self.context, splitter)
        self.details = DetailsView(self.context, splitter)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        column = QVBoxLayout(found)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        column.addWidget(self.filters)
        column.addWidget(splitter, 1)
        self.cache = CacheView(self.context, self.questions)
        self.tabs.addTab(self.cache, tr("On this computer"))
        self.body.addWidget(self.tabs, 1)
        order_tabs(*self.filters.fields(), self.results.table)

    def _connect(self) -> None:
        self.filters.changed.connect(self._search)
        self.filters.fits_wanted.connect(self._check_all)
        self.results.more_wanted.connect(self._more)
        self.results.retry_wanted.connect(self._search)
        self.results.stop_wanted.connect(self._on_stop)
        self.results.chosen.connect(self._on_chosen)
        self.details.retry_wanted.connect(self._look_again)
        self.results.without_words_wanted.connect(self._on_without_words)
        self.details.wanted.connect(self._on_wanted)
        self.cache.wanted.connect(self._on_act)
        self.cache.cleared.connect(self._look_again)
        self.context.jobs.finished.connect(self._on_job_finished)
        self.context.hub_changed.connect(self._on_hub_changed)
        self.tabs.currentChanged.connect(self._on_tab)

    # -------------------------------------------------------------------------- search

    def _search(self) -> None:
        self._searched, self._cursor = self.filters.search(), None
        self.results.set_checking(None)
        self._ask(self._searched, None)

    def _more(self) -> None:
        if self._searched is not None and self._cursor is not None:
            self._ask(self._searched, self._cursor)

    def _ask(self, search: Search, cursor: Cursor | None) -> None:
        def work(settings: HubSettings, _tell: Tell, token: CancelToken) -> FoundPage:
            return search_page(settings, search, cursor, token=token)

        self.results.status.setText(tr("Asking the Hub…"))
        self.questions.ask(
            _SEARCH, work, partial(self._on_page, cursor is None), self._on_search_failed
        )

    def _on_page(self, is_first: bool, page: FoundPage) -> None:
        self._cursor = page.cursor
        put = self.results.model.set_rows if is_first else self.results.model.add_rows
        put(page.rows, has_more=page.cursor is not None and bool(page.rows))
        shown = self.results.model.rowCount()
        if shown:
            self.results.show_table(verdicts=False)
        else:
            self._show_none(page)
        more = tr("{count} found; scroll for more", count=count(shown))
        text = more if page.cursor else tr("{count} found, no more", count=count(shown))
        self.results.status.setText(text if shown else "")

    def _show_none(self, page: FoundPage) -> None:
        if page.cursor is None:
            words = tr("Nothing was found. Try fewer words or filters.")
        else:
            words = tr("Nothing fits among {count} models so far.", count=count(page.looked))
        self.results.show_empty(words, further=page.cursor is not None)

    def _on_search_failed(self, error: ErrorRecord) -> None:
        self.results.status.setText("")
        self.results.set_checking(None)
        self.results.model.set_rows((), has_more=False)
        self.results.show_error(error)

    # --------------------------------------------------------------------- check all

    def _check_all(self) -> None:
        """Check what was made from the base against the target, and show each as it comes."""
        target, search = self._target(), self.filters.search()
        if target is None:
            return
        self._searched, base = search, self.filters.base_repo()

        def work(settings: HubSettings, tell: Tell, token: CancelToken) -> None:
            made_from = base or base_of(target.looked)
            wanted = replace(search, base=made_from)
            for fit in fitting(settings, target.looked, wanted, emit=tell, token=token):
                tell(fit)

        self._cursor = None
        self.results.model.set_rows((), has_more=False)
        self.results.show_table(verdicts=True)
        self.results.set_checking(0)
        self.results.status.setText(tr("Asking the Hub…"))
        self.questions.ask(
            _SEARCH, work, lambda _none: self._on_checked(), self._on_search_failed, self._on_told
        )

    def _on_told(self, said: object) -> None:
        if isinstance(said, Progress):
            self.results.set_checking(said.done, said.total)
        elif isinstance(said, Fit):
            self.results.model.add_fit(said)
            self.results.status.setText(self._checked_text())

    def _on_stop(self) -> None:
        self.questions.forget(_SEARCH)
        self._on_checked()

    def _on_checked(self) -> None:
        by = self._searched.words if self._searched is not None else ""
        self.results.set_checking(None)
        self.results.status.setText(self._checked_text())
        self.results.words_button.setVisible(bool(by and self.results.model.rowCount()))
        if not self.results.model.rowCount():
            words = tr("Nothing that was made from the base was found. Filters count here too.")
            if by:
                words = tr("Nothing that was made from the base is found by “{words}”.", words=by)
            self.results.status.setText("")
            self.results.show_empty(words, by_words=bool(by))

    def _checked_text(self) -> str:
        model = self.results.model
        fits = [model.fit(model.row(number).name) for number in range(model.rowCount())]
        values = {
            "count": count(sum(fit is not None and fit.fits for fit in fits)),
            "total": count(len(fits)),
        }
        if self._searched is not None and self._searched.words:
            words = self._searched.words
            return tr("{count} of {total} found by “{words}” fit", words=words, **values)
        return tr("{count} of {total} fit", **values)

    def _on_without_words(self) -> None:
        self.filters.clear_words()
        self._check_all()

    # ------------------------------------------------------------------------- details

    def _on_chosen(self, row: FoundModel | None) -> None:
        if row is None:
            self._looked_for = self._details = None
            self.questions.forget(_DETAILS)
            self.details.show_nothing()
        else:
            self._look()

    def _look_again(self) -> None:
        self._looked_for = None
        self._look()

    def _look(self) -> None:
        """Look at the chosen model, unless that is what was looked at last."""
        row = self.results.current()
        if row is None:
            return
        target, draft = self._target(), self.context.project.draft
        name = self._name(row)
        wanted = (name, None if target is None else id(target), draft.profile, draft.abilities)
        if wanted == self._looked_for:
            return
        self._looked_for, self._details = wanted, None
        self.details.show_row(row, name)
        if row.unusable:
            self.questions.forget(_DETAILS)
            return
        wish = Wish(row, name, draft, target)
        self.questions.ask(
            _DETAILS, partial(look_at, wish), self._on_details, self._on_lost, self._on_details
        )

    def _on_details(self, details: Details) -> None:
        self._details = details
        self.details.show_details(details)

    def _on_lost(self, error: ErrorRecord) -> None:
        self._on_details(Details("", error=error))

    def _name(self, row: FoundModel) -> HubName:
        """The row's model, with the revision and folder that the person asked for."""
        asked = hub_name(self._searched.words) if self._searched is not None else None
        return asked if asked is not None and asked.repo == row.name else HubName(row.name)

    def _target(self) -> KnownModel | None:
        draft = self.context.project.draft
        return self.context.models.get(draft.target, draft.base) if draft.target else None

    def _base(self, target: KnownModel | None) -> str:
        """`owner/name` of what the project's models were made from, as far as it is known."""
        draft = self.context.project.draft
        said = hub_name(target.card.base_model or "") if target is not None else None
        names = (*hub_names_of(draft.base or ""), said, *hub_names_of(draft.target))
        return next((name.repo for name in names if name is not None), "")

    # --------------------------------------------------------------------------- slots

    def _on_wanted(self, act: Act) -> None:
        row = self.results.current()
        if row is not None:
            self._on_act(self._name(row), act)

    def _on_act(self, name: HubName, act: Act) -> None:
        if act == "models":
            self.context.page_wanted.emit("models")
        elif act == "fits":
            self.tabs.setCurrentIndex(0)
            self._check_all()
        elif act == "download":
            self.context.download(str(name))
        else:
            self.context.notices.note(use(self.context.project, name, act), "good")

    def _on_job_finished(self, job: int, _result: object) -> None:
        if self.context.jobs.view(job).spec.kind == "download":
            self._look_again()
            if self.tabs.currentWidget() is self.cache:
                self.cache.read()

    def _on_hub_changed(self) -> None:
        """What failed may work now, and what was closed may be open."""
        if self.results.has_failed():
            self._search()
        self._look_again()

    def _on_tab(self, _place: int) -> None:
        if self.tabs.currentWidget() is self.cache:
            self.cache.read()
