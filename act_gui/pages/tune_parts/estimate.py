"""What a tuning would take, asked in the background whenever its settings have changed."""

from __future__ import annotations

from dataclasses import dataclass

from act_core.cancel import CancelToken
from act_core.pipeline.tune_plan import TunePlan, tune_plan
from act_core.profile.fit import TaskFit, tune_fit
from act_core.recipe import Draft
from act_gui.jobs.ask_once import AskOnce


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known before the start.

    Attributes:
        plan: What learns, what is read, and how long that takes.
        fit: Whether it fits into the memory that is free now.
    """

    plan: TunePlan
    fit: TaskFit


class Estimates(AskOnce):
    """Asks again when what an estimate depends on has changed; the answer is an `Estimate`."""

    def look(self, draft: Draft, *, measure: bool) -> None:
        """Estimate a draft that lacks nothing, unless that is the last question.

        Args:
            draft: Has a section tune.
            measure: Try some steps out where no tuning told the speed yet; not while something
                else computes.
        """
        recipe = draft.complete()

        def work(token: CancelToken) -> Estimate:
            from act_core.profile.machine import read_machine

            plan = tune_plan(recipe, measure=measure, token=token)
            machine = read_machine(recipe.profile.device)
            return Estimate(plan, tune_fit(plan.memory, machine, plan.assumptions))

        self.ask(draft, work)
