"""act_recipe.yaml: what an export was made of, enough to check it again from its folder alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from act_core import __version__
from act_core.errors import RecipeError, ReferenceNotFoundError
from act_core.hashing import file_sha256
from act_core.hub.models import find_model, hub_names_of, public_reference
from act_core.localize.masks import Mask
from act_core.models.adapter import WEIGHTS_NAME
from act_core.models.places import place_of, remember_place
from act_core.models.reference import Model, split_reference
from act_core.recipe import Name, Section, Transfer, TuneKeep, TuneKind
from act_core.strict_yaml import load_yaml
from act_core.transfer.compare import failed
from act_core.transfer.files import GATES_NAME, LORA_FOLDER, MASK_NAME, RECIPE_NAME, ROWS_NAME
from act_core.transfer.gates import Gates

_MOST_BYTES = 4 << 20


class ModelRecord(Section):
    """A model that took part."""

    reference: str = Field(
        description="Its name on the Hub at a commit, or the name of its folder: paths would tell "
        "of the computer of the export and lead nowhere on another (`models.places`)."
    )
    fingerprint: str = Field(description="Of its config and weight files.")


class MaskRecord(Section):
    """A mask that lies beside the weights."""

    file: Annotated[str, Field(pattern=r"^act_mask[A-Za-z0-9._-]*\.safetensors$")]
    sha256: str
    channels: int
    share: float
    scorer: str = ""


class GatesRecord(Section):
    """The gates that lie beside the weights, in place of masks."""

    file: Literal["act_gates.safetensors"] = GATES_NAME
    sha256: str
    channels: int
    share: float


class TuneRecord(Section):
    """A tuning after the transfer; its rows or its adapter lie beside the weights."""

    kind: TuneKind
    keep: TuneKeep = Field(
        default="merged", description="Whether the weights hold it, or the adapter alone does."
    )
    sha256: str = Field(description="Of the rows' file, or of the adapter's weights.")
    start: str = Field(description="Digest of what was transferred before.")

    @property
    def file(self) -> str:
        """The file's path below the export."""
        return ROWS_NAME if self.kind == "channels" else f"{LORA_FOLDER}/{WEIGHTS_NAME}"


class SpecialistRecord(ModelRecord):
    """A specialist with the channels it gave; without a mask, gates say how far each one moved."""

    mask: MaskRecord | None = None


class Provenance(Section):
    """Content of act_recipe.yaml."""

    act: Literal[1] = 1
    made_with: str = f"ACT Studio {__version__}"
    target: ModelRecord
    base: ModelRecord | None = None
    specialists: dict[Name, SpecialistRecord] = Field(min_length=1)
    gates: GatesRecord | None = None
    tune: TuneRecord | None = None
    transfer: Transfer
    recipe: dict[str, Any] | None = Field(
        default=None, description="The whole recipe of the run, where there was one."
    )

    @model_validator(mode="after")
    def _masks_or_gates(self) -> Provenance:
        if any((one.mask is None) != (self.gates is not None) for one in self.specialists.values()):
            raise ValueError("every specialist has a mask, or there are gates")
        return self

    def essence(self) -> Any:
        """What decides the bytes of the export; the order of specialists is that of sums."""
        specialists = tuple(
            (name, one.fingerprint, one.mask and one.mask.sha256)
            for name, one in self.specialists.items()
        )
        gates = self.gates and self.gates.sha256
        tune = self.tune and (self.tune.sha256, self.tune.keep)
        return self.target.fingerprint, specialists, gates, tune, self.transfer


@dataclass(frozen=True, slots=True, eq=False)
class Gift:
    """A specialist, the mask of what it gives, and where that mask is stored."""

    specialist: Model
    mask: Mask
    mask_file: Path


