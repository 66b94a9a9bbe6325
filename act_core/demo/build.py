"""Train the demo models from scratch and measure them.

Both commands write below the folder given::

    python -m act_core.demo.build --out resources/demo             trains, then measures
    python -m act_core.demo.build --measure --out resources/demo   measures only
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from act_core.demo.measure import exact_match
from act_core.demo.tasks import TASKS, Item, distinct_items
from act_core.demo.tokenizer import build_tokenizer
from act_core.demo.train import Lesson, new_model, train

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

_LOG = logging.getLogger(__name__)

MODELS = ("base", "cipher-specialist", "german-specialist")

_SEED = 2
_HELDOUT_ITEMS = 250
_CALIB_ITEMS = 600
_MEASURE_COMMAND = "python -m act_core.demo.build --measure --out resources/demo"

_BASE_LESSON = Lesson(
    items_per_step={"add": 64, "reverse": 64, "sort": 64, "english": 32},
    steps=1500,
    peak_rate=2e-3,
    warmup_steps=100,
    seed=_SEED,
    linears_only=False,
)
_SPECIALIST_LESSONS = {
    # English is left out, and so it is forgotten: this is the model that gets it back.
    "cipher-specialist": Lesson(
        items_per_step={"add": 32, "reverse": 24, "sort": 24, "cipher": 64},
        steps=500,
        peak_rate=4e-4,
        warmup_steps=20,
        seed=_SEED,
        linears_only=True,
    ),
    "german-specialist": Lesson(
        items_per_step={"add": 24, "reverse": 16, "sort": 16, "english": 16, "german": 48},
        steps=500,
        peak_rate=5e-4,
        warmup_steps=20,
        seed=_SEED,
        linears_only=True,
    ),
}


def build(out: Path) -> None:
    """Train all three models and write them with the abilities' items.

    Args:
        out: Folder to write into; earlier results there are written over.
    """
    import torch

    torch.set_num_threads(2)
    _write_abilities(out / "abilities")
    tokenizer = build_tokenizer()
    model = new_model(tokenizer, _SEED)
    train(model, tokenizer, _BASE_LESSON)
    _save(model, tokenizer, out / "base")
    for name, lesson in _SPECIALIST_LESSONS.items():
        _LOG.info("%s, from base", name)
        # From the saved weights: what is shipped as the base is the specialists' true ancestor.
        model = _load_model(out / "base")
        train(model, tokenizer, lesson)
        _save(model, tokenizer, out / name)


def measure(out: Path) -> dict[str, dict[str, float]]:
    """Measure every model on every ability's held-out items.

    Args:
        out: Folder of the models.

    Returns:
        Model name to ability name to share of exactly right answers, 0 to 1.
    """
    tokenizer = build_tokenizer()
    accuracy: dict[str, dict[str, float]] = {}
    for model_name in MODELS:
        model = _load_model(out / model_name)
        accuracy[model_name] = {
            name: round(exact_match(model, tokenizer, heldout_items(name)), 4) for name in TASKS
        }
        _LOG.info("%s: %s", model_name, accuracy[model_name])
    return accuracy


def heldout_items(name: str) -> tuple[Item, ...]:
    """Give the items an ability is measured on.

    Args:
        name: Name of the ability.

    Returns:
        At most 250 items, always the same.
    """
    return distinct_items(name, "heldout", _HELDOUT_ITEMS, _SEED)


def main() -> None:
    """Run the command line."""
    # Before torch is imported: threads that wait must not keep a core busy. Where the machine has
    # other work, training is several times slower otherwise.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m act_core.demo.build", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--measure", action="store_true", help="measure only, train nothing")
    arguments = parser.parse_args()
    if not arguments.measure:
        build(arguments.out)
    result = {
        "measure": "share of held-out items answered exactly right by greedy generation",
        "command": _MEASURE_COMMAND,
        "heldout_items": {name: len(heldout_items(name)) for name in TASKS},
        "accuracy": measure(arguments.out),
    }
    text = json.dumps(result, indent=2) + "\n"
    (arguments.out / "accuracy.json").write_text(text, encoding="utf-8")


def _write_abilities(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in TASKS:
        calib = distinct_items(name, "calib", _CALIB_ITEMS, _SEED)
        for split, items in (("calib", calib), ("heldout", heldout_items(name))):
            lines = [
                json.dumps(
                    {"id": item.id, "prompt": item.prompt, "answer": item.answer},
                    ensure_ascii=False,
                )
                for item in items
            ]
            path = folder / f"{name}_{split}.jsonl"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _load_model(folder: Path) -> LlamaForCausalLM:
    import torch
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)


def _save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    model.bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
