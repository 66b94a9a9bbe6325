"""When a generated answer is right."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from act_core.abilities.items import Item

# A minus sign belongs to the number unless it subtracts, as in 17-3.
_NUMBER = re.compile(r"(?:(?<!\w)[-\u2212])?\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def is_right(generated: str, item: Item) -> bool:
    """Whether a generated text gives the item's reference.

    Where the reference is a number that the item's own answer arrives at by steps, the last number
    generated counts. Otherwise the texts must be equal but for case, width, spaces and a closing
    point; of a generated text only the first line counts where the reference is a single line.
    """
    reference = item.reference or ""
    wanted = _as_number(reference.strip())
    if wanted is not None and item.answer.strip() != reference.strip():
        return last_number(generated) == wanted
    if "\n" not in reference.strip():
        generated = generated.strip().partition("\n")[0]
    return _plain(generated) == _plain(reference)


def last_number(text: str) -> Decimal | None:
    """The last number in a text, or None: `1,250.5` has a thousands comma, `3,5` a decimal one."""
    found = _NUMBER.findall(text)
    return _as_number(found[-1]) if found else None


def _as_number(text: str) -> Decimal | None:
    plain = text.replace("\u2212", "-")
    if not _NUMBER.fullmatch(plain):
        return None
    if _THOUSANDS.fullmatch(plain.lstrip("-")):
        plain = plain.replace(",", "")
    try:
        return Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).rstrip(".!?\u3002\u0964").rstrip()
