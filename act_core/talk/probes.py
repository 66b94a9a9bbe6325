"""Probes: prompts that every candidate answers, greedily, each answer known by a hash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from act_core.evaluate.candidates import Candidate
from act_core.evaluate.generate import stop_ids
from act_core.events import CancelToken, EventSink, Finished, ProgressMeter
from act_core.files import write_whole
from act_core.hashing import content_hash
from act_core.models.reference import Model
from act_core.models.tokenizer import load_tokenizer
from act_core.recipe import Probe
from act_core.talk.prompt import render_prompt
from act_core.talk.question import Sampling, Turn
from act_core.talk.talker import Talker
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


def answer_probes(
    target: Model,
    candidates: Sequence[Candidate],
    probes: Sequence[Probe],
    store: Path,
    *,
    device: str,
    dtype: str,
    emit: EventSink,
    cancel: CancelToken,
) -> list[tuple[ProbeAnswer, ...]]:
    """Every candidate's answer to every probe: known ones from the store, others are given now.

    Args:
        target: The target.
        candidates: Who answers.
        probes: What is asked.
        store: A JSON file with the answers that are known, by hash; new ones are added at once.
        device: As `Talker`.
        dtype: As `Talker`.
        emit: Progress, and every new answer as it comes.
        cancel: Polled at every token.

    Returns:
        By probe, the answers in the order of the candidates.

    Raises:
        CancelledByPersonError: After a cancel; answers that were whole are kept.
        ActError: Everything that `Talker` raises.
    """
    known = _read(store)
    bodies = [_digest_of(target, candidate, dtype) for candidate in candidates]
    keys = [[content_hash([body, read]) for body in bodies] for read in _reads(target, probes)]
    missing = {key for row in keys for key in row} - set(known)
    if not missing:
        emit(Finished(STAGE, reused=True))
    else:
        talker = Talker(target, device=device, dtype=dtype)
        meter = ProgressMeter(emit, STAGE, len(missing), "answers")
        for row, probe in zip(keys, probes, strict=True):
            for key, candidate in zip(row, candidates, strict=True):
                if key in known:
                    continue
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
                known[key] = {
                    "text": answer.text,
                    "tokens": answer.tokens,
                    "reason": answer.reason,
                }
                write_whole(store, json.dumps(known, ensure_ascii=False, indent=1) + "\n")
                meter.step()
        talker.close()
        meter.finish()
    return [
        tuple(
            ProbeAnswer(candidate.name, **known[key])
            for key, candidate in zip(row, candidates, strict=True)
        )
        for row in keys
    ]


def _read(store: Path) -> dict[str, Any]:
    """Answers that are whole; a damaged file costs answering again."""
    try:
        found = json.loads(store.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    wanted = {field.name for field in dataclasses.fields(ProbeAnswer)} - {"candidate"}
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, dict) and set(v) == wanted}


def _reads(target: Model, probes: Sequence[Probe]) -> list[Any]:
    """By probe, everything that decides its answers beside the candidate."""
    tokenizer = load_tokenizer(target)
    stops = stop_ids(target, tokenizer)
    prompts = (render_prompt(tokenizer, _turns(probe), probe.chat) for probe in probes)
    return [[p.ids, stops, probe.new_tokens] for p, probe in zip(prompts, probes, strict=True)]


def _turns(probe: Probe) -> tuple[Turn, ...]:
    return (Turn(role="user", content=probe.prompt),)


def _digest_of(target: Model, candidate: Candidate, dtype: str) -> str:
    """Hash of everything that decides what a candidate computes."""
    moves = [
        [move.specialist.fingerprint(), [_edit_digest(edit) for edit in move.edits]]
        for move in candidate.moves
    ]
    return content_hash({"target": target.fingerprint(), "moves": moves, "dtype": dtype})


def _edit_digest(edit: Edit) -> str:
    digest = hashlib.sha256(f"{edit.tensor}|{edit.strength!r}".encode())
    for values in (edit.rows, edit.columns, edit.strengths):
        digest.update(b"|" if values is None else values.tobytes() + b"#")
    return digest.hexdigest()
