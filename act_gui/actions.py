"""The one table of commands. Menus, tool tips, palette and the list of shortcuts are made from it.

What a command needs, and whether it stands checked, are facts of the window: short words such as
`project` that are true or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from act_gui.icons import icon
from act_gui.stages import PlaceName, StageName, places, stages
from act_gui.text import tr


@dataclass(frozen=True, slots=True)
class Command:
    """Something the window does.

    Attributes:
        id: Its name; unique.
        title: What people read.
        menu: Key of the menu it stands in.
        handler: Method of the handlers.
        shortcut: Keys, in Qt's portable writing; several are parted by `; `.
        icon: Of `resources/icons`.
        argument: Given to the handler; empty: none is given.
        needs: The fact without which it is disabled; empty: it always works.
        checked: The fact that checks it; empty: it cannot be checked.
        group: A line is drawn in the menu where this number changes.
    """

    id: str
    title: str
    menu: str
    handler: str
    shortcut: str = ""
    icon: str = ""
    argument: str = ""
    needs: str = ""
    checked: str = ""
    group: int = 0


_PLACE_KEYS: Mapping[PlaceName, str] = {"hub": "Ctrl+H"}


def menus() -> dict[str, str]:
    """Titles of the menus by key, in order."""
    return {
        "file": tr("&File"),
        "edit": tr("&Edit"),
        "go": tr("&Go"),
        "jobs": tr("&Jobs"),
        "view": tr("&View"),
        "help": tr("&Help"),
    }


def commands() -> tuple[Command, ...]:
    """All commands in the order of the menus."""
    return (*_file(), *_edit(), *_go(), *_jobs(), *_view(), *_help())


def _file() -> tuple[Command, ...]:
    return (
        Command("new", tr("New project…"), "file", "new_project", "Ctrl+N", "add"),
        Command("open", tr("Open project…"), "file", "open_project", "Ctrl+O", "folder"),
        Command("demo", tr("Try the demo"), "file", "try_demo", icon="play"),
        Command(
            "save", tr("Save now"), "file", "save_now", "Ctrl+S", "file", needs="project", group=1
        ),
        Command(
            "folder", tr("Open project folder"), "file", "open_folder", icon="external",
            needs="project", group=1,
        ),
        Command(
            "notes", tr("Project notes…"), "file", "show_notes", "Ctrl+T", "edit",
            needs="project", group=1,
        ),
        Command(
            "close", tr("Close project"), "file", "close_project", "Ctrl+W", "close",
            needs="project", group=1,
        ),
        Command(
            "settings", tr("Settings…"), "file", "show_settings", "Ctrl+,", "settings", group=2
        ),
        Command(
            "hub-settings", tr("Account on the Hub…"), "file", "show_hub_settings", icon="key",
            group=2,
        ),
        Command(
            "offline", tr("Work offline"), "file", "toggle_offline", checked="offline", group=2
        ),
        Command("quit", tr("Quit"), "file", "quit", "Ctrl+Q", group=3),
    )  # fmt: skip


def _edit() -> tuple[Command, ...]:
    return (
        Command("undo", tr("Undo"), "edit", "undo", "Ctrl+Z", "undo", needs="undo"),
        Command("redo", tr("Redo"), "edit", "redo", "Ctrl+Shift+Z; Ctrl+Y", "redo", needs="redo"),
    )


def _go() -> tuple[Command, ...]:
    pages = tuple(
        Command(
            f"page-{stage.name}", stage.title, "go", "show_page", _page_keys(number, stage.name),
            stage.name,
            argument=stage.name, needs="project", checked=f"page-{stage.name}",
        )
        for number, stage in enumerate(stages(), start=1)
    )  # fmt: skip
    beside = tuple(
        Command(
            f"page-{place.name}", place.title, "go", "show_page", _PLACE_KEYS[place.name],
            place.name,
            argument=place.name, needs="project", checked=f"page-{place.name}", group=1,
        )
        for place in places()
    )  # fmt: skip
    return (
        *pages,
        *beside,
        Command(
            "next", tr("Next page"), "go", "next_page", "Ctrl+PgDown", "right",
            needs="project", group=2,
        ),
        Command(
            "previous", tr("Previous page"), "go", "previous_page", "Ctrl+PgUp", "left",
            needs="project", group=2,
        ),
        Command(
            "palette", tr("Find a command…"), "go", "show_palette", "Ctrl+K", "search", group=3
        ),
    )  # fmt: skip


def _page_keys(number: int, stage: StageName) -> str:
    """Digits as far as they go, then letters of the name."""
    return {"try": "Ctrl+R", "export": "Ctrl+E"}.get(stage, f"Ctrl+{number}")


def _jobs() -> tuple[Command, ...]:
    return (
        Command(
            "pause", tr("Pause or resume the running job"), "jobs", "pause_job", "Ctrl+Shift+P",
            "pause", needs="busy",
        ),
        Command(
            "cancel", tr("Cancel the running job"), "jobs", "cancel_job", "Ctrl+Shift+X", "stop",
            needs="busy",
        ),
    )  # fmt: skip


def _view() -> tuple[Command, ...]:
    return (
        Command(
            "show-jobs", tr("Jobs"), "view", "toggle_dock", "Ctrl+J", "jobs", "jobs",
            needs="project", checked="jobs-shown",
        ),
        Command(
            "show-log", tr("Log"), "view", "toggle_dock", "Ctrl+L", "log", "log",
            checked="log-shown",
        ),
        Command(
            "light", tr("Light theme"), "view", "set_theme", argument="light",
            checked="theme-light", group=1,
        ),
        Command(
            "dark", tr("Dark theme"), "view", "set_theme", argument="dark",
            checked="theme-dark", group=1,
        ),
        Command(
            "system", tr("Theme of the system"), "view", "set_theme", argument="system",
            checked="theme-system", group=1,
        ),
        Command(
            "bigger", tr("Bigger text"), "view", "bigger_text", "Ctrl++; Ctrl+=", "zoom-in",
            group=2,
        ),
        Command(
            "smaller", tr("Smaller text"), "view", "smaller_text", "Ctrl+-", "zoom-out", group=2
        ),
        Command("normal", tr("Normal text size"), "view", "normal_text", "Ctrl+0", group=2),
    )  # fmt: skip


def _help() -> tuple[Command, ...]:
    return (
        Command("shortcuts", tr("Keyboard shortcuts"), "help", "show_shortcuts", "F1", "help"),
        Command("log-folder", tr("Open log folder"), "help", "open_log_folder", icon="folder"),
        Command("about", tr("About ACT Studio"), "help", "show_about", icon="app"),
    )


def shortcuts_of(command: Command) -> list[QKeySequence]:
    """The keys of a command; the first is shown beside it."""
    portable = QKeySequence.SequenceFormat.PortableText
    return [
        QKeySequence.fromString(text, portable) for text in command.shortcut.split("; ") if text
    ]


def keys_text(command: Command) -> str:
    """The keys of a command as this desktop writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return tr(" or ").join(keys.toString(native) for keys in shortcuts_of(command))


