"""Each kind of tuning after a transfer, with equal tokens, beside transfer only and tuning only.

    python benchmarks/tuning.py run RECIPE --out FILE.json [--seeds 0 1 2] [--rates 10]
    python benchmarks/tuning.py show FILE.json

What the recipe localizes is transferred; then its rows (`channels`) or an adapter (`lora`) learn,
and gates are learned in place of the transfer, from the same number of tokens of each ability.
*Tuning only* is the same on the plain target: the same rows, the same LoRA. `show` prints means
over seeds, with the lowest and the highest end of the seeds' 95 % intervals.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from act_core.environment import prepare_environment  # noqa: E402

prepare_environment()

from act_core.cancel import CancelToken  # noqa: E402
from act_core.events import Event, Note  # noqa: E402
from act_core.pipeline.run import Stage, run_recipe  # noqa: E402
from act_core.recipe import GateSettings, Recipe, TuneSettings, load_recipe  # noqa: E402

_KINDS = ("channels", "lora")
_ROWS = ("transfer only", "tuning only", "result", "interpolation 0.25")
Row = dict[str, Any]


def tuned(recipe: Recipe, steps: int, tokens: int, rates: float) -> list[Row]:
    """What every kind recovers and loses, at so many times its own learning rate."""
    plain = {"baselines": {}, "scorers": (), "interpolations": (0.25,)}
    controls = {"controls": ("interpolation", "tuning")}
    recipe = recipe.model_copy(
        update={"evaluate": recipe.evaluate.model_copy(update=plain | controls)}
    )
    rows: list[Row] = []
    for kind in _KINDS:
        learning = {"steps": steps, "batch_tokens": tokens, "validation": 0.0}
        tune = TuneSettings.model_validate({"kind": kind, **learning})
        tune = tune.model_copy(update={"learning_rate": rates * tune.rate})
        one = recipe.model_copy(update={"tune": tune, "run": recipe.run / kind})
        rows += [{**row, "kind": kind} for row in _rows(one, "tune")]
    gates = GateSettings(
        strength=0.3, steps=steps, batch_tokens=tokens, learning_rate=0.1, validation=0.0
    )
    one = recipe.model_copy(update={"gates": gates, "run": recipe.run / "gates"})
    rows += [{**row, "kind": "gates"} for row in _rows(one, "gates")]
    return rows


def _rows(recipe: Recipe, stage: Stage) -> list[Row]:
    outcome = run_recipe(
        recipe, until=stage, command="benchmarks/tuning.py", emit=_say, token=CancelToken()
    )
    shares = outcome.metrics["shares"]
    rows = []
    for name in _ROWS:
        own = {
            share["ability"]: {key: share[key] for key in ("kind", "value", "low", "high")}
            for share in shares
            if share["candidate"] == name
        }
        if own:
            rows.append({"candidate": name, "shares": own})
            print(f"{recipe.run.name} {name}: {_told(own)}", flush=True)
    return rows


def run(path: Path, seeds: list[int], steps: int, tokens: int, rates: float, out: Path) -> None:
    """Measure every seed; FILE grows with each."""
    recipe = load_recipe(path)
    found: dict[str, Any] = {
        "name": recipe.name,
        "steps": steps,
        "batch_tokens": tokens,
        "rates": rates,
    }
    if out.is_file():
        found = json.loads(out.read_text("utf-8"))
    for seed in seeds:
        place = recipe.run.with_name(f"{recipe.run.name}-tuning") / f"seed-{seed}"
        own = recipe.model_copy(update={"seed": seed, "run": place})
        found.setdefault("seeds", {})[str(seed)] = tuned(own, steps, tokens, rates)
        out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def show(path: Path) -> None:
    """Print the table."""
    found = json.loads(path.read_text("utf-8"))
    seeds = list(found["seeds"].values())
    abilities = {name: one["kind"] for name, one in seeds[0][0]["shares"].items()}
    print(f"{found['name']}, {len(seeds)} seeds, {found['steps']} x {found['batch_tokens']} tokens")
    print("| kind | candidate | " + " | ".join(f"{n} {r}" for n, r in abilities.items()) + " |")
    print("| --- " * (len(abilities) + 2) + "|")
    for key in dict.fromkeys((row["kind"], row["candidate"]) for row in seeds[0]):
        every = [row for rows in seeds for row in rows if (row["kind"], row["candidate"]) == key]
        cells = []
        for name in abilities:
            known = [row["shares"][name] for row in every if name in row["shares"]]
            mean = sum(one["value"] for one in known) / max(1, len(known))
            low = min((one["low"] for one in known), default=float("nan"))
            high = max((one["high"] for one in known), default=float("nan"))
            cells.append(f"{mean:.1%} ({low:.1%} to {high:.1%})".replace("%", " %"))
        print(f"| {key[0]} | {key[1]} | " + " | ".join(cells) + " |")


def _told(shares: Mapping[str, Mapping[str, Any]]) -> str:
    return ", ".join(f"{name} {one['kind']} {one['value']:.1%}" for name, one in shares.items())


def _say(event: Event) -> None:
    if isinstance(event, Note):
        print(event.text, file=sys.stderr)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run")
    command.add_argument("recipe", type=Path)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    command.add_argument("--steps", type=int, default=3)
    command.add_argument("--tokens", type=int, default=128, help="of each ability in a step")
    command.add_argument("--rates", type=float, default=1.0, help="times each kind's own rate")
    commands.add_parser("show").add_argument("file", type=Path)
    given = parser.parse_args()
    if given.command == "run":
        run(given.recipe, given.seeds, given.steps, given.tokens, given.rates, given.out)
    else:
        show(given.file)


if __name__ == "__main__":
    main()
