"""German maths: what a model merged of a German and a maths specialist can that neither can.

    python benchmarks/german_maths.py RECIPE --out FILE.json [--problems 150]

Problems are the German ones of MGSM's held-out items (../shared/data). At 135 million parameters
right answers by generation are near zero, so what is measured is the loss of each problem's German
text, the loss of its closing sentence, and the choice of that sentence among four numbers: the
right one, numbers that the problem itself names, and the answers of other problems nearest to it
(chance is 25 %, but a model that repeats the problem's numbers does worse).
The recipe's specialists are merged into its target by gates that learn from the recipe's own
abilities, with at most the given share of what the specialists were trained on, and by 5 % of the
channels; none of these data has German maths in it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from act_core.environment import prepare_environment  # noqa: E402

prepare_environment()

from act_core.abilities.encode import encode  # noqa: E402
from act_core.abilities.items import items_of  # noqa: E402
from act_core.cancel import CancelToken  # noqa: E402
from act_core.evaluate.evaluator import HeldOut  # noqa: E402
from act_core.events import Event, Note  # noqa: E402
from act_core.models.tokenizer import load_tokenizer  # noqa: E402
from act_core.pipeline.gates import SHUFFLED, result_of_gates  # noqa: E402
from act_core.pipeline.inputs import Inputs, load_inputs  # noqa: E402
from act_core.pipeline.stages import (  # noqa: E402
    Context,
    evaluate_stage,
    localize_stage,
    profile_stage,
)
from act_core.recipe import Ability, GateSettings, Recipe, Source, Template, load_recipe  # noqa: E402
from act_core.runs import RunFolder  # noqa: E402

PROBLEMS = ROOT.parent / "shared" / "data" / "maths_multi_heldout.jsonl"
_STEPS = 2
_CLOSING = "Die Antwort ist {}."
_TEMPLATE = Template(prompt="Frage: {question}\nAntwort:", answer=" {answer}")
Row = Mapping[str, Any]


def rows(problems: int) -> tuple[list[Row], list[Row]]:
    """The first German problems as plain text, and with four answers to choose from."""
    lines = PROBLEMS.read_text("utf-8").split("\n")
    every = [row for row in map(json.loads, filter(None, lines)) if row["lang"] == "de"]
    every = every[:problems]
    answers = sorted({row["answer"] for row in every})
    texts: list[Row] = [{"id": row["id"], "text": row["question"]} for row in every]
    chosen: list[Row] = []
    for row in every:
        right = row["answer"]
        named = [int(n) for n in re.findall(r"\d+", row["question"].replace(".", ""))]
        near = sorted(answers, key=lambda other: (abs(other - right), other))
        wrong = list(dict.fromkeys(n for n in [*named[:2], *near] if n != right))[:3]
        numbers = sorted([right, *wrong])
        chosen.append(
            {
                "id": row["id"],
                "question": row["question"],
                "choices": [_CLOSING.format(number) for number in numbers],
                "answer": numbers.index(right),
            }
        )
    return texts, chosen


def heldout(inputs: Inputs, problems: int) -> dict[str, HeldOut]:
    """What is measured, in place of the recipe's own abilities."""
    texts, chosen = rows(problems)
    tokenizer = load_tokenizer(inputs.target)
    unused = (Source(file=PROBLEMS),)

    def held(items: Sequence[Row], **settings: Any) -> HeldOut:
        ability = Ability(calibration=unused, heldout=unused, length_tokens=512, **settings)
        read = items_of(items, ability.template)
        return HeldOut(ability, encode(read, tokenizer, ability, seed=0))

    return {
        "problem text": held(texts, counted="all"),
        "answer": held(chosen, measures=("loss", "choice"), template=_TEMPLATE),
    }


def gates_within(recipe: Recipe, share: float) -> GateSettings:
    """Settings that read no more than a share of what any specialist was trained on."""
    trained = min(one.training_tokens or 0 for one in recipe.specialists.values())
    block = max(one.length_tokens for one in recipe.abilities.values())
    tokens = int(share * trained / (_STEPS * len(recipe.abilities) * block)) * block
    strength = 0.3 if len(recipe.specialists) == 1 else 0.5
    return GateSettings(
        strength=strength, steps=_STEPS, batch_tokens=tokens, learning_rate=0.1, validation=0.0
    )


def measured(path: Path, share: float, problems: int) -> list[dict[str, Any]]:
    """Figures of target, specialists, gates, what they began from, and masks."""
    recipe = load_recipe(path)
    settings = {"scorers": ("attributed",), "controls": (), "baselines": {}}
    recipe = recipe.model_copy(
        update={
            "gates": gates_within(recipe, share),
            "evaluate": recipe.evaluate.model_copy(update=settings),
            "run": recipe.run.with_name(f"{recipe.run.name}-german-maths"),
        }
    )
    context = Context(RunFolder(recipe.run), _say, CancelToken())
    inputs = load_inputs(recipe, _say)
    profiles = profile_stage(inputs, context)
    masks = localize_stage(inputs, profiles, context)
    result = result_of_gates(inputs, profiles, masks, context)
    other = dataclasses.replace(inputs, heldout=heldout(inputs, problems))
    candidates = tuple(one for one in result.candidates() if one.name != SHUFFLED)
    abilities = {name: held.ability for name, held in other.heldout.items()}
    named = recipe.model_copy(update={"abilities": abilities})
    comparison = evaluate_stage(dataclasses.replace(other, recipe=named), candidates, context)
    return [dataclasses.asdict(figure) for figure in comparison.figures]


def show(figures: Sequence[Mapping[str, Any]]) -> None:
    """Print the table, with 95 % intervals."""
    columns = list(dict.fromkeys((f["ability"], f["measure"]) for f in figures))
    print("| model | " + " | ".join(f"{a}: {m}" for a, m in columns) + " |")
    print("| --- " * (len(columns) + 1) + "|")
    for name in dict.fromkeys(figure["candidate"] for figure in figures):
        cells = []
        for column in columns:
            found = next(
                f["interval"]
                for f in figures
                if f["candidate"] == name and (f["ability"], f["measure"]) == column
            )
            cells.append("{value:.3f} ({low:.3f} to {high:.3f})".format(**found))
        print(f"| {name} | " + " | ".join(cells) + " |")


def _say(event: Event) -> None:
    if isinstance(event, Note):
        print(event.text, file=sys.stderr)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share-of-training", type=float, default=0.02)
    parser.add_argument("--problems", type=int, default=150)
    given = parser.parse_args()
    figures = measured(given.recipe, given.share_of_training, given.problems)
    given.out.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    show(figures)


if __name__ == "__main__":
    main()
