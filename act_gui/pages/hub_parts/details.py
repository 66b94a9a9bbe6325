"""The chosen model before its download: what it is, whether it fits, what would be fetched."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from act_core.hub.inspect import Inspection
from act_core.hub.names import HubName
from act_core.hub.rows import FoundModel
from act_core.report.numbers import count, size
from act_gui.context import Context
from act_gui.pages.hub_parts.looking import Details
from act_gui.pages.hub_parts.use_buttons import UseButtons
from act_gui.pages.hub_parts.using import uses_of
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.finding_list import FindingList
from act_gui.widgets.fit_view import FitView
from act_gui.widgets.hub_fault import hub_fault, page_button
from act_gui.widgets.labels import label, set_role
from act_gui.widgets.model_card import model_facts
from act_gui.widgets.scrolling import ScrollArea
from act_gui.widgets.unfold import Unfold

_HEIGHT_EM = 20
_MOST_FILES = 200


class DetailsView(ScrollArea):
    """A card that scrolls, made when it is needed first: a page is to be shown at once.

    Args:
        context: Opens the settings, and knows the downloads under way.

    Signals:
        wanted: As of `UseButtons`.
        retry_wanted: It should be looked at again.
    """

    wanted = Signal(str)
    retry_wanted = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._context = context
        self._name: HubName | None = None
        self.fault: Fault | None = None
        self._page_button: QWidget | None = None
        self.hide()

    def show_nothing(self) -> None:
        """No model is chosen."""
        self._name = None
        self.hide()

    def show_row(self, row: FoundModel, name: HubName) -> None:
        """Show what the list says of a model, while it is looked at."""
        self._name = name
        if self.widget() is None:
            self._build()
        self.show()
        self._title.setText(str(name))
        self._set_fault(None)
        self._set_page("")
        usable = not row.unusable
        words = tr("Reading its headers…") if usable else row.unusable
        self._say(words, bad=not usable)
        self._middle.hide()
        self.uses.disable(has_target=bool(self._context.project.draft.target))

    def show_details(self, details: Details) -> None:
        """Show what was found out."""
        error = details.error
        self._set_page(details.page)
        self._set_fault(details)
        if details.inspection is None or details.card is None or details.plan is None:
            self._say("")
            return
        self._middle.show()
        self._say_room(details)
        self.facts.set_facts({**model_facts(details.card), **_download_facts(details)})
        self._notes.setText("\n".join(details.card.notes))
        self._notes.setVisible(bool(details.card.notes))
        self.findings.set_findings(details.findings or ())
        self.findings.setVisible(bool(details.findings))
        self.waiting.setText(self._waiting(details) if error is None else "")
        self.waiting.setVisible(bool(self.waiting.text()))
        self.fit_view.setVisible(bool(details.fits))
        self.fit_view.set_fits(details.fits)
        self._files.setText(_file_lines(details))
        self.show_project(details)

    def show_project(self, details: Details) -> None:
        """Show what the project has the model as, and what there is to fetch."""
        if details.inspection is not None and self._name is not None:
            draft = self._context.project.draft
            known = self._context.models.get(draft.target, draft.base) if draft.target else None
            revisions = (self._name.revision, details.inspection.name.revision)
            self.uses.show_uses(
                uses_of(draft, self._name),
                revisions,
                has_target=bool(draft.target),
                target_known=known is not None,
            )
            self._show_download(details)

    def _show_download(self, details: Details) -> None:
        plan = details.plan
        if plan is None or self._name is None:
            return
        name = str(self._name)
        under_way = self._context.is_downloading(name)
        text = tr("Download {size}", size=size(plan.missing_bytes))
        if not plan.missing:
            text = tr("On this computer")
        elif under_way:
            text = tr("Downloading; see Jobs")
        elif self._context.download_of(name) is not None:
            text = tr("Resume the download")
        self.download_button.setText(text)
        self.download_button.setEnabled(bool(plan.missing) and not under_way)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Half of a page of usual height, whatever is in it yet."""
        return QSize(super().sizeHint().width(), _HEIGHT_EM * self.fontMetrics().height())

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self._inner = Card()
        self._inner.setAccessibleName(tr("The chosen model"))
        self._title = label("", "heading", wrap=True, selectable=True)
        self.uses = UseButtons()
        self.uses.wanted.connect(self.wanted)
        self._status = label("", wrap=True, selectable=True)
        self._faults = QVBoxLayout()
        self._inner.body.addWidget(self._title)
        self._inner.body.addWidget(self.uses)
        self._inner.body.addWidget(self._status)
        self._inner.body.addLayout(self._faults)
        self._inner.body.addWidget(self._build_middle())
        self._inner.body.addStretch(1)
        self.setWidget(self._inner)

    def _build_middle(self) -> QWidget:
        self._middle = QWidget()
        columns = QHBoxLayout(self._middle)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(24)
        left, right = QVBoxLayout(), QVBoxLayout()
        self.facts = FactGrid(columns=2)
        self._notes = label("", "muted", wrap=True, selectable=True)
        self.unfold = Unfold(tr("Files"))
        self._files = label("", "mono", wrap=True, selectable=True)
        self.unfold.body.addWidget(self._files)
        self.findings = FindingList()
        self.waiting = label("", "muted", wrap=True)
        self.fit_view = FitView()
        for widget in (self.facts, self._notes, self.unfold):
            left.addWidget(widget)
        right.addWidget(self.findings)
        right.addWidget(self.waiting)
        right.addWidget(self.fit_view)
        left.addStretch(1)
        right.addStretch(1)
        columns.addLayout(left, 5)
        columns.addLayout(right, 4)
        return self._middle

    @property
    def download_button(self) -> QPushButton:
        """Fetches the model."""
        return self.uses.download_button

    # ---------------------------------------------------------------------------- show

    def _say(self, text: str, *, bad: bool = False) -> None:
        set_role(self._status, "warn" if bad else "muted")
        self._status.setText(text)
        self._status.setVisible(bool(text))

    def _say_room(self, details: Details) -> None:
        """Whether it may be fetched, and whether there is room for it."""
        plan, inspection = details.plan, details.inspection
        gated = inspection is not None and inspection.gated
        if plan is None or plan.missing_bytes <= plan.free_bytes:
            self._say(tr("Gated; you have access.") if gated else "")
            return
        lack = size(plan.missing_bytes - plan.free_bytes)
        self._say(tr("The disk is too small: {size} are lacking.", size=lack), bad=True)

    def _waiting(self, details: Details) -> str:
        """What is still being done, or missing."""
        draft = self._context.project.draft
        if details.is_target or details.findings is not None:
            return ""
        if not draft.target:
            return tr("Choose a target to see whether the two fit together.")
        if details.fits:
            return tr("The target is not known yet, so the two were not compared.")
        return tr("Comparing with the target…")

    def _set_page(self, page: str) -> None:
        if self._page_button is not None:
            self._page_button.hide()
            self._page_button.deleteLater()
            self._page_button = None
        if page:
            self._page_button = page_button(page)
            self.uses.row.insertWidget(self.uses.row.count() - 1, self._page_button)

    def _set_fault(self, details: Details | None) -> None:
        fault = None
        if details is not None and details.error is not None:
            retry = self.retry_wanted.emit
            fault = hub_fault(
                details.error,
                self._context.command_wanted.emit,
                retry,
                still=tr("Models that were fetched work all the same: see On this computer."),
            )
        self.fault = replace_fault(self._faults, self.fault, fault)


