"""Try: one prompt to target, specialists and result side by side, and probes that are kept."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from act_core.errors import ErrorRecord
from act_core.events import AnswerBegan, AnswerEnded, AnswerText
from act_core.pipeline.talking import prompt_of
from act_core.recipe import Draft, Probe
from act_core.talk.prompt import Prompt
from act_core.talk.question import MASK, RESULT, TARGET, Ask, Question, Turn
from act_core.tune.tuned_training import FACTS_NAME
from act_gui.context import Context
from act_gui.jobs.state import ENDED
from act_gui.jobs.warm import WARM
from act_gui.pages.page import Page
from act_gui.pages.try_parts.board import AnswerBoard, candidate_title
from act_gui.pages.try_parts.probes_card import ProbesCard
from act_gui.pages.try_parts.prompt_card import PromptCard
from act_gui.pages.try_parts.sampling_card import SamplingCard
from act_gui.stages import StageName
from act_gui.text import tr
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.tab_order import order_before

_RENDER_AFTER_MS = 250
_IDLE_MS = 180_000


class TryPage(Page):
    """Asks as jobs on the device's lane; the loaded model stays while the page is shown."""

    stage: ClassVar[StageName] = "try"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._job: int | None = None
        self._asks_again = self._again_wanted = self._begun = False
        self._render = QTimer(self, singleShot=True, interval=_RENDER_AFTER_MS)
        self._idle = QTimer(self, singleShot=True, interval=_IDLE_MS)
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Offer who can answer, and show probes with the answers that are known."""
        draft = self.context.project.draft
        if not self._begun:
            self._begun = True
            self.prompt.begin_at(draft.transfer.strength)
        self._offer(draft)
        known = self.context.models.get(draft.target, draft.base) if draft.target else None
        self.settings.set_has_template(None if known is None else known.card.chat_template)
        self._show_buttons()
        self.probes.refresh()
        self._render.start()

    def end(self) -> None:
        """Nobody asks any more."""
        super().end()
        self._job = None
        WARM.let_go()

    # Building

    def _build(self) -> None:
        self.prompt = PromptCard(self.ground)
        self.settings = SamplingCard(self.ground)
        self.board = AnswerBoard(self.ground)
        self.probes = ProbesCard(self.context, self.ground)
        for widget in (self.prompt, self.settings, self.board, self.probes):
            self.body.addWidget(widget)
        self.send_button = primary_button(tr("Send"), self._on_send)
        self.stop_button = push_button(tr("Stop"), self._on_stop, "stop")
        self.new_button = push_button(tr("New conversation"), self._on_new)
        self.keep_button = push_button(tr("Keep as probe"), self._on_keep, "add")
        for button in (self.send_button, self.stop_button, self.new_button, self.keep_button):
            self.footer.addWidget(button)
        self.add_next_button()

    def _connect(self) -> None:
        self.prompt.send_wanted.connect(self._on_send)
        self.prompt.changed.connect(self._on_changed_prompt)
        self.prompt.strength_moved.connect(self._show_board)
        self.prompt.strength_rests.connect(self._on_strength)
        self.settings.changed.connect(self._render.start)
        self.probes.answering.connect(self._idle.stop)
        self._render.timeout.connect(self._on_render)
        self._idle.timeout.connect(self._let_go)
        self.context.jobs.event.connect(self._on_event)
        self.context.jobs.changed.connect(self._on_job_changed)

    # Who is asked

    def _offer(self, draft: Draft) -> None:
        able = [] if draft.missing() else [TARGET, *draft.specialists]
        if able and self._has_result(draft):
            able += [RESULT, MASK]
        self.prompt.set_candidates(self._titles(), able)
        self._show_board()

    def _titles(self) -> dict[str, str]:
        names = (TARGET, *self.context.project.draft.specialists, RESULT, MASK)
        return {name: candidate_title(name, self.prompt.strength) for name in names}

    def _has_result(self, draft: Draft) -> bool:
        """Whether masks or gates are there to move, and what was tuned after them."""
        run = self.context.project.run
        if draft.tune is not None and not (run.tuned_path("result") / FACTS_NAME).is_file():
            return False
        if draft.gates is not None:
            return run.gates_path.is_file()
        places = (s.mask or run.mask_path(name) for name, s in draft.specialists.items())
        return all(place.is_file() for place in places)

    def _show_board(self) -> None:
        titles = self._titles()
        with_answers = {n for n, c in self.board.columns.items() if c.has_answer or c.waits}
        chosen = set(self.prompt.chosen)
        shown = chosen or with_answers
        if self.board.set_candidates(titles, [name for name in titles if name in shown]):
            # The columns were made last, but stand in front of the probes.
            texts = (self.board.columns[name].text for name in titles)
            order_before(self.probes.table, *texts)
        self.prompt.set_candidates(titles, self._able())

    def _able(self) -> set[str]:
        return {name for name, box in self.prompt.who.items() if box.isEnabled()}

    # Asking

    def _on_send(self) -> None:
        if not self.send_button.isEnabled():
            return
        turn = Turn(role="user", content=self.prompt.text)
        asks = tuple(
            Ask(candidate=column.candidate, turns=column.ask(turn)) for column in self.board.shown
        )
        self._asks_again = False
        self.prompt.box.selectAll()  # the next turn is written over this one
        self._start(asks)

    def _on_strength(self) -> None:
        """The slider rests: the mask answers its last question again."""
        column = self.board.columns.get(MASK)
        if column is None or MASK not in self.prompt.chosen:
            return
        if self._job is not None:
            self._again_wanted = True
            if self._asks_again:
                self.context.jobs.cancel(self._job)
        elif column.has_answer:
            self._asks_again = True
            self._start((Ask(candidate=MASK, turns=column.ask_again()),))

    def _start(self, asks: tuple[Ask, ...]) -> None:
        self._idle.stop()
        question = Question(
            asks=asks,
            chat=self.settings.chat,
            sampling=self.settings.sampling(),
            strength=self.prompt.strength,
        )
        self._job = self.context.start("try", tr("Ask"), question=question.model_dump(mode="json"))
        if self._job is None:
            self._give_up()
        self._show_buttons()

    def _on_stop(self) -> None:
        self._again_wanted = False
        if self._job is not None:
            self.context.jobs.cancel(self._job)

    def _on_event(self, job: int, event: object) -> None:
        if job != self._job:
            return
        if not isinstance(event, AnswerBegan | AnswerText | AnswerEnded):
            return
        column = self.board.columns.get(event.candidate)
        if column is None:
            return
        if isinstance(event, AnswerBegan):
            column.begin()
        elif isinstance(event, AnswerText):
            column.add(event.text, event.tokens)
        else:
            column.end(event)

    def _on_job_changed(self, job: int) -> None:
        view = self.context.jobs.view(job)
        if view.spec.kind == "probes" and view.state in ENDED:
            self._idle.start()
            self.probes.refresh()
        if job != self._job or view.state not in ENDED:
            return
        self._job = None
        self._give_up()
        # Later: others still look at the job's end.
        QTimer.singleShot(0, self, lambda: self._forget(job))
        self._idle.start()
        if not self.isVisible():
            self._let_go()
        elif self._again_wanted:
            self._again_wanted = False
            self._on_strength()
        self._show_buttons()

    def _forget(self, job: int) -> None:
        """An answer is on the page; the list of jobs is for work."""
        if any(view.id == job for view in self.context.jobs.jobs()):
            self.context.jobs.remove(job)

    def _give_up(self) -> None:
        for column in self.board.columns.values():
            column.give_up()

    def _on_new(self) -> None:
        for column in self.board.columns.values():
            column.clear()
        self._show_board()
        self._show_buttons()
        self._render.start()
        self.prompt.box.setFocus()

    def _show_buttons(self) -> None:
        can = bool(self.prompt.text) and bool(self.prompt.chosen) and self._job is None
        self.send_button.setEnabled(can)
        self.stop_button.setEnabled(self._job is not None)
        columns = self.board.columns.values()
        self.new_button.setEnabled(
            self._job is None and any(not c.text.document().isEmpty() for c in columns)
        )
        self.keep_button.setEnabled(bool(self.prompt.text))

    def _on_changed_prompt(self) -> None:
        self._show_board()
        self._show_buttons()
        self._render.start()

    # What the model reads

    def _on_render(self) -> None:
        draft = self.context.project.draft
        if not self.settings.reads.button.isChecked() or not draft.target:
            return
        first = self.board.shown[0] if self.board.shown else None
        before = () if first is None else first.turns
        one = Ask(candidate=TARGET, turns=(*before, Turn(role="user", content=self.prompt.text)))
        target, base, chat = draft.target, draft.base, self.settings.chat
        self.context.lookups.ask(
            "rendered prompt",
            lambda: prompt_of(target, base, one, chat),
            self._on_prompt,
            self._on_no_prompt,
        )

    def _on_prompt(self, prompt: Prompt) -> None:
        self.settings.show_prompt(prompt.text, tr("{count} tokens", count=len(prompt.ids)))

    def _on_no_prompt(self, error: ErrorRecord) -> None:
        self.settings.show_prompt("", f"{error.reason} {error.remedy}")

    def _on_keep(self) -> None:
        self.probes.keep(
            Probe(
                prompt=self.prompt.text,
                chat=self.settings.chat,
                new_tokens=self.settings.sampling().new_tokens,
            )
        )

    # Memory

    def _let_go(self) -> None:
        """Give the model's memory back; not here, where it would take the window's time."""
        self._idle.stop()
        self.context.lookups.ask("let go", WARM.let_go, _ignore, self.context.notices.error)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        self._let_go()


def _ignore(_answer: object) -> None:
    """Nothing is to be said of memory that is free again."""
