"""Word problems as MGSM writes them: question and answer prefixes in the language of the question.

Source: Shi et al., Language Models are Multilingual Chain-of-Thought Reasoners (2022), and the
exemplars of its data set (google-research/url-nlp, mgsm/exemplars.py, CC BY 4.0).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language frames a problem.

    Attributes:
        question: Stands before a question.
        steps: Stands before an answer in steps.
        closing: Ends such an answer; `{}` is the number.
    """

    question: str
    steps: str
    closing: str

    def prompt(self, question: str) -> str:
        """The question with both prefixes; one that it has already is not written twice."""
        plain = without_prefix(question, self.question)
        gap = "" if self.question.endswith("\uff1a") else " "
        return f"{self.question}{gap}{plain}\n{self.steps}"

    def answer(self, solution: str | None, number: str) -> str:
        """What follows the prompt: the steps where there are some, else the closing alone."""
        gap = "" if self.steps.endswith("\uff1a") else " "
        closing = self.closing.format(number)
        if solution is None:
            return gap + closing
        plain = without_prefix(solution, self.steps)
        return gap + (plain if number in plain.split("\n")[-1] else f"{plain}\n{closing}")


WORDINGS = {
    "bn": Wording("প্রশ্ন:", "ধাপে ধাপে উত্তর:", "উত্তর হল {}।"),
    "de": Wording("Frage:", "Schritt-für-Schritt-Antwort:", "Die Antwort ist {}."),
    "en": Wording("Question:", "Step-by-Step Answer:", "The answer is {}."),
    "es": Wording("Pregunta:", "Respuesta paso a paso:", "La respuesta es {}."),
    "fr": Wording("Question :", "Réponse étape par étape :", "La réponse est {}."),
    "ja": Wording("問題\uff1a", "ステップごとの答え\uff1a", "答えは{}です。"),
    "ru": Wording("Задача:", "Пошаговое решение:", "Ответ — {}."),
    "sw": Wording("Swali:", "Jibu la Hatua kwa Hatua:", "Jibu ni {}."),
    "te": Wording("ప్రశ్న:", "దశలవారీగా సమాధానం:", "సమాధానం {}."),
    "th": Wording("โจทย์:", "คำตอบทีละขั้นตอน:", "คำตอบคือ {}"),
    "zh": Wording("问题\uff1a", "逐步解答\uff1a", "答案是 {}。"),
}


def without_prefix(text: str, prefix: str) -> str:
    """A text without the prefix, whichever colon and space it is written with."""
    words = prefix.rstrip(":\uff1a ")
    start = text.lstrip()
    rest = start.removeprefix(words).lstrip()
    if len(rest) < len(start) and rest[:1] in (":", "\uff1a"):
        return rest[1:].lstrip()
    return start
