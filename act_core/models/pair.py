"""Whether a specialist's channels can move into a target, and what a person should know first.

Everything but the lineage comes from headers and side files; lineage reads a sample of rows, where
these are on this computer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from act_core.errors import (
    ActError,
    IncompatibleModelsError,
    ReferenceNotFoundError,
    WeightsNotHereError,
)
from act_core.models.lineage import FAR_DISTANCE, UNRELATED_DISTANCE, lineage
from act_core.models.reference import Model
from act_core.models.run_settings import differing_settings
from act_core.models.tokenizer import TokenizerFacts, same_tokenizer_files, tokenizer_facts

Severity = Literal["blocks", "warns", "informs"]

_MOST_TOKENS = 3  # examples of each kind
_LONGEST_TOKEN = 20  # characters
_OTHER_ANCESTOR = "Choose a specialist that was trained from the target or from its base."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should know about a pair.

    Attributes:
        severity: `blocks` a transfer, `warns` or `informs`.
        title: What it is, in a few words.
        reason: Why it matters, with the figures.
        remedy: What to do about it.
        distance: The relative distance of sampled weights, of the finding that speaks of it.
    """

    severity: Severity
    title: str
    reason: str
    remedy: str
    distance: float | None = None


def target_findings(target: Model) -> tuple[Finding, ...]:
    """What stands against a model as target, whatever the specialist."""
    if target.source in ("folder", "file"):
        return ()
    what = "A GGUF file" if target.source == "gguf" else "An adapter on a base"
    return (
        Finding(
            "blocks",
            "Cannot be the target",
            f"{what} gives channels but cannot receive them: rows are written into safetensors "
            "files only.",
            "Choose the safetensors version of the model as target; GGUF files and adapters serve "
            "as specialists.",
        ),
    )


def check_pair(
    target: Model, specialist: Model, *, sample_rows: int = 32, same_tokenizer: bool = False
) -> tuple[Finding, ...]:
    """Compare a target and a specialist; worst findings first.

    Args:
        target: Receives channels.
        specialist: Gives them.
        sample_rows: Rows of each linear module that are read to tell the lineage.
        same_tokenizer: Their tokenizers' files are known to be equal, so that they need not be
            here.

    Raises:
        CorruptCheckpointError: A file became shorter than its header says.
    """
    form = list(_form(target, specialist))
    findings = [*form, *_vocabulary(target, specialist)]
    if not same_tokenizer:
        findings += _tokenizers(target, specialist)
    if target.family.name == specialist.family.name:
        findings += _configs(target, specialist)
    findings += _storage(target, specialist)
    if not form:
        findings += _lineage(target, specialist, sample_rows)
    order = ("blocks", "warns", "informs")
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def require_fit(findings: tuple[Finding, ...]) -> None:
    """Refuse a pair that has a blocking finding.

    Raises:
        IncompatibleModelsError: With the reasons of all blocking findings.
    """
    blocking = [finding for finding in findings if finding.severity == "blocks"]
    if blocking:
        raise IncompatibleModelsError(
            " ".join(finding.reason for finding in blocking),
            remedy=" ".join(dict.fromkeys(finding.remedy for finding in blocking)),
        )


def _form(target: Model, specialist: Model) -> Iterator[Finding]:
    """Family, sizes, and the shape of every tensor inside the decoder layers."""
    remedy = "Choose a specialist of the target's architecture and size."
    if target.family.name != specialist.family.name:
        yield Finding(
            "blocks",
            "Different families",
            f"The target is {target.family.title}, the specialist {specialist.family.title}.",
            remedy,
        )
        return
    names = {"layers": "layers", "hidden": "width", "heads": "attention heads"}
    names |= {"kv_heads": "key/value heads", "head_dim": "width of a head"}
    for attribute, title in names.items():
        ours, theirs = getattr(target.shape, attribute), getattr(specialist.shape, attribute)
        if ours != theirs:
            yield Finding(
                "blocks",
                f"Different {title}",
                f"The target's {title}: {ours}, the specialist's: {theirs}.",
                remedy,
            )
            return
    below = target.family.layers + "."
    inside = sorted(n for n in target.facts.keys() | specialist.facts.keys() if n.startswith(below))
    wrong = [name for name in inside if _shape(target, name) != _shape(specialist, name)]
    if wrong:
        ours, theirs = _shape(target, wrong[0]), _shape(specialist, wrong[0])
        yield Finding(
            "blocks",
            "Different shapes",
            f"{len(wrong)} tensors differ in shape, first {wrong[0]}: {ours or 'missing'} in the "
            f"target, {theirs or 'missing'} in the specialist.",
            remedy,
        )


