"""Number words in English and German, and made-up words one can pronounce."""

from __future__ import annotations

from random import Random

_EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_EN_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_DE_SMALL = (
    "null eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf dreizehn vierzehn "
    "fuenfzehn sechzehn siebzehn achtzehn neunzehn"
).split()
_DE_TENS = "- - zwanzig dreissig vierzig fuenfzig sechzig siebzig achtzig neunzig".split()

_VOWELS = "aeiou"
_CONSONANTS = "bcdfghjklmnpqrstvwxyz"
_SYLLABLES = ("CV", "CVC", "VC", "CCV", "V")


def english_number(number: int) -> str:
    """Spell a number from 0 to 999 in English, such as ``three hundred forty-seven``.

    Args:
        number: The number, 0 to 999.

    Returns:
        The words in lower case, American style (no "and").

    Raises:
        ValueError: If the number lies outside 0 to 999.
    """
    _check_range(number)
    hundreds, rest = divmod(number, 100)
    parts = [f"{_EN_SMALL[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        parts.append(_EN_TENS[tens] + (f"-{_EN_SMALL[ones]}" if ones else ""))
    elif rest or not hundreds:
        parts.append(_EN_SMALL[rest])
    return " ".join(parts)


def german_number(number: int) -> str:
    """Spell a number from 0 to 999 in German, such as ``dreihundertsiebenundvierzig``.

    Args:
        number: The number, 0 to 999.

    Returns:
        One word in lower case.

    Raises:
        ValueError: If the number lies outside 0 to 999.
    """
    _check_range(number)
    hundreds, rest = divmod(number, 100)
    word = f"{_de_before(hundreds)}hundert" if hundreds else ""
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        return word + (f"{_de_before(ones)}und" if ones else "") + _DE_TENS[tens]
    if rest or not hundreds:
        return word + _DE_SMALL[rest]
    return word


def made_up_word(rng: Random, min_letters: int, max_letters: int) -> str:
    """Draw a word of random syllables; real words of simple shape are among them.

    Args:
        rng: Source of chance.
        min_letters: Fewest letters.
        max_letters: Most letters; longer draws are cut.

    Returns:
        Lower-case letters a to z only.
    """
    length = rng.randint(min_letters, max_letters)
    word = ""
    while len(word) < length:
        for sort in rng.choice(_SYLLABLES):
            word += rng.choice(_VOWELS if sort == "V" else _CONSONANTS)
    return word[:length]


def _de_before(digit: int) -> str:
    # "eins" loses its s in front of "hundert" and "und".
    return "ein" if digit == 1 else _DE_SMALL[digit]


def _check_range(number: int) -> None:
    if not 0 <= number <= 999:
        raise ValueError(f"only numbers from 0 to 999 have words here, not {number}")