def _download_facts(details: Details) -> dict[str, str]:
    plan, inspection = details.plan, details.inspection
    assert plan is not None
    assert inspection is not None
    fetched = tr("{count} files, {size}", count=count(len(plan.files)), size=size(plan.total_bytes))
    if not plan.missing:
        fetched += tr(" (all here)")
    elif plan.missing_bytes != plan.total_bytes:
        fetched += tr(" ({size} still to come)", size=size(plan.missing_bytes))
    below, left_out = inspection.base, len(inspection.choice.left_out)
    return {
        tr("Commit"): plan.name.short_revision,
        tr("Download"): fetched,
        tr("Left out"): tr("{count} files", count=count(left_out)) if left_out else "",
        tr("Free on that disk"): size(plan.free_bytes),
        tr("Stands on"): below.name.repo if isinstance(below, Inspection) else "",
    }


def _file_lines(details: Details) -> str:
    """What is fetched, then what is left out and why."""
    plan, inspection = details.plan, details.inspection
    assert plan is not None
    assert inspection is not None
    missing = {file.path for file in plan.missing}
    lines = [
        f"{file.path}  {size(file.size_bytes)}"
        + ("" if file.path in missing else "  " + tr("here already"))
        for file in plan.files
    ]
    lines += [
        tr("left out: {file} ({why})", file=one.path, why=one.why)
        for one in inspection.choice.left_out
    ]
    return "\n".join(lines[:_MOST_FILES])