def _shape(model: Model, name: str) -> list[int] | None:
    facts = model.facts.get(name)
    return None if facts is None else list(facts.shape)


def _vocabulary(target: Model, specialist: Model) -> Iterator[Finding]:
    if target.family.name != specialist.family.name:
        return
    name = target.family.embeddings[0]
    ours, theirs = _shape(target, name), _shape(specialist, name)
    if ours is not None and theirs is not None and ours[0] != theirs[0]:
        yield Finding(
            "warns",
            "Different vocabulary",
            f"The target has {ours[0]} token embeddings, the specialist {theirs[0]}; embeddings "
            "and head cannot move between them, so the specialist is measured with the target's; "
            "and tokens that only one has cannot be scored by difference.",
            "Leave embeddings and head as they are, and score by matched or attributed; or choose "
            "a specialist with the target's vocabulary.",
        )
    if target.tied != specialist.tied:
        tied, own = ("target", "specialist") if target.tied else ("specialist", "target")
        yield Finding(
            "warns",
            "Head tied in one model only",
            f"The {tied}'s head is its embedding matrix, the {own} has a head of its own; the head "
            "cannot move, and the specialist is measured with the target's.",
            "Leave the head as it is.",
        )


def _tokenizers(target: Model, specialist: Model) -> Iterator[Finding]:
    if same_tokenizer_files(target, specialist):
        return
    facts: list[TokenizerFacts] = []
    for role, model in (("target", target), ("specialist", specialist)):
        try:
            facts.append(tokenizer_facts(model))
        except ActError as error:
            # A specialist runs on the target's tokens, so only the target needs a tokenizer.
            severity: Severity = "warns" if role == "target" else "informs"
            missing = isinstance(error, ReferenceNotFoundError)
            title = f"The {role} has {'no' if missing else 'a damaged'} tokenizer"
            yield Finding(severity, title, error.reason, error.remedy)
    if len(facts) < 2:
        return
    ours, theirs = facts
    remedy = "Both get the target's token ids; check that the specialist was trained on them."
    if ours.vocabulary != theirs.vocabulary:
        yield Finding(
            "warns",
            "Different tokens",
            _differing_tokens(ours.vocabulary, theirs.vocabulary),
            remedy,
        )
    elif ours.rules != theirs.rules:
        yield Finding(
            "warns",
            "Tokenizers split text differently",
            "The tokens are the same, but merges, normalisation or splitting differ.",
            remedy,
        )
    roles = sorted(ours.specials.keys() | theirs.specials.keys())
    changed = [r for r in roles if ours.specials.get(r) != theirs.specials.get(r)]
    if changed:
        pairs = (f"{r} {ours.specials.get(r)} / {theirs.specials.get(r)}" for r in changed)
        yield Finding(
            "informs",
            "Different special tokens",
            f"Target / specialist: {'; '.join(pairs)}.",
            "The result keeps the target's.",
        )
    if ours.chat_template != theirs.chat_template:
        yield Finding(
            "informs",
            "Different chat templates",
            "The chat templates of the two are not the same, so a chat ability may not come over "
            "whole.",
            "The result keeps the target's; encode abilities with the one the specialist learnt.",
        )


