"""Numbers in generated answers, in the digits and separators of many languages.

A written number may mean several: `1.250` is 1250 in German and 1.25 in English, `1,5` the other
way round. A model's answer does not say which, so every reading is given and one that equals the
reference is enough; a wrong answer is not made right by it unless it is off by just that factor.

What is changed here changes the rule of `answers.py`, whose version then has to be raised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from act_core.abilities.mgsm import WORDINGS

_SPACES = " \u00a0\u2009\u202f"
# A minus sign belongs to the number unless it subtracts, as in 17-3.
_NUMBER = re.compile(
    rf"(?:(?<![\w)\]])[-\u2212])?\d+(?:[.,'\u2019\u066b\u066c]\d+|[{_SPACES}]\d{{3}}(?!\d))*"
)
_GROUPED = {  # by separator: thousands, or lakhs and crores
    mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{2,3}})*{re.escape(mark)}\d{{3}}")
    for mark in ",.'\u2019\u066c"
}
_DECIMAL_MARKS = ".,\u066b"
# What stands before an answer, most specific first; a number has to follow directly.
_MARKERS = (
    r"####",
    r"\\boxed\{",
    r"the (?:final )?answer is",
    r"answer",
    r"die antwort (?:ist|lautet|beträgt)",
    r"antwort(?: ist| lautet)?",
    r"la respuesta (?:final )?es",
    r"respuesta",
    r"la réponse est",
    r"réponse",
    r"ответ",
    r"jibu(?: ni)?",
    r"答えは",
    r"答え",
    r"答案(?:是|为)?",
    r"উত্তর(?: হল| হলো)?",
    r"సమాధానం",
    r"คำตอบ(?:คือ)?",
)
_MARKED = re.compile(
    rf"(?:{'|'.join(_MARKERS)})(?:[\s:=*_\u2014\u2013$£€₹¥~≈]|-(?=\s))*(?P<number>[-\u2212]?\d)"
)
_GOES_ON = re.compile(r"\s*[-+*/×÷=\u2212x]\s*[\d(]")
_QUESTIONS = re.compile(
    r"\n\s*(?:"
    + "|".join(re.escape(w.question.rstrip(" :\uff1a")) for w in WORDINGS.values())
    + r"|Q)\s*[:\uff1a]",
    re.IGNORECASE,
)


def answered_numbers(text: str) -> frozenset[Decimal]:
    """What the number that a text answers with can mean; empty where there is none.

    Of a model that goes on with a next question only what stands before counts. The number that
    directly follows the last phrase such as "The answer is", "Antwort:" or "答えは" is the answer,
    unless a calculation begins with it; without one, the last number of the text is.
    """
    plain = unicodedata.normalize("NFKC", _QUESTIONS.split(text.lstrip())[0]).casefold()
    for found in reversed(list(_MARKED.finditer(plain))):
        number = _NUMBER.match(plain, found.start("number"))
        if number is not None and not _GOES_ON.match(plain, number.end()):
            return frozenset(readings(number.group()))
    numbers = _NUMBER.findall(plain)
    return frozenset(readings(numbers[-1])) if numbers else frozenset()


def number_of(text: str) -> Decimal | None:
    """The number that a reference consists of, or None: `1,250.5` has a thousands comma."""
    plain = text.strip()
    if not _NUMBER.fullmatch(plain):
        return None
    return next(readings(plain), None)


def readings(written: str) -> Iterator[Decimal]:
    """What a written number can mean, the likeliest in English first.

    Args:
        written: Digits of any script with separators, such as `1,250.5`, `1.250`, `1 250`, `১২`.
    """
    sign, digits = ("-", written[1:]) if written[0] in "-\u2212" else ("", written)
    parts = re.split(rf"[{_SPACES}]", digits)
    if len(parts) > 1:
        # Digits apart from each other may also be two numbers: then the last one counts.
        yield from _decimals(sign + "".join(parts))
        yield from _decimals(parts[-1])
        return
    marks = [mark for mark in digits if not mark.isdigit()]
    if len(set(marks)) > 1:
        last = marks[-1]
        whole, _, rest = digits.rpartition(last)
        yield from _decimals(f"{sign}{_bare(whole)}.{_bare(rest)}")
        return
    if marks and _GROUPED.get(marks[0], _NEVER).fullmatch(digits):
        grouped = sign + _bare(digits)
        decimal = f"{sign}{digits.replace(marks[0], '.')}"
        is_point = marks == ["."]
        for one in (decimal, grouped) if is_point else (grouped, decimal):
            yield from _decimals(one)
        return
    if not marks or (len(marks) == 1 and marks[0] in _DECIMAL_MARKS):
        yield from _decimals(sign + (digits.replace(marks[0], ".") if marks else digits))


_NEVER = re.compile(r"(?!)")


def _bare(digits: str) -> str:
    return "".join(one for one in digits if one.isdigit())


def _decimals(text: str) -> Iterator[Decimal]:
    try:
        yield Decimal(text)
    except InvalidOperation:
        return
