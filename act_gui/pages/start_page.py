"""The start page with its three doors: the demo, a new project, an open one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QStandardPaths, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_gui.dialogs.folder import ask_folder
from act_gui.text import tr
from act_gui.widgets.banner import ErrorBanner
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.door import Door
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.path_field import PathField
from act_gui.widgets.recents import RecentProjects
from act_gui.widgets.scrolling import ScrollArea

_DOOR_EM = 18
_MOST_EM = 74
_NO_NAME = '/\\:*?"<>|'  # not in names of folders, on one system or another


class StartPage(QWidget):
    """Shown while no project is open.

    Signals:
        demo_wanted: Folder in which the demo project is to be made.
        create_wanted: Folder of the new project.
        open_wanted: Folder of the project.
        forget_wanted: Folder that is to leave the recent ones.
        log_wanted: The person wants to see the log.
    """

    demo_wanted = Signal(Path)
    create_wanted = Signal(Path)
    open_wanted = Signal(Path)
    forget_wanted = Signal(Path)
    log_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Start"))
        self._error: ErrorBanner | None = None
        self._columns = 0
        self._build()
        self._connect()

    def _build(self) -> None:
        self._home = projects_folder()
        self.demo_folder = PathField(tr("Folder of the demo project"), self._home)
        self.demo_button = primary_button(tr("Try the demo"))
        self.name = named(QLineEdit(tr("My project"), maxLength=64), tr("Name of the project"))
        self.name_fault = label("", "bad", wrap=True)
        self.name_fault.hide()
        self.new_folder = PathField(tr("Folder in which the project is made"), self._home)
        self.create_button = push_button(tr("Create project"))
        self.open_button = push_button(tr("Choose a folder…"), icon_name="folder")
        self.doors = self._doors()
        self.recents = RecentProjects()
        self._inner = inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(28, 24, 28, 24)
        self._column.setSpacing(16)
        self._column.addWidget(label(tr("ACT Studio"), "title"))
        self._column.addWidget(
            label(
                tr("Move an ability from one language model into another, channel by channel."),
                "muted",
                wrap=True,
            )
        )
        self._grid = QGridLayout()
        self._grid.setSpacing(16)
        self._column.addLayout(self._grid)
        self._column.addWidget(self.recents)
        self._column.addStretch(1)
        area = ScrollArea(inner)
        area.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self._place_doors(3)

    def _doors(self) -> tuple[Door, ...]:
        demo = Door(
            "play",
            tr("Try the demo"),
            tr(
                "See the whole story in two minutes: a tiny model that forgot English gets it "
                "back, on this computer and without a network."
            ),
        )
        demo.body.addWidget(label(tr("Made in"), "muted"))
        demo.body.addWidget(self.demo_folder)
        demo.body.addWidget(self.demo_button)
        new = Door(
            "add", tr("New project"), tr("Begin with your own models; all you do is kept in it.")
        )
        new.body.addWidget(label(tr("Name"), "muted"))
        new.body.addWidget(self.name)
        new.body.addWidget(self.name_fault)
        new.body.addWidget(label(tr("Made in"), "muted"))
        new.body.addWidget(self.new_folder)
        new.body.addWidget(self.create_button)
        opened = Door(
            "folder",
            tr("Open project"),
            tr("Go on where you stopped. You can also drop a project's folder on this window."),
        )
        opened.body.addWidget(self.open_button)
        return demo, new, opened

    def _connect(self) -> None:
        self.demo_button.clicked.connect(self._on_demo)
        self.create_button.clicked.connect(self._on_create)
        self.name.returnPressed.connect(self._on_create)
        self.name.textChanged.connect(self._on_new_changed)
        self.new_folder.changed.connect(self._on_new_changed)
        self.demo_folder.changed.connect(self._on_demo_changed)
        self.open_button.clicked.connect(self.ask_open)
        self.recents.open_wanted.connect(lambda name: self.open_wanted.emit(Path(name)))
        self.recents.forget_wanted.connect(lambda name: self.forget_wanted.emit(Path(name)))

    def show_recent(self, folders: Sequence[str]) -> None:
        """List the projects that were open lately."""
        self.recents.show_folders(folders)

    def show_error(self, error: ErrorRecord | None) -> None:
        """Say above the doors what went wrong; None: nothing did."""
        if self._error is not None:
            self._column.removeWidget(self._error)
            self._error.hide()
            self._error.deleteLater()
            self._error = None
        if error is not None:
            self._error = ErrorBanner(error)
            self._error.closed.connect(lambda: self.show_error(None))
            self._error.log_wanted.connect(self.log_wanted)
            self._column.insertWidget(2, self._error)

    @property
    def error(self) -> ErrorRecord | None:
        """What is said to have gone wrong."""
        return None if self._error is None else self._error.error

    def begin(self) -> None:
        """Put the focus on the first door."""
        self.demo_button.setFocus()

    def begin_new(self) -> None:
        """Put the cursor where a new project begins."""
        self.name.setFocus()
        self.name.selectAll()

    def ask_open(self) -> None:
        """Ask for a project's folder."""
        ask_folder(self, tr("Open project"), self._home, self.open_wanted.emit)

    def _on_demo(self) -> None:
        if (parent := self.demo_folder.path()) is not None:
            self.demo_wanted.emit(parent)

    def _on_create(self) -> None:
        parent, name = self.new_folder.path(), self.name.text().strip()
        if self.create_button.isEnabled() and parent is not None:
            self.create_wanted.emit(parent / name)

    def _on_demo_changed(self) -> None:
        self.demo_button.setEnabled(self.demo_folder.path() is not None)

    def _on_new_changed(self) -> None:
        fault = _fault_of(self.name.text().strip())
        self.name_fault.setText(fault)
        self.name_fault.setVisible(bool(fault))
        self.name.setAccessibleDescription(fault)
        self.create_button.setEnabled(not fault and self.new_folder.path() is not None)

    def _place_doors(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for number, door in enumerate(self.doors):
            self._grid.addWidget(door, number // columns, number % columns)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._fit()

    def _fit(self) -> None:
        """Lay out for the width and the size of the writing."""
        metrics = self.fontMetrics()
        self._inner.setMaximumWidth(_MOST_EM * metrics.averageCharWidth() * 2)
        self._place_doors(3 if self.width() > 3 * _DOOR_EM * metrics.height() else 1)


def _fault_of(name: str) -> str:
    """Why no project's folder can have a name; empty where one can."""
    if not name:
        return tr("A project needs a name.")
    if name in (".", "..") or set(name) & set(_NO_NAME):
        signs = " ".join(_NO_NAME)
        return tr("The folder gets this name, which cannot hold any of {signs}", signs=signs)
    return ""


def projects_folder() -> Path:
    """Where projects are made unless the person says otherwise."""
    place = QStandardPaths.StandardLocation.DocumentsLocation
    documents = QStandardPaths.writableLocation(place)
    return (Path(documents) if documents else Path.home()) / "ACT Studio"
