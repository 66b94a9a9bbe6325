"""As what the project has a model of the Hub already, in this or another revision."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from act_core.hub.models import public_reference
from act_core.hub.names import HubName, hub_name
from act_core.models.reference import split_reference
from act_core.recipe import Draft
from act_gui.project import Project
from act_gui.specialists import added
from act_gui.text import tr

Role = Literal["target", "base", "specialist"]


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a repository in the project.

    Attributes:
        role: As what.
        specialist: The specialist's own name; empty for other roles.
        name: The repository in the revision that the project has.
    """

    role: Role
    specialist: str
    name: HubName

    def is_of(self, revisions: Collection[str]) -> bool:
        """Whether it is the model at one of these revisions."""
        return self.name.revision in revisions


def uses_of(draft: Draft, model: HubName) -> tuple[Use, ...]:
    """What the project does with a model, in whatever revision: target, base, then specialists.

    Of `BASE+ADAPTER` the last adapter is the model. Folders in the Hub's cache count as what they
    hold.
    """
    return tuple(use for use in _all(draft) if replace(use.name, revision=model.revision) == model)


def _all(draft: Draft) -> Iterator[Use]:
    named: list[tuple[Role, str, str]] = [
        ("target", "", draft.target),
        ("base", "", draft.base or ""),
        *(("specialist", name, one.model) for name, one in draft.specialists.items()),
    ]
    for role, specialist, reference in named:
        name = hub_name(split_reference(public_reference(reference))[-1]) if reference else None
        if name is not None:
            yield Use(role, specialist, name)


def use(project: Project, model: HubName, role: Role | Literal["replace"]) -> str:
    """Use a model as something; `replace`: in place of another revision of it as a specialist.

    Returns:
        What was done, for people.
    """
    reference, draft = str(model), project.draft
    if role == "replace":
        used = next(one for one in uses_of(draft, model) if one.role == "specialist")
        project.edit_specialist(used.specialist, model=reference)
        return tr("The specialist {name} is {model} now.", name=used.specialist, model=reference)
    if role == "specialist":
        project.edit(**added(draft, reference))
        return tr("{model} was added as a specialist.", model=reference)
    project.edit(**{role: reference})
    if role == "target":
        return tr("{model} is the target now.", model=reference)
    return tr("{model} is the base now.", model=reference)
