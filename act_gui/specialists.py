"""Specialists come, go and change their names; what else in a recipe changes with them."""

from __future__ import annotations

from typing import Any

from act_core.recipe import Draft, Specialist
from act_gui.project import recipe_name
from act_gui.widgets.model_picker import short_name


def added(draft: Draft, reference: str) -> dict[str, Any]:
    """Fields of a recipe with one more specialist, named after its model."""
    wanted = recipe_name(short_name(reference).split(" + ")[-1])
    name, number = wanted, 1
    while name in draft.specialists:
        number += 1
        name = f"{wanted[:60]}-{number}"
    return {"specialists": {**draft.specialists, name: Specialist(model=reference)}}


def renamed(draft: Draft, old: str, new: str) -> dict[str, Any]:
    """Fields of a recipe in which a specialist has another name."""
    own = {new if n == old else n: parts for n, parts in draft.transfer.specialists.items()}
    return {
        "specialists": {new if n == old else n: one for n, one in draft.specialists.items()},
        "transfer": draft.transfer.model_copy(update={"specialists": own}),
    }


def removed(draft: Draft, gone: str) -> dict[str, Any]:
    """Fields of a recipe without a specialist."""
    own = {name: parts for name, parts in draft.transfer.specialists.items() if name != gone}
    return {
        "specialists": {name: one for name, one in draft.specialists.items() if name != gone},
        "transfer": draft.transfer.model_copy(update={"specialists": own}),
    }
