"""Write the built-in set `arithmetic` (seeded, so the files come out the same every time).

python scripts/arithmetic_ability.py [FOLDER]
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

SEED = 20250101
CALIBRATION_ITEMS = 240
HELDOUT_ITEMS = 120
FOLDER = Path(__file__).resolve().parents[1] / "resources" / "abilities" / "arithmetic"


def questions() -> list[tuple[str, int]]:
    """Distinct questions with their results, in random order; results are never negative."""
    chosen: dict[str, int] = {}
    draw = random.Random(SEED)
    while len(chosen) < CALIBRATION_ITEMS + HELDOUT_ITEMS:
        sign = draw.choice("+-*")
        most = 12 if sign == "*" else 99
        one, other = draw.randint(2, most), draw.randint(2, most)
        if sign == "-":
            one, other = max(one, other), min(one, other)
        results = {"+": one + other, "-": one - other, "*": one * other}
        chosen[f"{one} {sign} {other} ="] = results[sign]
    return list(chosen.items())


def write(folder: Path) -> None:
    """Write both splits."""
    folder.mkdir(parents=True, exist_ok=True)
    every = questions()
    splits = {"calibration": every[:CALIBRATION_ITEMS], "heldout": every[CALIBRATION_ITEMS:]}
    for split, chosen in splits.items():
        lines = [
            json.dumps(
                {"id": f"arithmetic-{split}-{number:03d}", "prompt": asked, "answer": f" {result}"}
            )
            for number, (asked, result) in enumerate(chosen)
        ]
        (folder / f"{split}.jsonl").write_bytes(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
