"""Cohere 2 (Command R7B, Command A): Cohere's layer; sliding windows, and layers without rotary.

The layers of full attention turn no pairs, so there the tie `rotary` joins rows that could stand
alone.
"""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

COHERE2 = Family(
    name="cohere2",
    title="Cohere 2",
    model_types=("cohere2",),
    modules=MODULES,
    rotary="interleaved",
)