class Actions(QObject):
    """The commands as Qt's actions, wired to the methods of one object.

    Args:
        window: Gets the actions, so that shortcuts work everywhere in it.
        handlers: Has a method for every handler of the table.

    Attributes:
        table: The commands by id.
    """

    def __init__(self, window: QMainWindow, handlers: object) -> None:
        super().__init__(window)
        self.table = {command.id: command for command in commands()}
        self._actions: dict[str, QAction] = {}
        for command in self.table.values():
            action = QAction(command.title, window)
            action.setObjectName(command.id)
            action.setShortcuts(shortcuts_of(command))
            action.setCheckable(bool(command.checked))
            action.setMenuRole(QAction.MenuRole.NoRole)
            if command.icon and not command.checked:
                action.setIcon(icon(command.icon))
            method = getattr(handlers, command.handler)
            run = partial(method, command.argument) if command.argument else method
            action.triggered.connect(_without_state(run))
            window.addAction(action)
            self._actions[command.id] = action

    def action(self, command_id: str) -> QAction:
        """One action, by its command's id."""
        return self._actions[command_id]

    def fill_menus(self, window: QMainWindow) -> dict[str, QMenu]:
        """Fill the menu bar; returns the menus by key."""
        made: dict[str, QMenu] = {}
        for key, title in menus().items():
            menu = window.menuBar().addMenu(title)
            group = 0
            for command in self.table.values():
                if command.menu != key:
                    continue
                if command.group != group:
                    menu.addSeparator()
                    group = command.group
                menu.addAction(self._actions[command.id])
            made[key] = menu
        return made

    def update(self, facts: Collection[str]) -> None:
        """Enable and check by what is true now."""
        for command in self.table.values():
            action = self._actions[command.id]
            action.setEnabled(not command.needs or command.needs in facts)
            if command.checked:
                action.setChecked(command.checked in facts)


def _without_state(run: Callable[[], None]) -> Callable[[bool], None]:
    """Qt hands over whether an action is checked; the window's facts decide that here."""

    def call(_checked: bool = False) -> None:
        run()

    return call
