"""What a run has shown, in words that the figures decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from act_core.report.numbers import change_scale, part, share_text
from act_core.report.results import MEASURES, RESULT, Results

Gain = tuple[float, float, float]
_VERBS = {"recovered": "recovers", "lost": "loses"}


def question(metrics: Mapping[str, Any]) -> str:
    """What the run asks, in one sentence."""
    shares = dict.fromkeys(part(mask["share"]) for mask in metrics["masks"].values())
    which = f"Which {listed(tuple(shares))} of channels bring" if shares else "Which channels bring"
    reference = str(metrics["models"]["target"]["reference"])
    target = reference.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    brought = listed(Results(metrics).with_role("bring"))
    return f"{which} {brought} into {target}, and what does it cost?"


def answer(results: Results) -> tuple[str, ...]:
    """What the result does, and how it stands beside the controls."""
    if RESULT not in results.candidates:
        return ("No result was measured.",)
    first = f"The result {what_it_does(results, RESULT)}.{_unclear(results)}"
    if not results.controls:
        return first, "No control was measured, and a result without its controls is no result."
    return first, _beside_controls(results)


def what_it_does(results: Results, candidate: str) -> str:
    """What a candidate recovers and what it loses: a verb phrase."""
    kept = results.with_role("keep")
    done = [_effect(results, candidate, name) for name in (*results.with_role("bring"), *kept)]
    if not kept and candidate == RESULT:
        done.append("was not measured on any ability to keep")
    return listed(done)


def against_result(results: Results, control: str) -> dict[str, bool]:
    """By ability to bring: whether a control does as well as the result, or better.

    That is where its interval overlaps the result's or lies above it, as it does wherever its
    figure is higher. An ability where either of the two has no interval is left out.
    """
    found = {}
    for ability in results.with_role("bring"):
        own, other = _gains(results, control, ability)
        if own and other:
            found[ability] = other[2] >= own[1]
    return found


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _beside_controls(results: Results) -> str:
    as_good: dict[str, list[str]] = {}
    less: list[str] = []
    unknown: list[str] = []
    for name in results.controls:
        found = against_result(results, name)
        good = [ability for ability, held in found.items() if held]
        if good:
            tail = f"as well or better on {listed(good)}{_at_what_cost(results, name)}"
            as_good.setdefault(tail, []).append(results.label(name))
        else:
            (less if found else unknown).append(results.label(name))
    if less and not as_good and not unknown:
        return f"No control does as well: {listed(less)} {_does(less)} less."
    clauses = [f"{listed(labels)} {_does(labels)} {tail}" for tail, labels in as_good.items()]
    clauses += [f"{listed(less)} {_does(less)} less"] if less else []
    clauses += [f"{listed(unknown)} cannot be compared"] if unknown else []
    return f"Beside it, {'; '.join(clauses)}."


def _does(names: Sequence[str]) -> str:
    return "does" if len(names) == 1 else "do"


def _at_what_cost(results: Results, control: str) -> str:
    """Where a control's cost is clearly another than the result's."""
    costs: dict[str, list[str]] = {"higher": [], "lower": []}
    for ability in results.with_role("keep"):
        own, other = _gains(results, control, ability)
        if own and other and other[2] < own[1]:
            costs["higher"].append(ability)
        elif own and other and other[1] > own[2]:
            costs["lower"].append(ability)
    parts = [f"a {word} cost to {listed(names)}" for word, names in costs.items() if names]
    return f", at {listed(parts)}" if parts else ""


def _unclear(results: Results) -> str:
    """A sentence on abilities to bring whose gain may be none at all, or nothing."""
    names = []
    for ability in results.with_role("bring"):
        own, _ = _gains(results, RESULT, ability)
        if own and own[1] <= 0 <= own[2]:
            names.append(ability)
    if not names:
        return ""
    return f" On {listed(names)} it cannot be told apart from the target."


def _gains(results: Results, control: str, ability: str) -> tuple[Gain | None, Gain | None]:
    """Gains of the result and of a control on an ability's headline measure."""
    measure = results.headline(ability)
    if measure is None:
        return None, None
    return results.gain(RESULT, ability, measure), results.gain(control, ability, measure)


def _effect(results: Results, candidate: str, ability: str) -> str:
    measure = results.headline(ability)
    share = results.share(candidate, ability, measure) if measure else None
    if share is not None:
        return f"{_VERBS[share['kind']]} {share_text(share)} of {ability}"
    return _change(results, candidate, ability, measure)


def _change(results: Results, candidate: str, ability: str, measure: str | None) -> str:
    """What is said where the gap is not clear enough for a share."""
    figure = results.figure(candidate, ability, measure) if measure else None
    if measure is None or figure is None or figure["difference"] is None:
        return f"was not measured on {ability}"
    if not any(figure["difference"][end] for end in ("value", "low", "high")):
        return f"leaves {ability} ({MEASURES[measure]}) unchanged"
    change = change_scale(measure).interval(figure["difference"])
    return f"changes {ability} ({MEASURES[measure]}) by {change}"
