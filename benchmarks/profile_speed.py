"""Speed and memory of a profile against transformers' own passes over the same tokens.

    python benchmarks/profile_speed.py TARGET SPECIALIST [--sequences 32] [--length 128]
        [--rounds 5]

Prints, each as the median of the rounds and measured in turn within one run:
- *matched* over a plain forward of the whole target (the difference doubles the matmuls: 2.0 x);
- *attributed* over forward + backward of the whole target (recomputation without weight gradients:
  about 1.33 x);
- peak resident memory above imports, of a profile over the whole model's forward (child processes).
Disk reads of both models are part of a profile; the plain passes find their model loaded.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import Encoded, TokenSequence
from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.models.reference import resolve
from act_core.profile.run import profile
from act_core.profile.spec import ProfileSpec
from act_core.recipe import Statistic


def random_ability(vocabulary: int, sequences: int, length: int) -> Encoded:
    random = np.random.default_rng(0)
    rows = tuple(
        TokenSequence(
            random.integers(5, vocabulary, length).astype(np.int32),
            np.ones(length, dtype=np.bool_),
            number,
        )
        for number in range(sequences)
    )
    return Encoded((), rows, "random", sequences * length, sequences * (length - 1))


def run_profile(target: Path, specialist: Path, ability: Encoded, statistic: Statistic) -> None:
    spec = ProfileSpec(
        resolve(target), {"s": resolve(specialist)}, {"a": ability}, (statistic,), device="cpu"
    )
    with tempfile.TemporaryDirectory() as folder:
        profile(spec, Path(folder), discard, CancelToken())


def plain_forward(model: torch.nn.Module, ability: Encoded, batch: int) -> None:
    with torch.no_grad():
        for start in range(0, len(ability.sequences), batch):
            rows = ability.sequences[start : start + batch]
            model(torch.from_numpy(np.stack([r.ids for r in rows])).long(), use_cache=False)


def plain_backward(model: torch.nn.Module, ability: Encoded, batch: int) -> None:
    for start in range(0, len(ability.sequences), batch):
        rows = ability.sequences[start : start + batch]
        ids = torch.from_numpy(np.stack([r.ids for r in rows])).long()
        model(ids, labels=ids, use_cache=False).loss.backward()
        model.zero_grad(set_to_none=True)


def load(folder: Path) -> torch.nn.Module:
    model: torch.nn.Module = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval()


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_bytes(name: Statistic | Literal["plain"], *arguments: object) -> int:
    """Peak resident memory above imports of one piece of work in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (name, *arguments))


def _peak(
    name: Statistic | Literal["plain"], target: Path, specialist: Path, ability: Encoded
) -> int:
    before = _status_bytes("VmRSS")
    if name == "plain":
        plain_forward(load(target), ability, 16)
    else:
        run_profile(target, specialist, ability, name)
    return _status_bytes("VmHWM") - before


def _status_bytes(field: str) -> int:
    """A size from Linux' process status; rusage would still know the parent's peak."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    (found,) = (line for line in lines if line.startswith(field + ":"))
    return int(found.split()[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("specialist", type=Path)
    parser.add_argument("--sequences", type=int, default=32)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    ability = random_ability(resolve(args.target).shape.vocabulary, args.sequences, args.length)
    model = load(args.target)
    batch = max(1, 2048 // args.length)
    pairs: tuple[tuple[Statistic, str, Callable[[], None]], ...] = (
        ("matched", "forward", lambda: plain_forward(model, ability, batch)),
        ("attributed", "forward + backward", lambda: plain_backward(model, ability, batch)),
    )
    print(f"{ability.counted_tokens} tokens, {torch.get_num_threads()} threads, float32")
    for statistic, reference, plain in pairs:
        ours, theirs = [], []
        for _ in range(args.rounds):
            theirs.append(seconds(plain))
            ours.append(
                seconds(partial(run_profile, args.target, args.specialist, ability, statistic))
            )
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        print(
            f"{statistic}: {statistics.median(ours):.2f} s, {reference}: "
            f"{statistics.median(theirs):.2f} s, ratio {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})"
        )
    whole = peak_bytes("plain", args.target, args.specialist, ability)
    print(f"peak above imports, whole model forward: {whole / 1e6:.0f} MB")
    for statistic in ("matched", "attributed"):
        peak = peak_bytes(statistic, args.target, args.specialist, ability)
        print(f"peak above imports, {statistic}: {peak / 1e6:.0f} MB, ratio {peak / whole:.2f}")


if __name__ == "__main__":
    main()
