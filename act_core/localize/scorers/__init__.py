"""The registry of scorers: one import and one line each."""

from __future__ import annotations

from collections.abc import Mapping

from act_core.localize.scorer import Scorer
from act_core.localize.scorers.attributed import ATTRIBUTED
from act_core.localize.scorers.contrast import CONTRAST
from act_core.localize.scorers.difference import DIFFERENCE
from act_core.localize.scorers.matched import MATCHED
from act_core.localize.scorers.random import RANDOM
from act_core.localize.scorers.weight import WEIGHT

SCORERS: Mapping[str, Scorer] = {
    scorer.name: scorer for scorer in (DIFFERENCE, MATCHED, ATTRIBUTED, CONTRAST, WEIGHT, RANDOM)
}
