"""An error of the Hub where it happened, with the buttons that lead to its remedy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton

from act_core.errors import ErrorRecord
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.fault import Fault

_LOG_IN = ("LogInNeededError", "TokenRefusedError")
_SETTINGS = ("HubError", "HubUnreachableError")
_SWITCHES = {"HubOfflineError": "Go online", "HubUnreachableError": "Work offline"}
_AWAY = ("HubOfflineError", "EnvironmentOfflineError", "HubUnreachableError")
_PAGE = ("LogInNeededError", "TermsNotAcceptedError", "AccessRefusedError", "AccessAwaitedError")


def hub_fault(
    error: ErrorRecord,
    command: Callable[[str], object],
    retry: Callable[[], object],
    page: str = "",
    still: str = "",
) -> Fault:
    """The error with buttons for settings, the page of the repository, and another try.

    Args:
        error: What happened.
        command: Carries a command of the window out, by its id.
        retry: Tries again.
        page: Address of the repository's page, where one is known.
        still: What can be done all the same while the Hub is out of reach.
    """
    buttons = []
    settings = partial(command, "hub-settings")
    if error.kind in _SWITCHES:
        buttons.append(push_button(tr(_SWITCHES[error.kind]), partial(command, "offline")))
    if error.kind in _LOG_IN:
        buttons.append(push_button(tr("Log in…"), settings, "key"))
    elif error.kind in _SETTINGS:
        buttons.append(push_button(tr("Settings…"), settings, "settings"))
    if page and error.kind in _PAGE:
        buttons.append(page_button(page))
    buttons.append(push_button(tr("Try again"), retry, "retry"))
    return Fault(error, *buttons, more=still if error.kind in _AWAY else "")


def page_button(page: str) -> QPushButton:
    """A button that opens a page of the Hub in the browser."""
    button = push_button(
        tr("Open its page"), lambda: QDesktopServices.openUrl(QUrl(page)), "external"
    )
    button.setToolTip(page)
    return button
