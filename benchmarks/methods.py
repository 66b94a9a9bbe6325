"""Each method's best candidate, chosen on validation items and measured on held-out items.

    python benchmarks/methods.py run RECIPE --out FILE.json [--seeds 0 1 2] [--quick] [--only NAME]
    python benchmarks/methods.py cost RECIPE --out FILE.json [--quick] [--only NAME]
    python benchmarks/methods.py show FILE.json...

`run` tries, for every seed, each method's settings (merges at every setting that the program
knows) on calibration items that were set apart; of each method, the setting that recovers most
under the recipe's limits is measured on held-out items (where none recovers anything within them,
the one with the most recovered less lost, marked with *). A seed draws other calibration items,
another validation split, other random channels, and another order of the data for what is learned.
`cost` makes one candidate of each method from nothing, each in a process of its own, and takes its
seconds of processor time, which a busy machine spoils less than those of the clock, and its peak
memory; imports and loading included. `show` prints means over seeds, with the
lowest and the highest end of the seeds' 95 % intervals.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from act_core.environment import prepare_environment  # noqa: E402

prepare_environment()

from act_core.cancel import CancelToken  # noqa: E402
from act_core.errors import BaselineError  # noqa: E402
from act_core.evaluate.candidates import Candidate  # noqa: E402
from act_core.evaluate.comparison import TARGET  # noqa: E402
from act_core.evaluate.evaluator import HeldOut  # noqa: E402
from act_core.events import Event, Note  # noqa: E402
from act_core.pipeline.bench import Bench  # noqa: E402
from act_core.pipeline.candidates import specialists_of  # noqa: E402
from act_core.pipeline.entries import Entries, Entry  # noqa: E402
from act_core.pipeline.gates import gate_spec  # noqa: E402
from act_core.pipeline.inputs import load_inputs  # noqa: E402
from act_core.pipeline.points import GatesPoint, Point, grid  # noqa: E402
from act_core.pipeline.recommend import Judged, best_of, limits_of  # noqa: E402
from act_core.pipeline.scoreboard import Scoreboard  # noqa: E402
from act_core.pipeline.stages import Context, profile_stage  # noqa: E402
from act_core.pipeline.sweep_file import Split, SweepFile  # noqa: E402
from act_core.pipeline.tuning import TUNING, lora_candidate, tuning_spec  # noqa: E402
from act_core.pipeline.validated import validated  # noqa: E402
from act_core.recipe import GateSettings, Recipe, ScorerName, load_recipe  # noqa: E402
from act_core.runs import RunFolder  # noqa: E402
from act_core.transfer.tuned import moved_channels  # noqa: E402

# Reads at most 2 % of what the specialists of the recipes were trained on.
_LEARNED: Mapping[str, Mapping[str, float]] = {
    "demo-recover": {"steps": 12, "batch_tokens": 256, "learning_rate": 0.1, "validation": 0.0},
    "demo-merge": {"steps": 12, "batch_tokens": 256, "learning_rate": 0.1, "validation": 0.0},
    "smollm2-recover": {"steps": 3, "batch_tokens": 128, "learning_rate": 0.1, "validation": 0.0},
    "smollm2-merge": {"steps": 2, "batch_tokens": 128, "learning_rate": 0.1, "validation": 0.0},
}
_SCORERS: tuple[ScorerName, ...] = ("attributed", "matched", "difference")
_TUNING = "tuning only (LoRA)"


def methods(recipe: Recipe, quick: bool) -> Iterator[tuple[str, tuple[Point, ...]]]:
    """Our methods and the controls of masks, with their settings; `quick` takes fewer of them."""
    strengths = (0.7, 1.0) if quick else (0.35, 0.5, 0.7, 1.0)

    def masks(scorer: ScorerName, share: float, **axes: Any) -> tuple[Point, ...]:
        return tuple(grid((scorer,), (share,), strengths, **axes))

    yield "gates", tuple(gates(recipe, quick))
    yield "gates, 5 % open", tuple(gates(recipe, quick, budget=0.05))
    yield "attributed 5 %", masks("attributed", 0.05)
    yield "attributed 5 %, refreshed", masks("attributed", 0.05, refreshes=(3,))
    yield "attributed 20 %", masks("attributed", 0.2)
    yield "matched 5 %", masks("matched", 0.05)
    yield "matched 20 %", masks("matched", 0.2)
    yield "difference 5 %", masks("difference", 0.05)
    yield "difference 20 %", masks("difference", 0.2)
    yield "control: weight 20 %", masks("weight", 0.2)
    yield "control: random 20 %", masks("random", 0.2)


def gates(recipe: Recipe, quick: bool, **more: Any) -> Iterator[GatesPoint]:
    """Settings of gates; of several specialists also some that may move past them."""
    several: list[dict[str, Any]] = [{"strength": strength} for strength in (0.5, 0.7, 1.0)]
    several.append({"strength": 1.0, "bounds": (0.0, 1.5)})
    one: list[dict[str, Any]] = [{"strength": strength} for strength in (0.3, 0.5)]
    every = one if len(recipe.specialists) == 1 else several
    for chosen in every[:1] if quick else every:
        settings = {**chosen, **_LEARNED[recipe.name], **more}
        yield GatesPoint(GateSettings.model_validate(settings))


class Contest:
    """All methods on one recipe and one seed.

    Args:
        recipe: With its seed and run folder.
        quick: Fewer settings.
        scorers: Those whose statistics are profiled.
    """

    def __init__(
        self, recipe: Recipe, quick: bool, scorers: tuple[ScorerName, ...] = _SCORERS
    ) -> None:
        self._recipe = recipe
        self._quick = quick
        folder = RunFolder(recipe.run)
        self._context = Context(folder, _say, CancelToken())
        evaluate = recipe.evaluate.model_copy(update={"scorers": scorers})
        split = validated(load_inputs(recipe.model_copy(update={"evaluate": evaluate}), _say))
        self._inputs = split.inputs
        self._splits: dict[Split, Mapping[str, HeldOut]] = {
            "validation": _firsts(split.validation),
            "heldout": _firsts(split.inputs.heldout),
        }
        home = folder if split.calibration_is_whole else RunFolder(folder.path / "sweep")
        profiles = profile_stage(self._inputs, Context(home, _say, CancelToken()))
        self._file = SweepFile(folder, self._inputs, _say)
        self._entries = Entries(self._inputs, profiles, self._file.key, self._context)

    def entries(
        self, only: Sequence[str] = (), most: int | None = None
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Methods with their candidates, at most so many of each; learned as it comes to them."""
        for name, points in methods(self._recipe, self._quick):
            if not only or name in only:
                yield name, self._entries.points(points[:most])
        if not only or _TUNING in only:
            yield _TUNING, list(self._tunings(most))
        others: dict[str, list[Entry]] = {}
        for entry in self._entries.baselines():
            word = entry.name.partition(" ")[0]
            if entry.kind == "baseline":
                others.setdefault(f"merge: {word}", []).append(entry)
            elif word == "interpolation":
                others.setdefault("control: interpolation", []).append(entry)
        yield from ((name, every) for name, every in others.items() if not only or name in only)

    def rows(self, only: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """The best of every method (or of those named) by validation items, on held-out items."""
        bench = Bench(self._inputs, self._splits, self._file, self._context, 1)
        target = self._entries.plain(Candidate(TARGET), "target")
        ends = [self._entries.plain(one, "specialist") for one in specialists_of(self._inputs)]
        limits = limits_of(self._recipe)
        board = Scoreboard(self._inputs, bench, target, ends, limits, lambda _event: None)
        board.begin("validation")
        board.begin("heldout")
        for name, entries in self.entries(only):
            judged = list(_judged(board, bench, entries))
            best = best_of(judged) or _balanced(judged)
            if best is None:
                continue
            chosen = next(entry for entry in entries if entry.name == best.candidate)
            heldout = board.judged(chosen, "heldout")
            self._file.save()
            yield {
                "method": name,
                "candidate": best.candidate,
                "keeps": best.keeps,
                "channels": self._channels(chosen),
                "recovered": heldout.recovered and dataclasses.asdict(heldout.recovered),
                "lost": {one.ability: dataclasses.asdict(one.share) for one in heldout.losses},
            }

    def make(self, method: str) -> None:
        """Make the first candidate of a method; of a merge, its checkpoint."""
        _name, entries = next(self.entries((method,), most=1))
        with entries[0].opened():
            pass

    def _channels(self, entry: Entry) -> float | None:
        """The share of the channels that a point moves; None for what is no point."""
        if entry.point is None:
            return None
        with entry.opened() as candidate:
            return float(moved_channels(self._inputs.target, candidate.moves).mean())

    def _tunings(self, most: int | None) -> Iterator[Entry]:
        """LoRA on the target alone, with the tokens of the first gates, at each of its rates."""
        settings = next(gates(self._recipe, self._quick)).settings
        recipe = self._inputs.recipe.model_copy(update={"gates": settings})
        spec = tuning_spec(gate_spec(dataclasses.replace(self._inputs, recipe=recipe), {}), None)
        for rate in spec.rates[:most]:
            folder = self._context.folder.path / f"tuning-{rate:g}"
            one = dataclasses.replace(spec, rates=(rate,))
            name = f"{TUNING}, rate {rate:g}"
            candidate = lora_candidate(name, one, folder, self._context)
            yield self._entries.plain(candidate, "control")


def run(path: Path, seeds: Sequence[int], quick: bool, only: Sequence[str], out: Path) -> None:
    """Measure methods on every seed; FILE grows with each row.

    Where only some are named, what FILE knows of the others stays.
    """
    recipe = load_recipe(path)
    found: dict[str, Any] = {"name": recipe.name}
    if out.is_file():
        found = json.loads(out.read_text("utf-8"))
    for seed in seeds:
        own = recipe.model_copy(update={"seed": seed, "run": recipe.run / f"seed-{seed}"})
        known = found.setdefault("seeds", {}).get(str(seed), []) if only else []
        rows = {row["method"]: row for row in known}
        for row in Contest(own, quick).rows(only):
            print(f"seed {seed}: {_told(row)}", flush=True)
            rows[row["method"]] = row
            found["seeds"][str(seed)] = list(rows.values())
            out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def cost(path: Path, quick: bool, only: Sequence[str], out: Path) -> None:
    """Make one candidate of each method in a process of its own."""
    recipe = load_recipe(path)
    found = json.loads(out.read_text("utf-8"))
    merges = [f"merge: {name}" for name in recipe.evaluate.baselines]
    names = [*(name for name, _points in methods(recipe, quick)), _TUNING, *merges]
    names = [name for name in names if not only or name in only]
    costs = found.setdefault("costs", {})
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            command = [sys.executable, __file__, "make", str(path), "--method", name]
            child = subprocess.Popen([*command, "--place", place], stderr=subprocess.DEVNULL)
            _pid, status, used = os.wait4(child.pid, 0)
        seconds = round(used.ru_utime + used.ru_stime, 1)
        if status == 0:
            costs[name] = {"cpu_s": seconds, "peak_bytes": used.ru_maxrss * 1024}
            print(f"{name}: {seconds} s, {used.ru_maxrss / 2**20:.2f} GiB", flush=True)
        out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def make(path: Path, method: str, place: Path) -> None:
    """Make one candidate of a method from nothing."""
    recipe = load_recipe(path).model_copy(update={"run": place / "run"})
    kind, _, name = method.partition(": ")
    every = recipe.evaluate.baselines
    chosen = {one: every[one] for one in every if kind == "merge" and one == name}
    evaluate = recipe.evaluate.model_copy(update={"baselines": chosen, "controls": ()})
    scorers = tuple(scorer for scorer in _SCORERS if scorer in method)
    if not scorers:  # something that needs no profile
        evaluate = evaluate.model_copy(update={"controls": ("interpolation",)})
        localize = recipe.localize.model_copy(update={"scorer": "weight"})
        recipe = recipe.model_copy(update={"localize": localize})
    contest = Contest(recipe.model_copy(update={"evaluate": evaluate}), True, scorers)
    contest.make(method)


def show(paths: Sequence[Path]) -> None:
    """Print one table for each file."""
    for path in paths:
        found = json.loads(path.read_text("utf-8"))
        seeds = list(found["seeds"].values())
        kept = list(seeds[0][0]["lost"])
        print(f"\n{found['name']}, {len(seeds)} seeds\n")
        heads = ["method", "channels", "recovered", *(f"{name} lost" for name in kept)]
        heads += ["CPU s", "peak GiB"]
        print("| " + " | ".join(heads) + " |")
        print("| " + " | ".join("---" for _ in heads) + " |")
        for row in seeds[0]:
            name = row["method"]
            every = [one for rows in seeds for one in rows if one["method"] == name]
            mark = "" if all(one["keeps"] != "no" for one in every) else " *"
            channels = [one["channels"] for one in every if one["channels"] is not None]
            cells = [name + mark, f"{sum(channels) / len(channels):.1%}" if channels else ""]
            cells.append(_pooled([one["recovered"] for one in every]))
            cells += [_pooled([one["lost"][ability] for one in every]) for ability in kept]
            taken = found.get("costs", {}).get(name)
            cells += (
                [f"{taken['cpu_s']:.0f}", f"{taken['peak_bytes'] / 2**30:.2f}"]
                if taken
                else ["", ""]
            )
            print("| " + " | ".join(cells) + " |")


def _pooled(shares: Sequence[Mapping[str, float] | None]) -> str:
    """The mean over seeds, with the outermost ends of their intervals."""
    known = [share for share in shares if share is not None]
    if not known:
        return ""
    mean = sum(share["value"] for share in known) / len(known)
    low, high = min(s["low"] for s in known), max(s["high"] for s in known)
    return f"{mean:.1%} ({low:.1%} to {high:.1%})".replace("%", " %")


def _told(row: Mapping[str, Any]) -> str:
    lost = ", ".join(f"{name} {one['value']:.1%}" for name, one in row["lost"].items())
    recovered = row["recovered"]["value"] if row["recovered"] else float("nan")
    return f"{row['method']} [{row['candidate']}]: {recovered:.1%}; lost {lost}"


def _judged(board: Scoreboard, bench: Bench, entries: Sequence[Entry]) -> Iterator[Judged]:
    for entry in entries:
        try:
            if entry.is_costly:
                bench.find_all(entry)
            yield board.judged(entry, "validation")
        except BaselineError as error:
            print(f"{entry.name} is left out: {error.reason}", file=sys.stderr)


def _balanced(judged: Sequence[Judged]) -> Judged | None:
    """Where no setting recovers anything within the limits: the most recovered less lost."""

    def balance(one: Judged) -> float:
        recovered = one.recovered.value if one.recovered else 0.0
        return recovered - max((loss.share.value for loss in one.losses), default=0.0)

    return max(judged, key=balance, default=None)


def _firsts(abilities: Mapping[str, HeldOut]) -> dict[str, HeldOut]:
    """Abilities with the one measure by which candidates are compared."""
    return {
        name: HeldOut(
            held.ability.model_copy(update={"measures": held.ability.measures[:1]}), held.encoded
        )
        for name, held in abilities.items()
    }


def _say(event: Event) -> None:
    if isinstance(event, Note):
        print(event.text, file=sys.stderr)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("run", "cost", "make"):
        command = commands.add_parser(name)
        command.add_argument("recipe", type=Path)
        command.add_argument("--quick", action="store_true", help="fewer settings")
        if name == "make":
            command.add_argument("--method", required=True)
            command.add_argument("--place", type=Path, required=True)
        else:
            command.add_argument("--out", type=Path, required=True)
            command.add_argument("--only", nargs="+", default=[], metavar="NAME", help="methods")
        if name == "run":
            command.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    commands.add_parser("show").add_argument("files", type=Path, nargs="+")
    given = parser.parse_args()
    if given.command == "run":
        run(given.recipe, given.seeds, given.quick, given.only, given.out)
    elif given.command == "cost":
        cost(given.recipe, given.quick, given.only, given.out)
    elif given.command == "make":
        make(given.recipe, given.method, given.place)
    else:
        show(given.files)


if __name__ == "__main__":
    main()
