"""The way to the Hub: address, proxy, certificates, offline; and whether it leads there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_core.hub.reach import Step, try_connection
from act_core.hub.waiting import attended
from act_core.redact import redacted, with_login, without_login
from act_core.settings import HubSettings
from act_gui.dialogs.files import ask_files
from act_gui.jobs.network import HubQuestions, Tell
from act_gui.preferences import Preferences
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.check_list import CheckList
from act_gui.widgets.form_rows import FormRows
from act_gui.widgets.labels import label
from act_gui.widgets.named import named

_KEY = "connection"
_NAMES = {
    "settings": "Address",
    "certificates": "Certificates",
    "proxy": "Proxy",
    "Hub": "Hub",
    "token": "Account",
}


class ConnectionBox(Card):
    """Each field is kept as soon as it was left.

    Args:
        preferences: Keep the settings.
        parent: Owner.
    """

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(tr("Connection"), parent)
        self._preferences = preferences
        self._hub = HubQuestions(self)
        self._steps: list[Step] = []
        self._build()
        self.show_settings()
        for field in (self.endpoint, self.proxy, self.certificates):
            field.editingFinished.connect(self.keep)
        self.offline.toggled.connect(lambda _on: self.keep())

    def show_settings(self) -> None:
        """Show the settings as they are, beside what is being written."""
        way = self._preferences.settings.hub
        for field, text in (
            (self.endpoint, way.endpoint),
            (self.proxy, without_login(way.proxy)),
            (self.certificates, way.certificates),
        ):
            if not field.isModified():
                field.setText(text)
        self.offline.blockSignals(True)
        self.offline.setChecked(way.offline)
        self.offline.blockSignals(False)

    def keep(self) -> None:
        """Keep what the fields say."""
        fields = (self.endpoint, self.proxy, self.certificates)
        for field in fields:
            field.setModified(False)
        endpoint, proxy, certificates = (field.text().strip() for field in fields)
        before = self._preferences.settings.hub
        proxy = with_login(proxy, before.proxy)
        self.proxy.setText(without_login(proxy))  # a password is seen while it is written
        way = HubSettings(endpoint, proxy, certificates, self.offline.isChecked())
        if way == before:
            return
        self._hub.forget(_KEY)
        self._show_steps([])
        self._preferences.change(hub=way)

    def _build(self) -> None:
        self.endpoint, self.proxy, self.certificates = QLineEdit(), QLineEdit(), QLineEdit()
        rows = FormRows()
        self.endpoint.setPlaceholderText(tr("The Hub itself"))
        rows.add(
            tr("Address"),
            self.endpoint,
            tr("Address of a mirror or of your company's Hub. Empty: what HF_ENDPOINT says, else "
               "the Hub itself."),
        )  # fmt: skip
        self.proxy.setPlaceholderText(tr("What HTTPS_PROXY or the system says"))
        rows.add(
            tr("Proxy"),
            self.proxy,
            tr("Such as http://HOST:PORT, or http://NAME:PASSWORD@HOST:PORT. Empty: what "
               "HTTPS_PROXY or the system says. Name and password are kept in the settings' file, "
               "which only you may read, and are not shown again: *** stands for them."),
        )  # fmt: skip
        self.certificates.setPlaceholderText(tr("Those of this computer alone"))
        self.certificates.setAccessibleName(tr("Certificates"))
        self.choose_button = push_button(tr("Choose…"), self._on_choose, "file")
        self.choose_button.setAccessibleName(tr("Choose a file of certificates"))
        self.certificates.setToolTip(
            tr("A PEM file with certificates to trust beside those of this computer, as networks "
               "of companies need.")
        )  # fmt: skip
        file_row = QHBoxLayout()
        file_row.addWidget(self.certificates, 1)
        file_row.addWidget(self.choose_button)
        rows.add_fields(tr("Certificates"), file_row)
        offline = tr("Work offline: send nothing, use what is on this computer")
        self.offline = named(QCheckBox(offline), offline)
        rows.add_below(self.offline)
        self.test_button = push_button(tr("Test connection"), self._on_test, "play")
        self.words = label("", "muted", wrap=True)
        test_row = QHBoxLayout()
        test_row.addWidget(self.test_button)
        test_row.addWidget(self.words, 1)
        self.steps = CheckList()
        self.steps.hide()
        self.body.addLayout(rows)
        self.body.addLayout(test_row)
        self.body.addWidget(self.steps)

    def _on_choose(self) -> None:
        text = self.certificates.text().strip()
        start = Path(text).expanduser().parent if text else Path.home()
        kinds = tr("Certificates (*.pem *.crt *.cer);;All files (*)")
        ask_files(self, tr("Choose a file of certificates"), start, kinds, self._on_chosen)

    def _on_chosen(self, paths: list[Path]) -> None:
        self.certificates.setText(str(paths[0]))
        self.keep()

    def _on_test(self) -> None:
        self.keep()
        way = self._preferences.settings.hub
        self._show_steps([])
        self.test_button.setEnabled(False)
        self.words.setText(tr("Trying…"))

        def work(_saved: HubSettings, tell: Tell, token: CancelToken) -> tuple[Step, ...]:
            return attended(lambda: try_connection(way, tell), token)

        self._hub.ask(_KEY, work, self._on_tried, self._on_failed, self._on_step)

    def _on_step(self, step: Step) -> None:
        self._show_steps([*self._steps, step])

    def _on_tried(self, steps: tuple[Step, ...]) -> None:
        failed = any(step.passed is False for step in steps)
        self._end(tr("The Hub cannot be used so.") if failed else tr("The Hub can be used."))

    def _on_failed(self, error: ErrorRecord) -> None:
        self._end(f"{error.reason} {error.remedy}")

    def _end(self, text: str) -> None:
        self.test_button.setEnabled(True)
        self.words.setText(text)

    def _show_steps(self, steps: list[Step]) -> None:
        self._steps = steps
        if not steps:
            self._end("")
        self.steps.set_checks([_check(step) for step in steps])
        self.steps.setVisible(bool(steps))


def _check(step: Step) -> dict[str, Any]:
    text = redacted(step.text)
    if step.passed is not None and step.seconds >= 0.05:
        text = tr("{words} ({seconds} s)", words=text, seconds=f"{step.seconds:.1f}")
    return {"name": tr(_NAMES[step.name]), "passed": step.passed, "detail": text}
