"""Numbers in answers, in the digits, separators and phrases of the eleven MGSM languages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from act_core.evaluate.numbers import answered_numbers, number_of, readings

# After the first exemplar of each language: google-research/url-nlp, mgsm/exemplars.py (CC BY
# 4.0), with their prefix for answers before them.
ENDS = {
    "bn": "ধাপে ধাপে উত্তর: 2টি ক্যানের প্রতিটিতে 3টে টেনিস বল মানে 6টি। 5 + 6 = 11। উত্তর হল 11।",
    "de": "Schritt-für-Schritt-Antwort: Roger begann mit 5 Bällen. 5 + 6 = 11. Die Antwort ist 11.",
    "en": "Step-by-Step Answer: Roger started with 5 balls. 5 + 6 = 11. The answer is 11.",
    "es": "Respuesta paso a paso: Roger comenzó con 5 pelotas. 5 + 6 = 11. La respuesta es 11.",
    "fr": "Réponse étape par étape : Roger a 5 balles. 5 + 6 = 11. La réponse est 11.",
    "ja": "ステップごとの答え\uff1aテニスボールは6個あります。5+6=11。答えは11です。",
    "ru": "Пошаговое решение: Роджер имел 5 мячей. 5 + 6 = 11. Ответ — 11.",
    "sw": "Jibu la Hatua kwa Hatua: Roger alianza kwa mipira 5. 5 + 6 = 11. Jibu ni 11.",
    "te": "దశలవారీగా సమాధానం: రోజర్ 5 బంతులతో ప్రారంభించాడు. 5+6=11. సమాధానం 11.",
    "th": "คำตอบทีละขั้นตอน: โรเจอร์เริ่มด้วยการมีลูกเทนนิส 5 ลูก ดังนั้น 5 + 6 = 11 คำตอบคือ 11",
    "zh": "逐步解答\uff1a罗杰一开始有 5 个球。5 + 6 = 11。答案是 11。",
}
QUESTIONS = {
    "bn": "প্রশ্ন: 99?", "de": "Frage: 99?", "en": "Question: 99?", "es": "Pregunta: 99?",
    "fr": "Question : 99 ?", "ja": "問題\uff1a99", "ru": "Задача: 99?", "sw": "Swali: 99?",
    "te": "ప్రశ్న: 99?", "th": "โจทย์: 99", "zh": "问题\uff1a99",
}  # fmt: skip


@pytest.mark.parametrize("language", ENDS)
def test_answers_of_all_languages_with_what_follows(language: str) -> None:
    """A number behind the answer does not count, nor does a next question."""
    assert Decimal(11) in answered_numbers(ENDS[language])
    said = f" {ENDS[language]}\n\n{QUESTIONS[language]}\n{ENDS[language].replace('11', '77')}"
    assert answered_numbers(said) == {Decimal(11)}


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
        ("১৮ টাকা", "18"),
        ("১২,৩৪,৫৬৭", "1234567"),
        ("ตอบ ๑๒", "12"),
        ("సమాధానం ౪౨", "42"),
        ("答え\uff1a\uff11\uff18", "18"),
        ("Antwort: 1.250 Euro", "1250"),
        ("Respuesta: 1.250,75", "1250.75"),
        ("réponse : 1\u202f250 €", "1250"),
        ("Ответ: 12 500 рублей", "12500"),
        ("1'250 Franken", "1250"),
        ("The answer is 18 because 3 of 21 are gone", "18"),
        ("The answer is $18, not 20.", "18"),
        ("The answer is **18** of 99", "18"),
        ("Answer: 5 + 6 = 11", "11"),
        ("The answer is 12 / 4 = 3", "3"),
        ("Antwort: -4 Grad bei 3 Messungen", "-4"),
        ("Ответ - 11, но не 12", "11"),
        ("#### 72\nmore 5", "72"),
        ("so \\boxed{42} of 50", "42"),
        ("Question: how many?\nAnswer: 5", "5"),
        ("Answer: first 20, then 18", "18"),
    ],
)
def test_answered_number(text: str, number: str) -> None:
    assert Decimal(number) in answered_numbers(text)


@pytest.mark.parametrize("text", ["no digits", "", "   ", "version 1.2.3.4.5x"])
def test_no_number(text: str) -> None:
    assert answered_numbers(text) in (frozenset(), frozenset(readings("5")))


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("18", ["18"]),
        ("1.250", ["1.250", "1250"]),
        ("1,250", ["1250", "1.250"]),
        ("1.25", ["1.25"]),
        ("1,25,000", ["125000"]),
        ("1 250", ["1250", "250"]),
        ("-1,250.5", ["-1250.5"]),
        ("1.250,5", ["1250.5"]),
    ],
)
def test_every_reading_is_given(written: str, values: list[str]) -> None:
    assert list(readings(written)) == [Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("reference", "value"),
    [("18", "18"), (" 1,250.5 ", "1250.5"), ("-3", "-3"), ("18 eggs", None), ("", None)],
)
def test_references(reference: str, value: str | None) -> None:
    assert number_of(reference) == (None if value is None else Decimal(value))
