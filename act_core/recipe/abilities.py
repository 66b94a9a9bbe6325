"""The sections of a recipe that say what its abilities are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from act_core.recipe.sections import Section

Measure = Literal["loss", "exact", "choice", "label"]
RowNumber = Annotated[int, Field(ge=0, lt=2**63)]


class Source(Section):
    """Where items come from: a file, a built-in set by name, or a split of a Hub's data set."""

    file: Path | None = None
    builtin: str | None = None
    hub: Annotated[str, Field(pattern=r"^[^/\s@:]+/[^/\s@:]+(@[^\s:]+)?$")] | None = Field(
        default=None, description="owner/name@commit of a data set; of a branch, as it is now."
    )
    config: str | None = Field(default=None, description="Of a data set with several.")
    split: str | None = Field(default=None, description="Of the data set, such as train.")
    rows: tuple[RowNumber, RowNumber] | None = Field(
        default=None,
        description="Number of the first row, from 0 on, and of the one behind the last.",
    )
    where: dict[str, str | int | bool] = Field(
        default_factory=dict, description="Keep only rows whose fields have these values."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if sum(origin is not None for origin in (self.file, self.builtin, self.hub)) != 1:
            raise ValueError("give exactly one of file, builtin and hub")
        if (self.hub is None) != (self.split is None) or (self.config and self.hub is None):
            raise ValueError("give split, and config where there are several, with hub alone")
        if self.rows is not None and self.rows[0] >= self.rows[1]:
            raise ValueError("the rows end before they begin")
        return self


class Template(Section):
    """How a row becomes text; `{field}` is replaced by the row's field. Found out where absent."""

    text: str | None = None
    prompt: str | None = None
    answer: str | None = None
    chat: bool = Field(default=False, description="Render with the model's chat template.")
    style: Literal["mgsm", "letters"] | None = Field(
        default=None,
        description="mgsm: word problems with prefixes in their language; letters: choices as A, "
        "B, C, of which one letter is the answer. In place of prompt and answer.",
    )
    lang: str | None = Field(
        default=None, description="Language of the style, where rows have no field lang."
    )
    labels: tuple[str, ...] | None = Field(
        default=None,
        min_length=2,
        description="All labels; a row's label is one of them, or its 0-based number.",
    )

    @property
    def is_empty(self) -> bool:
        """Whether rows are found out by their fields all the same."""
        return (self.text, self.prompt, self.answer, self.style, self.labels) == (None,) * 5


class Shots(Source):
    """Exemplars with their answers, put before every question that is answered or chosen."""

    count: int = Field(default=8, ge=1, le=64, description="The first so many rows.")
    template: Template | None = Field(default=None, description="By default the ability's.")


class Ability(Section):
    """A named set of inputs with its two splits, which never mix."""

    role: Literal["bring", "keep"] = "bring"
    calibration: tuple[Source, ...] = Field(min_length=1)
    heldout: tuple[Source, ...] = Field(min_length=1)
    template: Template | None = None
    shots: Shots | None = Field(
        default=None, description="For exact, choice and label; losses and profiles are without."
    )
    counted: Literal["answer", "all"] | None = Field(
        default=None, description="Counted tokens; by default the answer where there is a prompt."
    )
    measures: tuple[Measure, ...] = Field(default=("loss",), min_length=1)
    calibration_tokens: int = Field(default=4096, ge=1, description="Counted tokens to profile on.")
    heldout_items: int = Field(default=200, ge=1)
    length_tokens: int = Field(default=256, ge=2, description="Longer items are cut.")
    packed: bool = Field(default=False, description="Join items to full blocks instead of padding.")
    new_tokens: int = Field(
        default=32, ge=1, description="Most tokens generated for an exact match."
    )
