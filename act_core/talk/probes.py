"""Probes: prompts that every candidate answers, greedily, each answer known by a hash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from act_core.cancel import CancelToken
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.generate import stop_ids
from act_core.events import EventSink, Finished
from act_core.files import read_object, write_whole
from act_core.hashing import content_hash
from act_core.meters import ProgressMeter
from act_core.models.reference import Model
from act_core.models.tokenizer import load_tokenizer
from act_core.recipe import Probe
from act_core.talk.prompt import render_prompt
from act_core.talk.question import Sampling, Turn
from act_core.talk.talker import Talker
from act_core.talk.warm import WarmTalker
from act_core.transfer.edits import Edit

STAGE = "probes"


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What one candidate answers to one probe.

    Attributes:
        candidate: Its name.
        text: The answer.
        tokens: Generated.
        reason: Why it ends, as in `AnswerEnded`.
    """

    candidate: str
    text: str
    tokens: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class ProbeSheet:
    """Who answers what, and where answers are kept.

    Attributes:
        target: The target.
        candidates: Who answers.
        probes: What is asked.
        store: A JSON file with the answers that are known, by hash.
        device: As `Talker`.
        dtype: As `Talker`.
    """

    target: Model
    candidates: tuple[Candidate, ...]
    probes: tuple[Probe, ...]
    store: Path
    device: str
    dtype: str

    def keys(self) -> list[list[str]]:
        """By probe and candidate, the hash of everything that decides the answer.

        Raises:
            PromptError: A probe cannot be rendered.
            ActError: Everything that `load_tokenizer` raises.
        """
        tokenizer = load_tokenizer(self.target)
        stops = stop_ids(self.target, tokenizer)
        bodies = [self._digest_of(candidate) for candidate in self.candidates]
        rows = []
        for probe in self.probes:
            prompt = render_prompt(tokenizer, _turns(probe), probe.chat)
            read = [prompt.ids, stops, probe.new_tokens]
            rows.append([content_hash([body, read]) for body in bodies])
        return rows

    def known(self) -> list[list[ProbeAnswer | None]]:
        """By probe and candidate, the answers that are known; errors as `keys`."""
        found = read_answers(self.store)
        return [
            [
                ProbeAnswer(candidate.name, **found[key]) if key in found else None
                for key, candidate in zip(row, self.candidates, strict=True)
            ]
            for row in self.keys()
        ]

    def _digest_of(self, candidate: Candidate) -> str:
        moves = [
            [move.specialist.fingerprint(), [_edit_digest(edit) for edit in move.edits]]
            for move in candidate.moves
        ]
        return content_hash(
            {"target": self.target.fingerprint(), "moves": moves, "dtype": self.dtype}
        )


def answer_probes(
    sheet: ProbeSheet, warm: WarmTalker, *, emit: EventSink, cancel: CancelToken
) -> None:
    """Let answers be given that are not known yet; each is kept as soon as it is whole.

    Args:
        sheet: Who answers what.
        warm: Where the loaded target is kept; nothing is loaded where all is known.
        emit: Progress, and every new answer as it comes.
        cancel: Polled at every token.

    Raises:
        CancelledByPersonError: After a cancel; answers that were whole are kept.
        OutputError: The store cannot be written.
        ActError: Everything that `Talker` raises.
    """
    known = read_answers(sheet.store)
    missing = [
        (key, candidate, probe)
        for row, probe in zip(sheet.keys(), sheet.probes, strict=True)
        for key, candidate in zip(row, sheet.candidates, strict=True)
        if key not in known
    ]
    if not missing:
        emit(Finished(STAGE, reused=True))
        return
    with warm.talker(sheet.target, device=sheet.device, dtype=sheet.dtype) as talker:
        meter = ProgressMeter(emit, STAGE, len(missing), "answers")
        for key, candidate, probe in missing:
            if key not in known:  # two candidates may be the same model
                known[key] = _answered(talker, candidate, probe, emit, cancel)
                write_whole(sheet.store, json.dumps(known, ensure_ascii=False, indent=1) + "\n")
            meter.step()
        meter.finish()


def read_answers(store: Path) -> dict[str, Any]:
    """Answers that are kept, by hash; a damaged file costs answering again."""
    wanted = {field.name for field in dataclasses.fields(ProbeAnswer)} - {"candidate"}
    found = read_object(store)
    return {k: v for k, v in found.items() if isinstance(v, dict) and set(v) == wanted}


def _answered(
    talker: Talker, candidate: Candidate, probe: Probe, emit: EventSink, cancel: CancelToken
) -> dict[str, Any]:
    cancel.raise_if_cancelled()
    answer = talker.answer(
        candidate,
        _turns(probe),
        Sampling(new_tokens=probe.new_tokens),
        chat=probe.chat,
        emit=emit,
        cancel=cancel,
    )
    cancel.raise_if_cancelled()
    return {"text": answer.text, "tokens": answer.tokens, "reason": answer.reason}


def _turns(probe: Probe) -> tuple[Turn, ...]:
    return (Turn(role="user", content=probe.prompt),)


def _edit_digest(edit: Edit) -> str:
    digest = hashlib.sha256(f"{edit.tensor}|{edit.strength!r}".encode())
    for values in (edit.rows, edit.columns, edit.strengths):
        digest.update(b"|" if values is None else values.tobytes() + b"#")
    return digest.hexdigest()
