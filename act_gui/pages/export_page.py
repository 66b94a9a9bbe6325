"""Export: folder and name, the model card, licences, verify again, loading it, publishing it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QSizePolicy, QWidget

from act_core.errors import ErrorRecord
from act_core.files import write_whole
from act_core.hub.publish import Published
from act_core.pipeline.loading import Loading, loading_of
from act_core.pipeline.metrics import verification_facts
from act_core.pipeline.publish import card_text
from act_core.transfer.place import holds_export
from act_core.transfer.verify import VerificationReport
from act_gui.context import Context
from act_gui.pages.export_parts.missing_models import MissingModels
from act_gui.pages.export_parts.publish_card import PublishCard
from act_gui.pages.page import Page
from act_gui.stages import StageName, StageState
from act_gui.text import tr
from act_gui.widgets.buttons import allow, primary_button, push_button
from act_gui.widgets.card import Card
from act_gui.widgets.card_editor import CardEditor
from act_gui.widgets.check_list import CheckList
from act_gui.widgets.export_place import ExportPlace
from act_gui.widgets.job_line import JobLine
from act_gui.widgets.labels import label
from act_gui.widgets.licence_notes import LicenceNotes

_SAVE_CARD_AFTER_MS = 500


class ExportPage(Page):
    """Puts a verified copy of the checkpoint where the person wants it."""

    stage: ClassVar[StageName] = "export"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._card_timer = QTimer(self, singleShot=True, interval=_SAVE_CARD_AFTER_MS)
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Show place, card and licences as they are."""
        project = self.context.project
        draft = project.draft
        states = self.context.states()
        state = states[self.stage]
        # What is exported with a tuning is the tuned checkpoint, and no other one.
        tuned = draft.tune is None or states["transfer"] is StageState.DONE
        written = self._is_written()
        self.place.show_path(draft.export or project.folder / "exported" / draft.name)
        self.licences.show_models(
            {
                role: found.card if (found := self.context.models.get(ref, draft.base)) else None
                for role, ref in self._references().items()
            }
        )
        allow(
            self.export_button,
            written and tuned and state is not StageState.RUNNING,
            tr("The checkpoint has to be written first."),
        )
        there = self._is_exported()
        self.export_button.setText(tr("Export again") if there else tr("Export"))
        for button in (self.verify_button, self.open_button):
            allow(button, there, tr("Export first."))
        self.done_card.setVisible(there)
        self.publish_card.setVisible(there)
        allow(self.copy_button, False, tr("Export first."))
        if there:
            self._ask_lines(self._out())
            self.publish_card.show_folder(self._out())
        self.missing.look(self._out() if there else self._written())
        if not written:
            self.editor.show_hint(tr("It is generated once the checkpoint is written."))
        elif not self.editor.edited:
            self._ask_card()

    def _build(self) -> None:
        self.place = ExportPlace(self.ground)
        self.job_line = JobLine(self.context, ("publish", "verify", "show-model"), self.ground)
        self.missing = MissingModels(self.context, self.ground)
        self.done_card = Card(tr("Exported"), self.ground)
        self.lines = label("", "mono", wrap=True, selectable=True)
        # A long path is cut off here, not when it is copied; else it made the page wider.
        self.lines.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.checks = CheckList()
        self.lines_words = label("", "muted", wrap=True)
        self.done_card.body.addWidget(self.lines)
        self.done_card.body.addWidget(self.lines_words)
        self.done_card.body.addWidget(self.checks)
        self.publish_card = PublishCard(self.context, self.ground)
        self.licences, self.editor = LicenceNotes(self.ground), CardEditor(self.ground)
        for widget in (
            self.place,
            self.job_line,
            self.missing,
            self.done_card,
            self.publish_card,
            self.licences,
            self.editor,
        ):
            self.body.addWidget(widget)
        self.export_button = primary_button(tr("Export"), self._on_export)
        self.verify_button = push_button(tr("Verify again"), self._on_verify, "check")
        self.open_button = push_button(tr("Open folder"), self._on_open, "folder")
        self.copy_button = push_button(tr("Copy Python"), self._on_copy, "copy")
        for button in (
            self.export_button,
            self.verify_button,
            self.open_button,
            self.copy_button,
        ):
            self.footer.addWidget(button)
        self.add_next_button()
        if self._saved_card().is_file():
            self.editor.show_edited(self._saved_card().read_text("utf-8", errors="replace"))

    def _connect(self) -> None:
        self.place.path_chosen.connect(lambda path: self.context.project.edit(export=path))
        self.editor.text_edited.connect(self._card_timer.start)
        self.editor.reset_wanted.connect(self._on_reset_card)
        self._card_timer.timeout.connect(self._on_save_card)
        self.context.jobs.finished.connect(self._on_finished)

    def _references(self) -> dict[str, str]:
        draft = self.context.project.draft
        found = {tr("target"): draft.target}
        return found | {name: section.model for name, section in draft.specialists.items()}

    def _written(self) -> Path:
        return self.context.project.run.model

    def _is_written(self) -> bool:
        return (self._written() / "config.json").is_file()

    def _out(self) -> Path:
        return self.place.path()

    def _is_exported(self) -> bool:
        return holds_export(self._out())

    def _saved_card(self) -> Path:
        return self.context.project.folder / "card.md"

    def _ask_lines(self, out: Path) -> None:
        self.context.lookups.ask(
            "loading lines", lambda: loading_of(out), self._on_loading, self._on_no_lines
        )

    def _on_loading(self, loading: Loading) -> None:
        self.lines.setText(loading.lines)
        self.lines_words.setText(_told(loading))
        allow(self.copy_button, True, "")

    def _on_no_lines(self, error: ErrorRecord) -> None:
        self.lines_words.clear()
        self.lines.setText(f"{error.title}. {error.reason} {error.remedy}")

    def _ask_card(self) -> None:
        draft = self.context.project.draft
        if draft.missing():
            return
        recipe = draft.complete().model_copy(update={"export": None})
        self.context.lookups.ask(
            "model card", lambda: card_text(recipe), self._on_card, self._on_no_card
        )

    def _on_card(self, text: str) -> None:
        self.editor.show_generated(text)

    def _on_no_card(self, error: ErrorRecord) -> None:
        self.editor.show_hint(f"{error.title}. {error.reason} {error.remedy}")

    def _on_save_card(self) -> None:
        write_whole(self._saved_card(), self.editor.text())

    def _on_reset_card(self) -> None:
        self._card_timer.stop()
        self._saved_card().unlink(missing_ok=True)
        self._ask_card()

    def _on_export(self) -> None:
        if self.place.problem():
            return
        draft = self.context.project.draft
        if draft.export != self._out():
            self.context.project.edit(export=self._out())
        self.context.start(
            "publish",
            tr("Export to {name}", name=self._out().name),
            files=True,
            source=str(self._written()),
            out=str(self._out()),
            card=self.editor.text(),
            overwrite=self._is_exported(),
        )

    def _on_verify(self) -> None:
        self.context.start("verify", tr("Verify again"), files=True, folder=str(self._out()))

    def _on_finished(self, job: int, result: object) -> None:
        kind = self.context.jobs.view(job).spec.kind
        if kind in ("publish", "verify") and isinstance(result, VerificationReport):
            self.checks.set_checks(verification_facts(result)["verification"])
            self.context.notices.note(tr("Verified: every byte is as planned."), "good")
        elif isinstance(result, Published):
            self._ask_lines(self._out())

    def _on_open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._out())))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.lines.text())
        self.context.notices.note(tr("Copied: the lines that load the model."))


def _told(loading: Loading) -> str:
    """For whom the lines work."""
    if not loading.published:
        return tr("The lines work on this computer. Once published, they name it as the Hub does.")
    if loading.public:
        return tr("Published as {name}: the lines work everywhere.", name=loading.published)
    return tr(
        "Published as {name}, and private: the lines work for who is logged in and may see it.",
        name=loading.published,
    )