def provenance_of(
    target: Model,
    gifts: Mapping[str, Gift],
    choices: Transfer,
    *,
    base: Model | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Provenance:
    """Put together what an export was made of; hashes all files that are not known yet.

    Raises:
        ReferenceNotFoundError: A file cannot be read.
    """
    names = mask_names(gifts)
    return Provenance(
        target=_record(target),
        base=None if base is None else _record(base),
        specialists={
            name: SpecialistRecord(
                **_record(gift.specialist).model_dump(),
                mask=MaskRecord(
                    file=names[name],
                    sha256=file_sha256(gift.mask_file),
                    channels=gift.mask.count,
                    share=gift.mask.share,
                    scorer=gift.mask.facts.get("scorer", ""),
                ),
            )
            for name, gift in gifts.items()
        },
        transfer=choices,
        recipe=None if recipe is None else dict(recipe),
    )


def gated_provenance(
    target: Model,
    specialists: Mapping[str, Model],
    gates: Gates,
    gates_file: Path,
    choices: Transfer,
    *,
    base: Model | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Provenance:
    """As `provenance_of`, for gates in place of masks.

    Raises:
        ReferenceNotFoundError: A file cannot be read.
    """
    return Provenance(
        target=_record(target),
        base=None if base is None else _record(base),
        specialists={
            name: SpecialistRecord(**_record(model).model_dump())
            for name, model in specialists.items()
        },
        gates=GatesRecord(
            sha256=file_sha256(gates_file),
            channels=int(gates.open.sum()),
            share=float(gates.open.mean()),
        ),
        transfer=choices,
        recipe=None if recipe is None else dict(recipe),
    )


def mask_names(specialists: Mapping[str, object]) -> dict[str, str]:
    """File of each specialist's mask beside the weights."""
    if len(specialists) == 1:
        return dict.fromkeys(specialists, MASK_NAME)
    return {name: f"act_mask-{name}.safetensors" for name in specialists}


def provenance_files(provenance: Provenance, gifts: Mapping[str, Gift]) -> dict[str, str | Path]:
    """act_recipe.yaml and the masks, as extra files of an export."""
    masks = {file: gifts[name].mask_file for name, file in mask_names(gifts).items()}
    return {RECIPE_NAME: _text(provenance), **masks}


def gated_files(provenance: Provenance, gates_file: Path) -> dict[str, str | Path]:
    """act_recipe.yaml and the gates, as extra files of an export."""
    return {RECIPE_NAME: _text(provenance), GATES_NAME: gates_file}


def read_provenance(folder: Path) -> Provenance:
    """Read act_recipe.yaml of an export.

    Raises:
        RecipeError: It is missing or not what it should be.
    """
    path = folder / RECIPE_NAME
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RecipeError(f"{path} is too large to be a recipe.", remedy="Check the folder.")
        return Provenance.model_validate(load_yaml(path.read_text("utf-8")))
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read: {error.strerror}.",
            remedy="Name a folder that a transfer has written.",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(
            f"{path}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}.",
            remedy="Take the file from the original export again.",
            detail=str(error),
        ) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(
            f"{path} is not valid YAML.",
            remedy="Take the file from the original export again.",
            detail=str(error),
        ) from error


def _text(provenance: Provenance) -> str:
    content = provenance.model_dump(mode="json", exclude_none=True)
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text


def recorded_model(name: str, record: ModelRecord, places: Mapping[str, str]) -> Model:
    """A model that took part, as it is on this computer now.

    Args:
        name: `target`, or the specialist's.
        record: What the export says of it.
        places: References by name, of models that lie elsewhere than they did.

    Raises:
        ReferenceNotFoundError: Nobody knows where it lies, or it is not there any more.
        ActError: Everything that `find_model` raises.
    """
    if name in places:
        return find_model(places[name])
    named, place = record.reference, place_of(record.fingerprint)
    if len(hub_names_of(named)) == len(split_reference(named)):
        try:
            return find_model(named)
        except ReferenceNotFoundError:
            if place is None:
                raise
    if place is None:
        raise ReferenceNotFoundError(
            f"Where {record.reference} ({name}) lies on this computer is not known.",
            remedy="Show its folder on the page Export, or say it: act verify FOLDER "
            f"--model {name}=PATH",
        )
    return find_model(place)


def same_model(name: str, record: ModelRecord, places: Mapping[str, str]) -> Model:
    """As `recorded_model`, and sure to be the one of the transfer; where it lies is remembered.

    Raises:
        VerificationError: It is another one.
        ReferenceNotFoundError, ActError: As `recorded_model`.
    """
    model = recorded_model(name, record, places)
    if model.fingerprint() != record.fingerprint:
        raise failed("models", f"{name} ({model.reference}) is not the same as at the transfer.")
    if name in places:
        remember_place(record.fingerprint, _absolute(places[name]))
    return model


def _record(model: Model) -> ModelRecord:
    fingerprint = model.fingerprint()
    remember_place(fingerprint, _absolute(model.reference))
    return ModelRecord(reference=public_reference(model.reference), fingerprint=fingerprint)


def _absolute(reference: str) -> str:
    """A reference that holds from any working folder."""
    parts = (Path(part).expanduser() for part in split_reference(reference))
    return "+".join(os.path.abspath(part) if part.exists() else str(part) for part in parts)
