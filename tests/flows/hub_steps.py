"""Steps of a person who works with models of the Hub, in the order of the story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from act_core.models.pair import Finding
from act_gui.jobs.close_dialog import CloseDialog
from act_gui.pages.hub_parts.found_model import VERDICT
from tests.flows.person import Person, add_builtin, add_dialog, add_files, go_to_tab
from tests.hub.loopback import Hub

_LEFT = Qt.MouseButton.LeftButton
_ANSWER_S = 60.0
PROJECT = "From the Hub"


@dataclass(frozen=True)
class Wanted:
    """What the person is after.

    Attributes:
        words: Typed into the search; the target is found by them.
        target: Its name on the Hub.
        specialist: Its name; it was made from the target's base, or from the target.
        bring: A built-in set, or files to calibrate on and to measure with.
        keep: Name of a data set of one split, with what the target must not lose.
        keep_rows: So many of its rows calibrate; those behind are held out.
        result: Name under which the result is published.
    """

    words: str
    target: str
    specialist: str
    bring: tuple[Path, Path] | str
    keep: str
    keep_rows: int
    result: str


# ----------------------------------------------------------------------- before a download


def begin(person: Person, folder: Path, wanted: Wanted) -> None:
    """A new project, whose target is searched on the Hub by words."""
    start = person.window.parts.start_page
    person.write(start.new_folder.line, str(folder))
    person.write(start.name, PROJECT)
    person.page("models")
    person.step_done("start")
    page = person.go_to("hub")
    person.write(page.filters.words, wanted.words)
    details = look_at(person, wanted.target)
    person.step_done("search")
    person.click(details.uses.main_button)  # there is no target yet


def show_what_fits(person: Person) -> dict[str, str]:
    """Have what was made from the base checked against the target, past the words that found it.

    Returns:
        What is said of each model.
    """
    page = person.go_to("hub")
    person.click(page.details.uses.main_button)
    person.wait(page.results.empty.button.isVisible, _ANSWER_S, "nothing found by these words")
    person.click(page.results.empty.button)
    _wait_for(person, page, "search")
    model = page.results.model
    rows = range(model.rowCount())
    person.step_done("what fits")
    return {model.row(row).name: str(model.data(model.index(row, VERDICT))) for row in rows}


def check_pair(person: Person, wanted: Wanted) -> Sequence[Finding]:
    """Look at the specialist beside the target, and take it.

    Returns:
        What is said of the two.
    """
    details = look_at(person, wanted.specialist)
    person.step_done("pair check")
    person.click(details.uses.main_button)
    findings: Sequence[Finding] = details.findings.findings()
    return findings


def look_at(person: Person, name: str) -> Any:
    """Click a model in the list when it is there, and wait until all about it is known.

    Returns:
        The view of its details.
    """
    page = person.go_to("hub")
    model, table = page.results.model, page.results.table

    def place() -> int | None:
        names = [model.row(row).name for row in range(model.rowCount())]
        return names.index(name) if name in names else None

    _wait_for(person, page, "search")
    person.wait(lambda: place() is not None, _ANSWER_S, f"{name} in the list")
    index = model.index(place(), 0)
    table.scrollTo(index)
    QTest.mouseClick(table.viewport(), _LEFT, pos=table.visualRect(index).center())
    person.wait(lambda: page.results.current().name == name, 5, f"{name} chosen")
    _wait_for(person, page, "details")
    return page.details


def _wait_for(person: Person, page: Any, question: str) -> None:
    person.wait(lambda: not page.questions.is_open(question), _ANSWER_S, f"an answer: {question}")


# ------------------------------------------------------------------------------- downloads


def interrupt_download(
    person: Person, hub: Hub, wanted: Wanted, *, least_bytes: int, bytes_per_s: float
) -> None:
    """Fetch the specialist over a slow line, and close the program over it.

    Args:
        person: At the page Hub, with the specialist chosen.
        hub: Is made slow.
        wanted: Which specialist.
        least_bytes: So much is there when the program is closed.
        bytes_per_s: Of the slow line.
    """
    slow = hub.fault("GET /cdn/", bytes_per_s=bytes_per_s)
    context = person.window.context
    assert context is not None
    person.click(person.go_to("hub").details.download_button)

    def done() -> int:
        number = context.download_of(wanted.specialist)
        return 0 if number is None else context.jobs.view(number).done

    person.wait(lambda: done() >= least_bytes, _ANSWER_S, "a part of the specialist")
    person.step_done("interrupted")
    QTimer.singleShot(0, _stop_and_close)
    assert person.window.close()
    slow.times = 0


def resume_download(person: Person, folder: Path, wanted: Wanted, *, most_s: float) -> None:
    """Open the project again and go on; then fetch the target too."""
    window = person.window
    recent = window.parts.start_page.recents.findChildren(QPushButton)
    person.click(next(button for button in recent if button.text() == folder.name))
    details = look_at(person, wanted.specialist)
    assert details.download_button.text() == "Resume the download"
    person.click(window.parts.job_summary.button)
    panel: Any = window.parts.docks["jobs"].widget()
    person.click(panel.resume_all_button)
    _wait_until_here(person, details, most_s)
    person.step_done("resumed")
    details = look_at(person, wanted.target)
    person.click(details.download_button)
    _wait_until_here(person, details, most_s)
    window.parts.docks["jobs"].close()
    person.step_done("target fetched")
    models = person.go_to("models")
    person.wait_done("models", most_s)
    person.step_done("models")
    person.click(models.next_button)


def _wait_until_here(person: Person, details: Any, most_s: float) -> None:
    button = details.download_button
    person.wait(lambda: button.text() == "On this computer", most_s, "the download")


def _stop_and_close() -> None:
    """Answer the question when it comes."""
    dialog = QApplication.activeModalWidget()
    if isinstance(dialog, CloseDialog):
        QTest.mouseClick(dialog.stop_button, _LEFT)
    else:
        QTimer.singleShot(5, _stop_and_close)


# --------------------------------------------------------------------------------- the data


def choose_data(
    person: Person, wanted: Wanted, *, most_s: float, small: tuple[int, int] | None = None
) -> None:
    """Show with files what to bring over, and with a data set of the Hub what to keep.

    Args:
        person: At the page Abilities.
        wanted: Which data.
        most_s: Time for all of it.
        small: Counted tokens to profile on and items to measure; None: as proposed.
    """
    page = person.page("abilities")
    if isinstance(wanted.bring, str):
        add_builtin(person, page, wanted.bring)
    else:
        add_files(person, page, wanted.bring)
    _shorten(person, page, small)
    _add_dataset(person, page, wanted.keep, wanted.keep_rows)
    _shorten(person, page, small)
    person.wait_done("abilities", most_s)
    person.step_done("abilities")
    person.click(page.next_button)


def _add_dataset(person: Person, abilities: Any, name: str, rows: int) -> None:
    dialog = add_dialog(person, abilities)
    go_to_tab(dialog.tabs, "From the Hub")
    tab = dialog.hub
    QTest.keyClicks(tab.words, name.partition("/")[2])
    person.wait(lambda: tab.list.topLevelItemCount() == 1, _ANSWER_S, f"{name} in the list")
    item = tab.list.visualItemRect(tab.list.topLevelItem(0)).center()
    QTest.mouseClick(tab.list.viewport(), _LEFT, pos=item)
    person.wait(lambda: tab.look is not None, _ANSWER_S, f"first rows of {name}")
    person.write(tab.choices.calibration.last.lineEdit(), str(rows), Qt.Key.Key_Tab)
    person.write(tab.choices.heldout.first.lineEdit(), str(rows + 1), Qt.Key.Key_Tab)
    person.step_done("data set")
    person.click(dialog.add_button)
    person.wait_closed(dialog)


def _shorten(person: Person, page: Any, small: tuple[int, int] | None) -> None:
    if small is None:
        return
    person.wait(page.form.isVisible, 20, "the ability's settings")
    if not page.form.calibration_tokens.isVisible():
        person.click(page.form.more.button)
    for field, number in zip(
        (page.form.calibration_tokens, page.form.heldout_items), small, strict=True
    ):
        person.write(field, str(number))


# ------------------------------------------------------------------------------- publishing


def log_in(person: Person, token: str) -> None:
    """Write a token into the settings, which are shown, and close them."""
    dialog = person.dialog(person.window)
    account = dialog.account
    person.wait(account.secret.isVisible, _ANSWER_S, "the field for the token")
    person.write(account.secret, token)
    person.wait(account.log_out_button.isVisible, _ANSWER_S, "logged in")
    person.step_done("log in")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def publish(person: Person, wanted: Wanted, token: str, *, most_s: float) -> None:
    """Log in through the settings, look what stands against it, and publish.

    Args:
        person: At the page Export, with an export.
        wanted: Under which name.
        token: Of an account that may write.
        most_s: Time for each part.
    """
    page = person.page("export")
    card = page.publish_card
    person.click(card.unfold.button)
    person.click(card.log_in_button)
    log_in(person, token)
    person.wait(lambda: card.owner.count() > 0, _ANSWER_S, "who may own it")
    owner, _, name = wanted.result.partition("/")
    card.owner.setCurrentText(owner)
    person.write(card.name, name)
    person.click(card.check_button)
    person.wait(
        lambda: not card.job_line.busy and card.publish_button.isEnabled(), most_s, "no refusal"
    )
    person.step_done("looked over")
    person.click(card.publish_button)
    person.wait(card.page_button.isVisible, most_s, "published")
    lines = page.lines.text
    person.wait(lambda: f'"{wanted.result}"' in lines(), _ANSWER_S, "lines with the published name")
    person.click(page.copy_button)
    assert QApplication.clipboard().text() == lines()
    person.step_done("publish")


def load_published(person: Person, wanted: Wanted, exported: Path) -> None:
    """Load the model by the name under which it was published, and compare it with the export."""
    from torch import equal
    from transformers import AutoModelForCausalLM, AutoTokenizer

    theirs, mine = wanted.result, str(exported)
    asked, again = (
        AutoTokenizer.from_pretrained(one)("3 + 4 =", return_tensors="pt") for one in (theirs, mine)
    )
    assert equal(asked["input_ids"], again["input_ids"])
    logits = [AutoModelForCausalLM.from_pretrained(one)(**asked).logits for one in (theirs, mine)]
    assert equal(*logits)
    person.step_done("loaded")
