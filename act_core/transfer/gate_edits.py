"""Gates as moves, for the patch, its verification, and candidates on a loaded model alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from act_core.errors import GatesError
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.recipe import Transfer
from act_core.transfer.edits import Edit
from act_core.transfer.gates import Gates
from act_core.transfer.moves import Move
from act_core.transfer.parts import part_edits


def gate_moves(
    target: Model, specialists: Mapping[str, Model], gates: Gates, choices: Transfer
) -> tuple[Move, ...]:
    """What gates move, with embeddings, norms and head as chosen.

    Args:
        target: The target.
        specialists: By name; each has gates.
        gates: The gates.
        choices: What happens to embeddings, norms and head; its strength is not read.

    Raises:
        MaskError: A part is contested, and the policy is to refuse.
        GatesError: The gates belong to a model of another form, or to other specialists.
    """
    if layout_of(target).fingerprint() != gates.layout.fingerprint():
        raise GatesError(
            f"The gates were learned for another model than {target.reference}.",
            remedy="Learn the gates again with this target.",
        )
    if set(gates.values) != set(specialists):
        raise GatesError(
            f"The gates are of {', '.join(gates.values)}, not of {', '.join(specialists)}.",
            remedy="Learn the gates again with these specialists.",
        )
    parts = part_moves(target, specialists, choices)
    return tuple(
        dataclasses.replace(move, edits=(*_edits(gates, move.name), *move.edits)) for move in parts
    )


def part_moves(
    target: Model, specialists: Mapping[str, Model], choices: Transfer
) -> tuple[Move, ...]:
    """What happens to embeddings, norms and head, without any channel.

    Raises:
        MaskError: A part is contested, and the policy is to refuse.
    """
    edits = part_edits(target, specialists, choices)
    return tuple(Move(name, model, edits[name]) for name, model in specialists.items())


def _edits(gates: Gates, name: str) -> Iterator[Edit]:
    values = gates.values[name]
    for number, module in enumerate(gates.layout.modules):
        opened = values[gates.layout.slice_of(number)]
        weights = zip(module.tensors, opened.reshape(-1, module.rows), strict=True)
        for tensor, strengths in weights:  # one of each expert
            channels = np.flatnonzero(strengths)
            if len(channels):
                rows, columns = (None, channels) if module.transposed else (channels, None)
                yield Edit(tensor, 1.0, rows, columns, strengths[channels])
        channels = np.flatnonzero(opened)
        if len(channels) and module.bias is not None:
            yield Edit(module.bias, 1.0, channels, None, opened[channels])
