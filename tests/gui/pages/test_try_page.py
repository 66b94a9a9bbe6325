"""Try: answers side by side as they come, the mask at any strength, probes that are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.pipeline.run import run_recipe
from act_core.pipeline.talking import ask
from act_core.talk.decoding import TextStream
from act_core.talk.question import Ask, Question, Sampling, Turn
from act_core.talk.warm import WarmTalker
from act_gui.jobs.warm import WARM
from act_gui.pages.try_page import TryPage
from act_gui.project import Project
from tests.gui.pages.profiled import tiny_draft

_LEFT = Qt.MouseButton.LeftButton
_CTRL = Qt.KeyboardModifier.ControlModifier
_MOST_MS = 30_000
_LONGEST = 6


@pytest.fixture(scope="module")
def localized(tmp_path_factory: pytest.TempPathFactory, qapp: object) -> Path:
    """A project of tiny models with its masks."""
    folder = tmp_path_factory.mktemp("try")
    draft = tiny_draft(
        folder, statistics=(), localize={"scorer": "weight", "budget": {"share": 0.5}}
    )
    project = Project.create(folder / "project", draft)
    recipe = project.draft.complete()
    run_recipe(recipe, until="localize", command="act", emit=discard, token=CancelToken())
    project.close()
    project.deleteLater()
    return folder / "project"


@pytest.fixture
def page(qtbot: QtBot, make_context: Callable[..., Any], localized: Path) -> Iterator[TryPage]:
    shown = TryPage(make_context(localized))
    qtbot.addWidget(shown)
    shown.resize(1100, 900)
    shown.show()
    qtbot.waitUntil(lambda: shown.settings.chat_box.isEnabled(), timeout=_MOST_MS)
    shown.settings.new_tokens.setValue(_LONGEST)
    yield shown
    shown.context.project.edit_section("evaluate", probes=())
    shown.context.project.save()
    WARM.let_go()


def write(page: TryPage, qtbot: QtBot, text: str) -> None:
    page.prompt.box.selectAll()
    qtbot.keyClicks(page.prompt.box, text)


def send(page: TryPage, qtbot: QtBot) -> None:
    qtbot.keyClick(page.prompt.box, Qt.Key.Key_Return, _CTRL)
    answered(page, qtbot)


def answered(page: TryPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page._job is None and not page._again_wanted, timeout=_MOST_MS)


def said(page: TryPage, candidate: str, *turns: str, strength: float = 1.0) -> str:
    """What the core answers to a conversation; every other turn is an answer."""
    roles = ("user", "assistant")
    whole = tuple(Turn(role=roles[n % 2], content=t) for n, t in enumerate(turns))  # type: ignore[arg-type]
    question = Question(
        asks=(Ask(candidate=candidate, turns=whole),),
        sampling=Sampling(new_tokens=_LONGEST),
        strength=strength,
    )
    recipe = page.context.project.draft.complete()
    (answer,) = ask(recipe, question, WarmTalker(), emit=discard, token=CancelToken())
    return answer.text


def test_two_turns_to_everyone_side_by_side(page: TryPage, qtbot: QtBot) -> None:
    assert not page.send_button.isEnabled()
    write(page, qtbot, "one")
    send(page, qtbot)
    write(page, qtbot, "two")
    send(page, qtbot)

    assert [column.candidate for column in page.board.shown] == ["target", "painter", "result"]
    for column in page.board.shown:
        first = said(page, column.candidate, "one")
        second = said(page, column.candidate, "one", first, "two")
        assert [turn.content for turn in column.turns] == ["one", first, "two", second]
        assert column.text.toPlainText() == f"You: one\n{first}\n\nYou: two\n{second}"
        assert "tokens" in column.foot.text()
    qtbot.waitUntil(lambda: page.context.jobs.jobs() == ())


def test_the_mask_answers_again_at_another_strength(page: TryPage, qtbot: QtBot) -> None:
    for name in ("target", "painter", "result"):
        page.prompt.who[name].click()
    page.prompt.who["mask"].click()
    write(page, qtbot, "one")
    send(page, qtbot)
    column = page.board.columns["mask"]
    assert column.turns[-1].content == said(page, "mask", "one")

    page.prompt.slider.setFocus()
    for _press in range(2):
        qtbot.keyClick(page.prompt.slider, Qt.Key.Key_PageDown)
    assert column.heading.text() == "Mask at 0.50"
    qtbot.waitUntil(lambda: page._job is not None, timeout=_MOST_MS)
    answered(page, qtbot)

    again = said(page, "mask", "one", strength=0.5)
    assert again != said(page, "mask", "one")
    assert column.text.toPlainText() == f"You: one\n{again}"
    assert [turn.content for turn in column.turns] == ["one", again]
    assert WARM.is_warm


def test_stop_keeps_what_was_said_and_asks_nobody_else(
    page: TryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = TextStream.take

    def slowly(stream: TextStream, token: int) -> str:
        time.sleep(0.05)  # so small a model has else ended before anyone can stop it
        return take(stream, token)

    monkeypatch.setattr(TextStream, "take", slowly)
    page.settings.new_tokens.setValue(100)
    page.settings.temperature.setValue(1.5)
    write(page, qtbot, "one")
    first = page.board.columns["target"]
    with qtbot.waitSignal(
        page.context.jobs.event,
        timeout=_MOST_MS,
        check_params_cb=lambda _job, event: type(event).__name__ == "AnswerText",
    ):
        qtbot.mouseClick(page.send_button, _LEFT)
    qtbot.mouseClick(page.stop_button, _LEFT)
    answered(page, qtbot)

    assert first.foot.text().startswith("Stopped: ")
    assert len(first.turns) == 2
    assert page.board.columns["result"].turns == ()
    assert page.board.columns["result"].foot.text() == "Not answered."

    qtbot.mouseClick(page.new_button, _LEFT)
    assert first.turns == ()
    assert first.text.toPlainText() == ""


def test_what_the_model_reads_is_shown_with_its_template(page: TryPage, qtbot: QtBot) -> None:
    page.settings.reads.button.click()
    write(page, qtbot, "hi")
    shown = page.settings.prompt
    template = "<bos>user: hi<eos><bos>assistant: "
    qtbot.waitUntil(lambda: shown.toPlainText() == template, timeout=_MOST_MS)

    page.settings.chat_box.click()

    qtbot.waitUntil(lambda: shown.toPlainText() == "hi", timeout=_MOST_MS)
    assert page.settings.prompt_words.text() == "2 tokens"


def test_a_probe_is_kept_answered_and_removed(page: TryPage, qtbot: QtBot) -> None:
    write(page, qtbot, "one")
    qtbot.mouseClick(page.keep_button, _LEFT)
    table = page.probes.table
    qtbot.waitUntil(lambda: table.rowCount() == 1 and table.isVisible(), timeout=_MOST_MS)
    assert page.context.project.draft.evaluate.probes[0].prompt == "one"
    qtbot.waitUntil(page.probes.answer_button.isEnabled, timeout=_MOST_MS)

    qtbot.mouseClick(page.probes.answer_button, _LEFT)
    qtbot.waitUntil(
        lambda: "Every probe was answered" in page.probes.words.text(), timeout=_MOST_MS
    )

    cells = [table.item(0, column).text() for column in range(4)]
    answers = [said(page, name, "one").strip() for name in ("target", "painter", "result")]
    assert cells[0] == "one"
    assert [cell.removesuffix(" …") for cell in cells[1:]] == answers

    table.selectRow(0)
    qtbot.mouseClick(page.probes.remove_button, _LEFT)
    assert page.context.project.draft.evaluate.probes == ()
    qtbot.waitUntil(lambda: not table.isVisible(), timeout=_MOST_MS)


def test_leaving_the_page_gives_the_memory_back(page: TryPage, qtbot: QtBot) -> None:
    write(page, qtbot, "one")
    send(page, qtbot)
    assert WARM.is_warm

    page.hide()

    qtbot.waitUntil(lambda: not WARM.is_warm, timeout=_MOST_MS)


def test_without_masks_only_the_models_themselves_answer(
    qtbot: QtBot, make_context: Callable[..., Any], tmp_path: Path
) -> None:
    page = TryPage(make_context(draft=tiny_draft(tmp_path / "models", statistics=())))
    qtbot.addWidget(page)
    page.show()

    enabled = {name for name, box in page.prompt.who.items() if box.isEnabled()}
    assert enabled == {"target", "painter"}
    assert "Localize" in page.prompt.who["result"].toolTip()


def test_an_empty_project_says_what_is_missing(qtbot: QtBot, context: Any) -> None:
    page = TryPage(context)
    qtbot.addWidget(page)
    page.show()
    qtbot.keyClicks(page.prompt.box, "one")

    assert "Choose a target." in page.missing_step.text.text()
    assert not page.send_button.isEnabled()
