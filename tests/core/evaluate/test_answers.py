"""When a generated answer is right."""

from __future__ import annotations

import pytest

from act_core.abilities.items import Item
from act_core.evaluate.answers import is_right

STEPS = Item("s", "Q", " 9*2=18\nThe answer is 18.", reference="18")
PLAIN = Item("p", "add 9+9=", "18", reference="18")
WORD = Item("w", "Capital?", " Straße", reference="Straße")
LINES = Item("l", "Q", "one\ntwo", reference="one\ntwo")


@pytest.mark.parametrize(
    ("item", "generated", "right"),
    [
        (STEPS, " 9*2=18\nThe answer is 18.", True),
        (STEPS, " first 3, then 18.0", True),
        (STEPS, " 18 or 19", False),
        (STEPS, " none", False),
        (PLAIN, "18", True),
        (PLAIN, "18\nadd 1+1=2", True),
        (PLAIN, "it is 18", False),
        (PLAIN, "-18", False),
        (PLAIN, "", False),
        (WORD, " strasse. ", True),
        (WORD, "\uff33trasse", True),
        (WORD, "Strasse 5", False),
        (LINES, "one\ntwo", True),
        (LINES, "one", False),
    ],
)
def test_is_right(item: Item, generated: str, right: bool) -> None:
    assert is_right(generated, item) is right


def test_exemplars_in_steps_make_the_answered_number_count() -> None:
    asked = Item("q", "Frage: Wie viele?\nAntwort:", " 18", reference="18")
    said = " 9 * 2 = 18. Die Antwort ist 18 Eier.\n\nFrage: Und 3?"
    assert not is_right(said, asked)
    assert is_right(said, asked, steps=True)
    assert not is_right(" Die Antwort ist 19.", asked, steps=True)
