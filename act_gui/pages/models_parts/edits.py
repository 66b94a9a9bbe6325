"""What else in a recipe changes with the names of its specialists."""

from __future__ import annotations

from typing import Any

from act_core.recipe import Draft


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
