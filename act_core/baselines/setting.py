"""What baselines merge: which models, and from what their differences are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from act_core.models.reference import Model

TARGET = "target"


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """The models of a run as a merger sees them.

    Bringing an ability back, target and specialist are merged; merging specialists into their base,
    the specialists are.

    Attributes:
        target: The model that a merge is measured in place of.
        ancestor: From what differences (task vectors) are taken: the common ancestor, or the
            target.
        tuned: What was fine-tuned from the ancestor, by name: every specialist, and the target
            unless it is the ancestor.
    """

    target: Model
    ancestor: Model
    tuned: Mapping[str, Model]

    @property
    def from_target(self) -> bool:
        """Whether the target is the ancestor."""
        return TARGET not in self.tuned

    @property
    def ends(self) -> Mapping[str, Model]:
        """What is merged by methods that know no ancestor: a lone specialist with the target."""
        if len(self.tuned) > 1:
            return self.tuned
        return {TARGET: self.target, **self.tuned}


def setting_of(
    target: Model,
    base: Model | None,
    specialists: Mapping[str, Model],
    ancestor: Literal["base", "target"] | None,
) -> Setting:
    """The setting of a run.

    Where the base is itself the target, or the specialist, the target is the ancestor.

    Args:
        target: The target.
        base: The common ancestor, where the recipe names one.
        specialists: By name.
        ancestor: What to take differences from; None is the base, where there is one.
    """
    others = {target.fingerprint(), *(model.fingerprint() for model in specialists.values())}
    if base is None or ancestor == "target" or base.fingerprint() in others:
        return Setting(target, target, specialists)
    return Setting(target, base, {TARGET: target, **specialists})
