"""What Gates and Tune have in common: a step that may be left out, and that learns in a job."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from act_core.recipe import Draft
from act_gui.context import Context
from act_gui.earlier_steps import lacks_basics
from act_gui.jobs.manager import JobView
from act_gui.live_losses import LiveLosses
from act_gui.pages.page import Page
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.job_line import open_job
from act_gui.widgets.run_card import RunCard, RunWords
from act_gui.widgets.scrolling import Pictures, SideColumn, add_side_by_side
from act_gui.widgets.tokens_card import TokensCard
from act_gui.widgets.two_ways import TwoWays

_DRAW_MS = 100  # losses come many times a second with a small model
_LOW_EM = 44


class LearningPage(Page):
    """The choice and the job, and below them cards beside pictures of what is learned.

    Such a page lays its cards and pictures out with `put_beside`, and overrides `is_used`,
    `show_draft`, `show_job`, `show_learned` and `forget_stored`.

    Args:
        context: The project and everything that works for it.
        choice: Of leaving the step out or taking it.
        unused: What stands in place of cards and pictures where it is left out.
        empty: What will stand there, where models or abilities are missing.
        words: What its job is called.
        live: What its job has said so far.
        parent: Owner.

    Attributes:
        kind: Of its job.
        stack: What is or would be shown here in words, and then the cards and pictures.
        tokens: A card that the page still has to give its place.
    """

    scrolls = False
    kind: ClassVar[str]

    def __init__(
        self,
        context: Context,
        choice: TwoWays,
        unused: str,
        empty: str,
        words: RunWords,
        live: LiveLosses,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context, parent)
        self._unused, self._empty, self._live = unused, empty, live
        self._draw = QTimer(self, singleShot=True, interval=_DRAW_MS)
        self.choice, self.run_card = choice, RunCard(words, context.jobs, self.ground)
        self.stack, self.empty, self.tokens = (
            QStackedWidget(),
            EmptyState(self.stage, ""),
            TokensCard(),
        )
        self.body.addWidget(self.choice)
        self.body.addWidget(self.run_card)
        self.body.addWidget(self.stack, 1)
        self.stack.addWidget(self.empty)
        self.tokens.training_said.connect(
            lambda name, tokens: context.project.edit_specialist(name, training_tokens=tokens)
        )
        self._draw.timeout.connect(self.show_learned)
        for news in (live.restarted, live.loss_came):
            news.connect(self.draw_soon)
        context.jobs.changed.connect(self._on_job_changed)
        context.jobs.finished.connect(self._on_job_finished)

    def put_beside(self) -> tuple[SideColumn, Pictures]:
        """Put an empty column for cards beside an empty area for pictures."""
        side, area = SideColumn(), Pictures(_LOW_EM)
        add_side_by_side(self.stack, side, area)
        return side, area

    def refresh(self) -> None:
        """Show choice, job, settings and what is learned of the project as it is now."""
        draft, job = self.context.project.draft, self.open_job()
        used = self.is_used(draft)
        self.choice.show_choice(using=used, busy=job is not None)
        self.stack.setCurrentIndex(1 if used and not lacks_basics(draft) else 0)
        self.empty.set_text(self._empty if used else self._unused)
        waits = not self.missing_step.isHidden()
        self.run_card.setVisible(used and (job is not None or not waits))
        if used:
            self.show_draft(draft, job)

    def open_job(self) -> JobView | None:
        """The page's latest job that has not ended."""
        return open_job(self.context.jobs, (self.kind,))

    def is_live(self) -> bool:
        """Whether the open job has said something that can be shown, in place of what is stored."""
        job = self.open_job()
        return job is not None and self._live.job == job.id and not self._live.is_empty()

    def draw_soon(self, *_ignored: object) -> None:
        """Draw what is learned anew, a few times a second at most."""
        if self.isVisible():
            self._draw.start()

    # ------------------------------------------------------------------- what a page does

    def is_used(self, draft: Draft) -> bool:
        """Whether the recipe takes the step."""
        raise NotImplementedError

    def show_draft(self, draft: Draft, job: JobView | None) -> None:
        """Show settings, job and what is learned of a recipe that takes the step."""
        raise NotImplementedError

    def show_job(self, job: JobView | None) -> None:
        """Show the open job, or what a start would do."""
        raise NotImplementedError

    def show_learned(self) -> None:
        """Draw what is being learned, else what was learned."""
        raise NotImplementedError

    def forget_stored(self) -> None:
        """The run folder may hold something new."""
        raise NotImplementedError

    # -------------------------------------------------------------------------------- jobs

    def _on_job_changed(self, job: int) -> None:
        if self.isVisible() and self.context.jobs.view(job).spec.kind == self.kind:
            self.show_job(self.open_job())

    def _on_job_finished(self, job: int, _result: object) -> None:
        """Any job that carries a recipe out may have learned something, or measured it."""
        if self.context.jobs.view(job).spec.recipe is not None:
            self.forget_stored()
            if self.isVisible():
                self.refresh()
