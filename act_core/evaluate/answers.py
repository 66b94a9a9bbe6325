"""When a generated answer is right."""

from __future__ import annotations

import unicodedata

from act_core.abilities.items import Item
from act_core.evaluate.numbers import answered_numbers, number_of

# Version of the rule, by which known figures are found. Raise it with every change here, in
# numbers.py or in how answers are generated, or figures of the old rule pass for those of the new.
EXACT_RULE = 1


def is_right(generated: str, item: Item, *, steps: bool = False) -> bool:
    """Whether a generated text gives the item's reference.

    Where the reference is a number that answers arrive at by steps, the number that the text
    answers with counts (`answered_numbers`). Otherwise the texts must be equal but for case, width,
    spaces and a closing point; of a generated text only the first line counts where the reference
    is a single line.

    Args:
        generated: What a model said.
        item: What was asked; its own answer shows whether there are steps.
        steps: Exemplars before the question answer in steps.
    """
    reference = item.reference or ""
    wanted = number_of(reference)
    if wanted is not None and (steps or item.answer.strip() != reference.strip()):
        return wanted in answered_numbers(generated)
    if "\n" not in reference.strip():
        generated = generated.strip().partition("\n")[0]
    return _plain(generated) == _plain(reference)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).rstrip(".!?\u3002\u0964").rstrip()
