"""A run's inputs with a part of the calibration items set apart to choose by."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from act_core.abilities.split import load_splits
from act_core.abilities.validation import set_apart
from act_core.evaluate.evaluator import HeldOut
from act_core.models.tokenizer import load_tokenizer
from act_core.pipeline.inputs import Inputs


@dataclass(frozen=True, slots=True, eq=False)
class Validated:
    """Inputs, and what candidates that are computed from them are compared on.

    Attributes:
        inputs: Without the validation items.
        validation: By ability.
        calibration_is_whole: Calibration left enough items over, so profiles are the run's own.
    """

    inputs: Inputs
    validation: Mapping[str, HeldOut] = field(repr=False)
    calibration_is_whole: bool


def validated(inputs: Inputs) -> Validated:
    """Set validation items apart.

    Raises:
        AbilityDataError: As `load_splits` and `set_apart`.
    """
    abilities = inputs.recipe.abilities
    apart = set_apart(
        load_splits(abilities),
        inputs.calibration,
        abilities,
        load_tokenizer(inputs.target),
        inputs.recipe.seed,
    )
    calibration = {name: one.calibration for name, one in apart.items()}
    whole = all(calibration[name] is inputs.calibration[name] for name in abilities)
    return Validated(
        dataclasses.replace(inputs, calibration=calibration),
        {
            name: dataclasses.replace(held, encoded=apart[name].validation)
            for name, held in inputs.heldout.items()
        },
        whole,
    )
