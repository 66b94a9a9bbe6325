"""What measuring will take, in words, and how that is found out."""

from __future__ import annotations

from act_core.pipeline.pace import candidate_time, expected_evaluation
from act_core.profile.expect import Expectation
from act_core.recipe import Draft
from act_gui.jobs.ask_once import AskOnce
from act_gui.jobs.words import about_text
from act_gui.text import tr


class CandidateTimes(AskOnce):
    """How long a candidate takes: asked where this project has not measured yet."""

    def look(self, draft: Draft) -> None:
        """Ask for a draft that lacks nothing; not while something else computes."""
        settings = draft.profile
        recipe = draft.complete()
        data = tuple((name, repr(ability)) for name, ability in draft.abilities.items())
        depends = (draft.target, draft.base, data, draft.seed, settings.device, settings.dtype)
        self.ask(depends, lambda token: candidate_time(recipe, token))


def time_text(draft: Draft, found: Expectation | None) -> str:
    """About how long measuring takes; empty where that is not known."""
    if found is None:
        return ""
    time = about_text(expected_evaluation(draft, found.seconds))
    if not found.measured:
        time = tr("at most {time}, a rough estimate", time=time)
    left_out = []
    if draft.gates is not None or draft.tune is not None:
        left_out.append(tr("learning"))
    if draft.evaluate.baselines:
        left_out.append(tr("merging"))
    if not left_out:
        return time
    return tr("{time}, without {what}", time=time, what=tr(" and ").join(left_out))
