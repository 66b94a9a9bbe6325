"""How long measuring a candidate takes, tried out: the same code on the model's first layers.

About two seconds in all, beside the imports. Generated answers are taken to be as long as they may
be, for nobody knows where a model ends them; so it is at most about so long.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from act_core.cancel import CancelToken
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import Evaluator, HeldOut
from act_core.models.reference import Model
from act_core.models.shortened import shortened
from act_core.profile.depths import Depths, depths_for, fastest_s
from act_core.profile.expect import FILE_BYTES_PER_S, FLOPS_A_PARAMETER

_NEW_TOKENS = (1, 5)


@dataclass(frozen=True, slots=True)
class CandidateTrial:
    """What was timed.

    Attributes:
        on: What was timed, for people.
        candidate_s: Seconds of a candidate on all items, at most.
    """

    on: str
    candidate_s: float


def candidate_trial(
    target: Model,
    abilities: Mapping[str, HeldOut],
    *,
    device: str,
    dtype: str,
    token: CancelToken,
) -> CandidateTrial | None:
    """Time the measuring of a candidate.

    Args:
        target: What is measured.
        abilities: Held-out splits by name.
        device: As in a recipe.
        dtype: As in a recipe.
        token: Polled at batch borders, and at every generated token.

    Returns:
        The time; None where there is not enough free memory to try it out.

    Raises:
        ActError: The device is not there, or everything that `Evaluator` raises.
    """
    tokens = max(sum(_lengths(held)) for held in abilities.values())
    depths = depths_for(target, tokens=tokens, passes=1, device=device, dtype=dtype)
    if depths is None:
        return None
    seconds = []
    for depth in depths.each:
        short = shortened(target, depth)
        evaluator = Evaluator(short, abilities, device=device, dtype=dtype, cancel=token)
        timed = (_ability_s(evaluator, name, depths) for name in abilities)
        seconds.append(math.fsum(timed))
    # Every tensor is put on and taken back, from both models' files.
    moved_s = 3 * sum(p.stat().st_size for p in target.weights.files) / FILE_BYTES_PER_S
    return CandidateTrial(depths.text, depths.whole(seconds) + moved_s)


def _ability_s(evaluator: Evaluator, name: str, depths: Depths) -> float:
    """Seconds of one ability on all of its items, at the depth of the evaluator's model."""
    held = evaluator.abilities[name]
    lengths = _lengths(held)
    longest, count = max(lengths), len(lengths)
    new_tokens = held.ability.new_tokens if "exact" in held.ability.measures else 0
    most = count * longest if depths.most_tokens is None else depths.most_tokens
    group = max(1, evaluator.batch_tokens // (longest + new_tokens))
    some = max(1, min(count, group, most // longest))
    first = dataclasses.replace(
        held.encoded,
        items=held.encoded.items[: max(1, round(len(held.encoded.items) * some / count))],
        sequences=held.encoded.sequences[:some],
    )

    def seconds(tokens: int) -> float:
        ability = held.ability.model_copy(update={"new_tokens": tokens})
        on = {name: dataclasses.replace(held, ability=ability, encoded=first)}
        return fastest_s(lambda: evaluator.measure(Candidate("trial"), on=on))

    short, long = _NEW_TOKENS
    read_s = seconds(short) * count / some
    if new_tokens <= short:
        return read_s
    token_s = max(0.0, seconds(long) - seconds(short)) / (long - short)
    # Beside more answers one more costs its arithmetic only.
    shape = evaluator.target.shape
    numbers = sum(facts.parameters for facts in evaluator.target.facts.values())
    outside = 0 if evaluator.target.tied else shape.hidden * shape.vocabulary
    more = min(count, group) - some
    token_s += more * FLOPS_A_PARAMETER * (numbers - outside) / depths.flops_per_s
    return read_s + math.ceil(count / group) * (new_tokens - short) * token_s


def _lengths(held: HeldOut) -> list[int]:
    """Tokens of every sequence that is measured."""
    return [len(row.ids) for row in held.encoded.sequences]
