"""Adding an ability: from files, pasted text, a built-in set, or a data set of the Hub."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QPlainTextEdit,
    QRadioButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from act_core.abilities.builtins import BUILTIN_SETS
from act_core.abilities.divide import divide_text
from act_core.errors import AbilityDataError, ActError, ErrorRecord
from act_core.recipe import Source
from act_gui.jobs.lookup import Lookups
from act_gui.pages.abilities_parts.adding import Added, Choice, divided, free_name, make
from act_gui.pages.abilities_parts.files_tab import FilesTab
from act_gui.pages.abilities_parts.hub_tab import HubTab
from act_gui.pages.abilities_parts.tab import fill_tab
from act_gui.text import tr
from act_gui.widgets.buttons import primary_button
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.labels import label
from act_gui.widgets.name_field import NameField
from act_gui.widgets.named import named

_KEY = "an ability's data"
_WIDTH_EM = 50
_ROUND_PX = 60  # for the frame that the desktop draws round a dialog


class AddAbilityDialog(QDialog):
    """Asks for data, name and role; data without a held-out part is split first.

    Args:
        lookups: Splits files in the background.
        folder: Where split files go.
        taken: Names of the abilities that there are.
        role: What the role is at first.
        seed: Of the split.

    Signals:
        added: An `Added`.
        command_wanted: Id of a command of the window that should be carried out.
    """

    added = Signal(object)
    command_wanted = Signal(str)

    def __init__(
        self,
        lookups: Lookups,
        folder: Path,
        taken: Collection[str],
        *,
        role: str,
        seed: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lookups, self._folder, self._seed = lookups, folder, seed
        self._taken = tuple(taken)
        self.fault: Fault | None = None
        self.setWindowTitle(tr("Add an ability"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        self.role.setCurrentIndex(self.role.findData(role))
        self._connect()
        self._suggest("ability")

    def set_files(self, paths: Sequence[Path]) -> None:
        """Begin with files; of two, the one that sounds like a test is held out."""
        self.files.set_files(paths)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.name = NameField(tr("Name of the ability"))
        self.role = named(QComboBox(), tr("Role"))
        self.role.addItem(tr("Bring over from the specialist"), "bring")
        self.role.addItem(tr("Keep as the target has it"), "keep")
        self.tabs = named(QTabWidget(), tr("Where the items come from"))
        self.files = FilesTab(self._lookups)
        self.tabs.addTab(self.files, tr("Files"))
        self.tabs.addTab(self._text_tab(), tr("Pasted text"))
        self.tabs.addTab(self._builtin_tab(), tr("Built-in"))
        self.hub = HubTab()
        self.tabs.addTab(self.hub, tr("From the Hub"))
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Name"), self.name)
        form.addRow(tr("Role"), self.role)
        self.add_button = primary_button(tr("Add"))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.addButton(self.add_button, QDialogButtonBox.ButtonRole.ActionRole)
        self._faults = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addWidget(self.tabs, 1)
        column.addLayout(form)
        column.addLayout(self._faults)
        column.addWidget(self.buttons)
        self.add_button.setDefault(True)  # Enter adds, and opens no dialog for files
        self.setMinimumWidth(_WIDTH_EM * self.fontMetrics().height())

    def _text_tab(self) -> QWidget:
        self.pasted = named(QPlainTextEdit(), tr("Pasted text"))
        self.pasted.setPlaceholderText(
            tr("Paragraphs with blank lines between, or JSON lines such as {line}").format(
                line='{"prompt": "2+2=", "answer": "4"}'
            )
        )
        self.pasted.setTabChangesFocus(True)
        text = tr("Split in two halves at random: one to calibrate on, one held out.")
        tab = QWidget()
        fill_tab(tab, label(text, "muted", wrap=True), self.pasted)
        return tab

    def _builtin_tab(self) -> QWidget:
        self.builtins: dict[str, QRadioButton] = {}
        parts: list[QWidget | QFormLayout] = []
        for one in BUILTIN_SETS:
            button = QRadioButton(one.name)
            button.setAccessibleName(f"{one.name}: {one.sentence} {one.licence}")
            button.toggled.connect(partial(self._on_builtin, one.name))
            self.builtins[one.name] = button
            parts.append(button)
            words = label(tr("{sentence} Licence: {licence}.", sentence=one.sentence,
                             licence=one.licence), "muted", wrap=True)  # fmt: skip
            words.setIndent(24)
            parts.append(words)
        tab = QWidget()
        fill_tab(tab, *parts)
        return tab

    def _connect(self) -> None:
        self.buttons.rejected.connect(self.reject)
        self.add_button.clicked.connect(self._on_add)
        self.files.suggested.connect(self._suggest)
        self.hub.suggested.connect(self._suggest)
        self.hub.command_wanted.connect(self.command_wanted)
        self.hub.filled.connect(self._on_filled)

    # --------------------------------------------------------------------------- slots

    def _suggest(self, stem: str) -> None:
        """A free name, unless the person has written one."""
        if self.name.line.isModified():
            return
        name = free_name(stem, self._taken)
        self.name.set_name(name, self._taken)

    def _on_filled(self) -> None:
        """Grow as far as the screen allows; what does not fit scrolls."""
        lacking_px = self.hub.content.sizeHint().height() - self.hub.height()
        most_px = self.screen().availableGeometry().height() - _ROUND_PX
        if lacking_px > 0:
            self.resize(self.width(), min(most_px, self.height() + lacking_px))

    def _on_builtin(self, name: str, checked: bool) -> None:
        if checked:
            self._suggest(name)

    def _on_add(self) -> None:
        self._show_fault(None)
        problem = self._name_problem()
        if problem is not None:
            self._show_fault(problem)
            return
        name = self.name.text()
        if self.tabs.currentIndex() == 0:
            self._add_files(name)
        elif self.tabs.currentIndex() == 1:
            text, role = self.pasted.toPlainText(), self.role.currentData()
            folder, seed, taken = self._folder, self._seed, self._taken
            self._ask(
                lambda: divided(name, role, divide_text(text, folder, name, seed), Choice(), taken)
            )
        elif self.tabs.currentWidget() is self.hub:
            self._add_hub(name)
        else:
            self._add_builtin(name)

    def _name_problem(self) -> ErrorRecord | None:
        text = self.name.problem()
        if not text and self.name.text() in self._taken:
            text = tr("There is a {name} already.", name=self.name.text())
        if not text:
            return None
        return _record(tr("The name cannot be used"), text, tr("Write another name."))

    def _add_files(self, name: str) -> None:
        role, taken, folder, seed = self.role.currentData(), self._taken, self._folder, self._seed
        try:
            work = self.files.work(name, role, taken, folder, seed)
        except AbilityDataError as error:
            self._show_fault(error.record())
        else:
            self._ask(work)

    def _add_builtin(self, name: str) -> None:
        chosen = [one for one, button in self.builtins.items() if button.isChecked()]
        if chosen:
            source, role, taken = (Source(builtin=chosen[0]),), self.role.currentData(), self._taken
            self._ask(lambda: make(name, role, source, source, Choice(), taken))
            return
        reason = tr("No built-in set is chosen.")
        self._show_fault(_record(tr("No data yet"), reason, tr("Choose one above.")))

    def _add_hub(self, name: str) -> None:
        title = tr("No data yet")
        try:
            made = self.hub.added(name, self.role.currentData(), self._taken)
        except ActError as error:
            self._show_fault(error.record())
        except ValueError as error:
            self._show_fault(_record(title, str(error), tr("Choose it above.")))
        else:
            self._on_made(made)

    def _ask(self, work: Callable[[], Added]) -> None:
        self.add_button.setEnabled(False)
        self.add_button.setText(tr("Reading…"))
        self._lookups.ask(_KEY, work, self._on_made, self._on_failed)

    def _on_made(self, made: Added) -> None:
        self.added.emit(made)
        self.accept()

    def _on_failed(self, error: ErrorRecord) -> None:
        self.add_button.setEnabled(True)
        self.add_button.setText(tr("Add"))
        self._show_fault(error)

    def _show_fault(self, error: ErrorRecord | None) -> None:
        fault = None
        if error is not None:
            fault = Fault(error)
        self.fault = replace_fault(self._faults, self.fault, fault)

    def done(self, result: int) -> None:
        self._lookups.forget(_KEY)
        self.files.end()
        super().done(result)


def _record(title: str, reason: str, remedy: str) -> ErrorRecord:
    return ErrorRecord("AbilityDataError", title, reason, remedy)
