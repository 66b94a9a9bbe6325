"""Candidates: transfers as patches on one loaded model, put on and taken back."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_core.models.reference import Model
from act_core.transfer import loaded
from act_core.transfer.edits import shared_edits
from act_core.transfer.moves import Move

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Something to measure beside the target.

    Attributes:
        name: Its name in figures.
        moves: What each specialist brings; none is the target itself.
    """

    name: str
    moves: tuple[Move, ...] = ()


def specialist_candidate(name: str, target: Model, specialist: Model) -> Candidate:
    """The specialist itself as a candidate: every tensor moved whole, in the target's dtype.

    What it has in another form, such as embeddings of another vocabulary, stays the target's.
    """
    return Candidate(name, (Move(name, specialist, shared_edits(target, specialist, 1.0)),))


def applied(
    module: PreTrainedModel, target: Model, candidate: Candidate
) -> AbstractContextManager[None]:
    """Within the block, the loaded target is the candidate; as `loaded.applied`."""
    return loaded.applied(module, target, candidate.moves)
