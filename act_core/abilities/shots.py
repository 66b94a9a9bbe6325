"""Exemplars: solved items that stand before a question, so that a model sees what is asked of it.

They are read from a source of their own and are never held-out items (`check_disjoint`). Counted
tokens know nothing of them: statistics and losses are taken on items alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from act_core.abilities.items import Item, items_of
from act_core.abilities.render import Renderer
from act_core.abilities.sources import read_rows
from act_core.errors import AbilityDataError
from act_core.recipe import Ability

_GAP = "\n\n"


def exemplars(ability: Ability) -> tuple[Item, ...]:
    """The first rows of an ability's source of exemplars; none where it has no such source.

    Raises:
        AbilityDataError: As `read_rows` and `items_of`; there are fewer than asked for; or one has
            no prompt, so that nothing is asked in it.
    """
    settings = ability.shots
    if settings is None:
        return ()
    rows = read_rows(settings, "calibration")[: settings.count]
    if len(rows) < settings.count:
        raise AbilityDataError(
            f"There are {len(rows)} exemplars, not {settings.count}.",
            remedy=f"Set the count of shots to {len(rows)}, or change their filter.",
        )
    found = items_of(rows, settings.template or ability.template)
    bad = next((item for item in found if not item.prompt), None)
    if bad is not None:
        raise AbilityDataError(
            f"The exemplar {bad.id} has no prompt.",
            remedy="Give rows with question and answer, or a template with prompt and answer.",
        )
    return found


def with_shots(item: Item, shots: Sequence[Item]) -> Item:
    """The item behind solved ones: as earlier turns where it is a chat, else as text.

    Its answer, choices and reference stay as they are.
    """
    if not shots:
        return item
    before = "".join(f"{shot.text.strip()}{_GAP}" for shot in shots)
    turns = item.messages
    if turns:
        system = tuple(turn for turn in turns[:1] if turn.role == "system")
        earlier = tuple(turn for shot in shots for turn in shot.messages if turn.role != "system")
        turns = (*system, *earlier, *turns[len(system) :])
    return dataclasses.replace(item, prompt=before + item.prompt, messages=turns)


def fit(
    item: Item, shots: Sequence[Item], renderer: Renderer, room_tokens: int
) -> tuple[Item, int]:
    """The item behind as many exemplars as there is room for, and how many those are.

    Whole exemplars are left out from the front, never a part of one.

    Args:
        item: What is asked.
        shots: All exemplars.
        renderer: Of the model.
        room_tokens: Most tokens of the prompt, with the longest option where there are some.
    """
    for first in range(len(shots)):
        full = with_shots(item, shots[first:])
        longest = max(item.choices, key=len, default=None)
        ids = renderer.prompt(full) if longest is None else renderer.whole(full, longest)[0]
        if len(ids) <= room_tokens:
            return full, len(shots) - first
    return item, 0
