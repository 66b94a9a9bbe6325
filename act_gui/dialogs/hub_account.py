"""Who is logged in to the Hub: the account, a field for a token, and the way out.

The token goes from its field to the Hub's own store and is kept nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord, HubError
from act_core.hub.access import Account, TokenSource, account, log_in, log_out, token_source
from act_core.hub.connection import endpoint_of
from act_core.hub.waiting import attended
from act_core.settings import HubSettings
from act_gui.jobs.network import HubQuestions, Tell
from act_gui.preferences import Preferences
from act_gui.text import tr
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.card import Card
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.labels import label
from act_gui.widgets.named import named

_KEY = "account"
_ROLES = {"read": "read", "write": "read and publish", "fineGrained": "what its rights say"}


@dataclass(frozen=True, slots=True)
class Login:
    """How things stand.

    Attributes:
        source: Where the token in use comes from; None: there is none.
        account: Whose it is; None where there is none, or where the Hub was not asked.
        tokens_page: Where tokens are made.
    """

    source: TokenSource | None
    account: Account | None
    tokens_page: str


_Work = Callable[[HubSettings, CancelToken], Login]


class AccountBox(Card):
    """Shows the account, logs in and out; the Hub is asked in the background.

    Args:
        preferences: The way to the Hub.
        parent: Owner.

    Signals:
        changed: Somebody has logged in or out.
    """

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(tr("Account"), parent)
        self._preferences = preferences
        self._hub = HubQuestions(self)
        self._login: Login | None = None
        self.fault: Fault | None = None
        self._build()

    def look(self) -> None:
        """Ask who is logged in."""
        self._ask(_seen, tr("Asking the Hub who is logged in…"))

    def _build(self) -> None:
        self.words = label("", wrap=True)
        self.facts = FactGrid()
        self._faults = QVBoxLayout()
        self.secret = named(QLineEdit(echoMode=QLineEdit.EchoMode.Password), tr("Access token"))
        self.secret.setPlaceholderText(tr("Access token, hf_…"))
        self.log_in_button = primary_button(tr("Log in"), self._on_log_in)
        self.tokens_button = push_button(tr("Make a token…"), self._on_tokens, "external")
        self.log_out_button = push_button(tr("Log out"), self._on_log_out)
        self.again_button = push_button(tr("Ask again"), self.look, "retry")
        self._entry = QWidget()
        row = QHBoxLayout(self._entry)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.secret, self.log_in_button, self.tokens_button):
            row.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.addWidget(self.log_out_button)
        buttons.addWidget(self.again_button)
        buttons.addStretch(1)
        for part in (self.words, self.facts):
            self.body.addWidget(part)
        self.body.addLayout(self._faults)
        self.body.addWidget(self._entry)
        self.body.addLayout(buttons)
        self.secret.returnPressed.connect(self._on_log_in)
        self.secret.textChanged.connect(self._show_buttons)
        self._show()

    # ---------------------------------------------------------------------------- show

    def _show(self, waiting: str = "") -> None:
        login = self._login
        who = None if login is None else login.account
        source = None if login is None else login.source
        self.words.setText(waiting or _words(login))
        self.facts.set_facts({} if who is None or waiting else _facts(who))
        self.facts.setVisible(who is not None and not waiting)
        self._entry.setVisible(not waiting and source != "environment" and who is None)
        self.log_out_button.setVisible(not waiting and source == "store")
        self.again_button.setVisible(not waiting and self.fault is not None)
        self._show_buttons()

    def _show_buttons(self, *_ignored: object) -> None:
        self.log_in_button.setEnabled(bool(self.secret.text().strip()))

    def _show_fault(self, error: ErrorRecord | None) -> None:
        fault = None
        if error is not None:
            fault = Fault(error)
        self.fault = replace_fault(self._faults, self.fault, fault)

    # ---------------------------------------------------------------------------- asks

    def _ask(self, work: _Work, waiting: str, *, changes: bool = False) -> None:
        way = self._preferences.settings.hub
        self._show_fault(None)
        self._show(waiting)

        def asked(_saved: HubSettings, tell: Tell, token: CancelToken) -> Login:
            tell(_offline_login(way))
            return work(way, token)

        def answered(login: Login) -> None:
            self._on_login(login)
            if changes:
                # Else it went to the next field when this one was hidden.
                (self.secret if login.account is None else self.log_out_button).setFocus()
                self.changed.emit()

        self._hub.ask(_KEY, asked, answered, self._on_failed, self._on_told)

    def _on_told(self, login: Login) -> None:
        """Known without the Hub; the fields come back with its answer."""
        self._login = login

    def _on_login(self, login: Login) -> None:
        self._login = login
        if login.account is not None:
            self.secret.clear()
        self._show()

    def _on_failed(self, error: ErrorRecord) -> None:
        self._show_fault(error)
        self._show()

    def _on_log_in(self) -> None:
        secret = self.secret.text()
        if secret.strip() and not self._hub.is_open(_KEY):
            self._ask(
                lambda way, token: _logged_in(way, secret, token),
                tr("Asking the Hub whose it is…"),
                changes=True,
            )

    def _on_log_out(self) -> None:
        self._ask(lambda way, _token: _logged_out(way), tr("Logging out…"), changes=True)

    def _on_tokens(self) -> None:
        if self._login is not None and self._login.tokens_page:
            QDesktopServices.openUrl(QUrl(self._login.tokens_page))


def _words(login: Login | None) -> str:
    if login is None:
        return ""
    if login.source == "environment":
        return tr(
            "The environment variable HF_TOKEN is set: its token is used, and none can be entered "
            "here. To log in otherwise, unset it where the program is started."
        )
    if login.account is not None:
        return tr("The token lies in the Hub's own store, where other programs find it too.")
    if login.source == "store":
        return tr("There is a token in the Hub's store.")
    return tr(
        "Nobody is logged in: public repositories can be read. With a token of your account also "
        "gated and private ones can be, and with one that may write you can publish."
    )


def _facts(who: Account) -> dict[str, str]:
    name = who.name if who.full_name == who.name else f"{who.full_name} ({who.name})"
    return {
        tr("Logged in as"): name,
        tr("Organisations"): ", ".join(who.organisations) or tr("none"),
        tr("Token"): who.token_name,
        tr("May"): tr(_ROLES.get(who.role, who.role)),
    }


def _offline_login(way: HubSettings) -> Login:
    """What is known before anything is sent."""
    try:
        page = f"{endpoint_of(way)}/settings/tokens"
    except HubError:  # the question itself ends in this error, and tells it
        page = ""
    return Login(token_source(), None, page)


def _seen(way: HubSettings, token: CancelToken) -> Login:
    known = _offline_login(way)
    return replace(known, account=attended(lambda: account(way), token))


def _logged_in(way: HubSettings, secret: str, token: CancelToken) -> Login:
    who = attended(lambda: log_in(way, secret), token)
    return replace(_offline_login(way), account=who)


def _logged_out(way: HubSettings) -> Login:
    log_out()
    return _offline_login(way)
