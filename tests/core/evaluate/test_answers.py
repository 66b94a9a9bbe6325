"""When a generated answer is right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from act_core.abilities.items import Item
from act_core.evaluate.answers import is_right, last_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The answer is 18.", "18"),
        ("3 + 4 = 7", "7"),
        ("17-3", "3"),
        ("it falls to -3 degrees", "-3"),
        ("it falls to \u22123", "-3"),
        ("costs $1,250.50", "1250.5"),
        ("1,000,000 people", "1000000"),
        ("3,5 Liter", "3.5"),
        ("\u0967\u096e \u0930\u0941\u092a\u092f\u0947", "18"),
        ("no digits", None),
        ("", None),
    ],
)
def test_last_number(text: str, number: str | None) -> None:
    assert last_number(text) == (None if number is None else Decimal(number))


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
