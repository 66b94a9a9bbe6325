"""Models that a checkpoint was made of and that are gone: fetched again, or shown."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_core.hub.models import hub_names_of
from act_core.transfer.absent import Absent, absent_models
from act_gui.context import Context
from act_gui.dialogs.files import ask_files, model_kinds
from act_gui.dialogs.folder import ask_folder
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.tab_order import order_inside


class MissingModels(QWidget):
    """Says which models lack, with a button for each way back; hidden where none does.

    Args:
        context: Looks for the models, and fetches them.
        parent: Owner.
    """

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._folder = Path()
        self._shown: object = None
        self.fault: Fault | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def look(self, folder: Path) -> None:
        """Look whether all models of a checkpoint are here."""
        self._folder = folder
        self._context.lookups.ask(
            "missing models",
            lambda: absent_models(folder),
            self._on_looked,
            self._context.notices.error,
        )

    def _on_looked(self, absent: tuple[Absent, ...]) -> None:
        shown = (absent, [self._context.is_downloading(one.fetch) for one in absent])
        if shown == self._shown:
            return
        self._shown = shown
        fault = None
        if absent:
            buttons = [button for one in absent for button in self._buttons(one)]
            fault = Fault(_error(absent), *buttons)
        self.fault = replace_fault(self._column, self.fault, fault)
        self.setVisible(bool(absent))
        order_inside(self)

    def _buttons(self, one: Absent) -> list[QPushButton]:
        buttons = []
        if one.fetch:
            names = ", ".join(name.repo for name in hub_names_of(one.fetch)) or one.reference
            under_way = self._context.is_downloading(one.fetch)
            text = (
                tr("Fetching {name}…", name=names)
                if under_way
                else tr("Fetch {name} again", name=names)
            )
            fetch = push_button(text, partial(self._context.download, one.fetch), "download")
            fetch.setEnabled(not under_way)
            buttons.append(fetch)
        show, icon_name = tr("Show the folder of {name}…", name=one.name), "folder"
        if _is_file(one):
            show, icon_name = tr("Show the file of {name}…", name=one.name), "file"
        buttons.append(push_button(show, partial(self._on_show, one), icon_name))
        return buttons

    def _on_show(self, one: Absent) -> None:
        title, shown = tr("Where does {model} lie?", model=one.reference), self._on_shown
        if _is_file(one):
            ask_files(self, title, Path.home(), model_kinds(), lambda paths: shown(one, paths[0]))
        else:
            ask_folder(self, title, Path.home(), partial(shown, one))

    def _on_shown(self, one: Absent, place: Path) -> None:
        self._context.start(
            "show-model",
            tr("Look whether this is {model}", model=one.reference),
            files=True,
            folder=str(self._folder),
            name=one.name,
            place=str(place),
        )


def _is_file(one: Absent) -> bool:
    """Whether the model was a single file, not a folder."""
    return Path(one.reference).suffix in (".gguf", ".safetensors")


def _error(absent: tuple[Absent, ...]) -> ErrorRecord:
    names = ", ".join(f"{one.name} ({one.reference})" for one in absent)
    able = any(one.fetch for one in absent)
    remedy = tr("Fetch again what the Hub has, or show where they lie now.")
    return ErrorRecord(
        kind="ReferenceNotFoundError",
        title=tr("Models that it was made of are not on this computer"),
        reason=tr(
            "Every byte is checked against them when it is verified, exported or published, and "
            "these are gone: {names}.",
            names=names,
        ),
        remedy=remedy if able else tr("Show where they lie now; each is checked by its content."),
    )