def _differing_tokens(ours: Mapping[str, int], theirs: Mapping[str, int]) -> str:
    """How many tokens have another id, or are in one tokenizer alone; with examples."""
    ours, theirs = (dict(sorted(one.items(), key=lambda pair: pair[1])) for one in (ours, theirs))
    moved = [token for token in ours if theirs.get(token, ours[token]) != ours[token]]
    told = []
    if moved:
        ids = (f"{_quoted(t)} {ours[t]} / {theirs[t]}" for t in moved[:_MOST_TOKENS])
        told.append(
            f"Under another id: {len(moved):,} of the target's {len(ours):,} tokens "
            f"({_and_more(ids, len(moved))})."
        )
    for role, only in (
        ("target", [token for token in ours if token not in theirs]),
        ("specialist", [token for token in theirs if token not in ours]),
    ):
        if only:
            names = map(_quoted, only[:_MOST_TOKENS])
            told.append(f"Only in the {role}: {len(only):,} ({_and_more(names, len(only))}).")
    return " ".join(told)


def _quoted(token: str) -> str:
    """A token for people; it may be long, and hold anything."""
    return repr(token if len(token) <= _LONGEST_TOKEN else token[:_LONGEST_TOKEN] + "…")


def _and_more(examples: Iterable[str], total: int) -> str:
    return ", ".join(examples) + (", …" if total > _MOST_TOKENS else "")


def _configs(target: Model, specialist: Model) -> Iterator[Finding]:
    changed = differing_settings(target, specialist)
    if changed:
        pairs = (f"{name} {ours} / {theirs}" for name, (ours, theirs) in changed.items())
        yield Finding(
            "warns",
            "Different settings",
            f"Target / specialist: {'; '.join(pairs)}. Equal rows compute differently under them.",
            "Prefer a specialist with the target's settings; else judge by the held-out figures.",
        )


def _storage(target: Model, specialist: Model) -> Iterator[Finding]:
    ours, theirs = _main_dtype(target), _main_dtype(specialist)
    if ours != theirs:
        yield Finding(
            "informs",
            "Different dtypes",
            f"The target is stored as {ours}, the specialist is read as {theirs}.",
            f"Moved rows are computed in float32 and rounded once to {ours}.",
        )
    for role, model in (("target", target), ("specialist", specialist)):
        if model.source == "gguf":
            yield Finding(
                "warns",
                f"The {role} is dequantised",
                f"The {role} is a GGUF file; its weights carry the error of their quantisation, "
                "which moves along with every row.",
                "Use the model's safetensors version where there is one.",
            )


def _main_dtype(model: Model) -> str:
    counts = Counter(facts.dtype for facts in model.facts.values() if len(facts.shape) == 2)
    return counts.most_common(1)[0][0]


def _lineage(target: Model, specialist: Model, sample_rows: int) -> Iterator[Finding]:
    try:
        found = lineage(target, specialist, sample_rows)
    except WeightsNotHereError as error:
        yield Finding(
            "informs",
            "Lineage not checked yet",
            f"Whether the two have a common parent shows in their weights. {error.reason}",
            "Check the pair again after the download.",
        )
        return
    for role, tensor in (("target", found.broken_target), ("specialist", found.broken_specialist)):
        if tensor is not None:
            yield Finding(
                "blocks",
                f"The {role} holds NaN or Inf",
                f"{tensor} of the {role} has values that are no numbers.",
                "Fetch the model again; if it stays so, its training has diverged.",
            )
    if found.distance is not None:
        yield _distance_finding(found.distance)


def _distance_finding(distance: float) -> Finding:
    figure = f"Relative distance of sampled weights: {distance:.3g}"
    if distance == 0:
        return Finding(
            "warns",
            "Nothing to move",
            "All sampled weights of the two models are equal.",
            "Check that the specialist is the model you mean.",
            distance,
        )
    if distance >= UNRELATED_DISTANCE:
        return Finding(
            "blocks",
            "Unrelated parents",
            f"{figure}, where fine-tunes of one parent stay below 0.3 and unrelated models lie "
            "near 1.4.",
            _OTHER_ANCESTOR,
            distance,
        )
    if distance >= FAR_DISTANCE:
        return Finding(
            "warns",
            "Far apart",
            f"{figure}, where fine-tunes of one parent stay below 0.3.",
            f"Expect less from a transfer. {_OTHER_ANCESTOR}",
            distance,
        )
    reason = f"{figure}, so they have a common parent."
    return Finding("informs", "Same lineage", reason, "Nothing to do.", distance)
