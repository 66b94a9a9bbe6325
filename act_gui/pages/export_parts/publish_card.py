"""Publishing an export on the Hub: where, what stands against it, how far it is, and the page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_core.hub.access import Account, account
from act_core.hub.connection import connect
from act_core.hub.names import HubName, hub_name
from act_core.hub.publish import Published
from act_core.hub.waiting import attended
from act_core.models.pair import Finding
from act_core.pipeline.publishing import Objection, Readiness
from act_core.redact import redacted
from act_core.report.numbers import count, size
from act_core.settings import HubSettings
from act_gui.context import Context
from act_gui.jobs.network import HubQuestions, Tell
from act_gui.pages.export_parts.answers import Answers
from act_gui.text import tr
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.card import Card
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.finding_list import FindingList
from act_gui.widgets.form_rows import FormRows, explain
from act_gui.widgets.hub_fault import hub_fault
from act_gui.widgets.job_line import JobLine
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.unfold import Unfold

_KEY = "account"
_KINDS = ("check-hub", "publish-hub")


class PublishCard(Card):
    """Folded away until it is wanted; only then the Hub is asked who is logged in.

    Args:
        context: Carries the jobs out.
        parent: Owner.
    """

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(tr("Publish on the Hub"))
        self._context = context
        self._hub = HubQuestions(self)
        self._folder = Path()
        self._account: Account | None = None
        self._asked = False
        self._ready: Readiness | None = None
        self._published: Published | None = None
        self.fault: Fault | None = None
        self._build()
        self._connect()
        self._show()

    def show_folder(self, folder: Path) -> None:
        """The checkpoint that would be published."""
        if folder != self._folder:
            self._folder, self._ready, self._published = folder, None, None
            if not self.name.isModified():
                self.name.setText(folder.name)
            self._show()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.unfold = Unfold(tr("Publish on the Hub…"))
        self.body.addWidget(self.unfold)
        self.who = label("", "muted", wrap=True)
        self._faults = QVBoxLayout()
        self.log_in_button = push_button(tr("Log in…"), self._on_log_in, "key")
        self.log_in_button.hide()
        self.owner = named(QComboBox(editable=True), tr("Owner"))
        self.owner.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.name = QLineEdit()
        explain(self.name, tr("Name"), tr("Name of the repository; it is made where it is new."))
        place = QHBoxLayout()
        place.addWidget(self.owner, 1)
        place.addWidget(label("/"))
        place.addWidget(self.name, 2)
        rows = FormRows()
        rows.add_fields(tr("Repository"), place)
        public = tr("Public: everybody may see and load it")
        self.public = named(QCheckBox(public), public)
        rows.add_below(self.public)
        self.check_button = push_button(tr("Look what stands against it"), self._on_check, "check")
        self.publish_button = primary_button(tr("Publish"), self._on_publish)
        self.words = label("", "muted", wrap=True)
        buttons = QHBoxLayout()
        for button in (self.check_button, self.publish_button):
            buttons.addWidget(button)
        buttons.addWidget(self.words, 1)
        self.findings, self.answers = FindingList(), Answers()
        self.job_line = JobLine(self._context, _KINDS)
        self.result = label("", "good", wrap=True, selectable=True)
        self.page_button = push_button(tr("Open its page"), self._on_page, "external")
        done = QHBoxLayout()
        done.addWidget(self.result, 1)
        done.addWidget(self.page_button)
        column = self.unfold.body
        column.setSpacing(8)
        column.addWidget(self.who)
        column.addLayout(self._faults)
        login = QHBoxLayout()
        login.addWidget(self.log_in_button)
        login.addStretch(1)
        column.addLayout(login)
        column.addLayout(rows)
        column.addWidget(self.findings)
        column.addWidget(self.answers)
        column.addLayout(buttons)
        column.addWidget(self.job_line)
        column.addLayout(done)

    def _connect(self) -> None:
        self.unfold.button.toggled.connect(self._on_unfolded)
        self.owner.editTextChanged.connect(self._on_place)
        self.name.textEdited.connect(self._on_place)
        self.answers.edited.connect(self._show)
        jobs = self._context.jobs
        jobs.finished.connect(self._on_finished)
        jobs.changed.connect(self._show)
        self._context.hub_changed.connect(self._on_hub_changed)

    # ---------------------------------------------------------------------------- show

    def repository(self) -> HubName | None:
        """Where to; None where the fields hold no name."""
        text = f"{self.owner.currentText().strip()}/{self.name.text().strip()}"
        found = hub_name(text)
        return found if found is not None and str(found) == found.repo == text else None

    def _show(self, *_ignored: object) -> None:
        name, busy = self.repository(), self.job_line.busy
        current = self._ready is not None and self._ready.name == name
        ready = self._ready if current else None
        may_write = self._account is not None and self._account.may_write
        self.check_button.setEnabled(name is not None and not busy)
        self.publish_button.setEnabled(
            ready is not None and may_write and self.answers.are_whole() and not busy
        )
        for widget in (self.owner, self.name, self.public):
            widget.setEnabled(not busy)
        self.findings.setVisible(ready is not None and bool(ready.objections))
        self.answers.setVisible(ready is not None and bool(ready.refusals))
        self.words.setText(self._words(name, ready))
        done = self._published
        self.result.setVisible(done is not None)
        self.page_button.setVisible(done is not None)
        if done is not None:
            self.result.setText(_told(done))

    def _words(self, name: HubName | None, ready: Readiness | None) -> str:
        if name is None:
            return tr("Names hold letters, digits, dots, dashes and underscores.")
        if ready is None:
            return tr("Nothing is sent before you publish.")
        if ready.refusals:
            return tr("Mend what is found and export again, or say why it is published as it is.")
        return tr("Nothing stands against it. {size} would be sent.", size=size(ready.size_bytes))

    def _show_account(self) -> None:
        who = self._account
        self.log_in_button.setVisible(who is None or not who.may_write)
        if who is None:
            self.who.setText(tr("Nobody is logged in. Publishing needs a token that may write."))
            return
        if not who.may_write:
            self.who.setText(
                tr("Logged in as {name}, with a token that may only read. Publishing needs one "
                   "that may write.", name=who.name)
            )  # fmt: skip
        else:
            self.who.setText(tr("Logged in as {name}.", name=who.name))
        written = self.owner.currentText()
        self.owner.clear()
        self.owner.addItems(who.owners)
        if written:
            self.owner.setEditText(written)

    def _show_fault(self, error: ErrorRecord | None) -> None:
        fault = None
        if error is not None:
            fault = hub_fault(
                error,
                self._context.command_wanted.emit,
                self._ask_account,
                still=tr("The export is whole on this computer; only publishing needs the Hub."),
            )
        self.fault = replace_fault(self._faults, self.fault, fault)

    # --------------------------------------------------------------------------- slots

    def _ask_account(self) -> None:
        self._asked = True
        self._show_fault(None)
        self.who.setText(tr("Asking the Hub who is logged in…"))

        def work(way: HubSettings, _tell: Tell, token: CancelToken) -> Account | None:
            connect(way)  # offline, that comes before who is logged in
            return attended(lambda: account(way), token)

        self._hub.ask(_KEY, work, self._on_account, self._on_no_account)

    def _on_account(self, who: Account | None) -> None:
        self._account = who
        self._show_account()
        self._show()

    def _on_no_account(self, error: ErrorRecord) -> None:
        self._account = None
        self.who.clear()
        self._show_fault(error)
        self._show()

    def _on_unfolded(self, shown: bool) -> None:
        if shown and not self._asked:
            self._ask_account()

    def _on_hub_changed(self) -> None:
        if self._asked:
            self._ask_account()

    def _on_place(self, *_ignored: object) -> None:
        self._published = None
        self._show()

    def _on_log_in(self) -> None:
        self._context.command_wanted.emit("hub-settings")

    def _on_check(self) -> None:
        name = self.repository()
        if name is not None:
            self._published = None
            title = tr("Look at {name} before publishing", name=self._folder.name)
            self._context.start_network(
                "check-hub", title, folder=str(self._folder), repository=name.repo
            )

    def _on_publish(self) -> None:
        name = self.repository()
        if name is not None:
            self._published = None
            answers = {key: redacted(text) for key, text in self.answers.texts().items()}
            self._context.start_network(
                "publish-hub",
                tr("Publish {name}", name=name.repo),
                folder=str(self._folder),
                repository=name.repo,
                public=self.public.isChecked(),
                answers=answers,
            )

    def _on_finished(self, _job: int, result: object) -> None:
        if isinstance(result, Readiness) and result.folder == self._folder:
            self._ready = result
            self.findings.set_findings([_shown(one) for one in result.objections])
            self.answers.set_refusals(result.refusals)
        elif isinstance(result, Published):
            self._published = result
        self._show()

    def _on_page(self) -> None:
        if self._published is not None:
            QDesktopServices.openUrl(QUrl(self._published.page))


def _shown(one: Objection) -> Finding:
    return Finding("warns" if one.is_warning else "blocks", one.title, one.reason, one.remedy)


def _told(done: Published) -> str:
    sent = size(done.sent_bytes) if done.sent_bytes else tr("nothing")
    return tr(
        "Published as {name}: {files} files are there and compared; {sent} had to be sent.",
        name=done.name.repo,
        files=count(done.files),
        sent=sent,
    )
