"""The recipe: one YAML file that says everything a run does (design.md, section 1).

Window and command line read and write the same recipe. Relative paths are relative to the recipe.
"""

from __future__ import annotations

from act_core.recipe.abilities import Ability, Measure, Shots, Source, Template
from act_core.recipe.files import (
    load_draft,
    load_recipe,
    parse_recipe,
    save_recipe,
    without_paths,
)
from act_core.recipe.sections import (
    PARTS,
    BaselineName,
    Budget,
    Evaluate,
    GateSettings,
    Localize,
    Name,
    Part,
    PartName,
    Parts,
    PolicyName,
    Probe,
    ProfileSettings,
    ScorerName,
    Section,
    Share,
    Specialist,
    Statistic,
    Transfer,
)
from act_core.recipe.tuning import (
    TUNE_PRESETS,
    TuneKeep,
    TuneKind,
    TunePreset,
    TuneSettings,
    preset_of,
)
from act_core.recipe.whole import Draft, Recipe

__all__ = [
    "PARTS",
    "TUNE_PRESETS",
    "Ability",
    "BaselineName",
    "Budget",
    "Draft",
    "Evaluate",
    "GateSettings",
    "Localize",
    "Measure",
    "Name",
    "Part",
    "PartName",
    "Parts",
    "PolicyName",
    "Probe",
    "ProfileSettings",
    "Recipe",
    "ScorerName",
    "Section",
    "Share",
    "Shots",
    "Source",
    "Specialist",
    "Statistic",
    "Template",
    "Transfer",
    "TuneKeep",
    "TuneKind",
    "TunePreset",
    "TuneSettings",
    "load_draft",
    "load_recipe",
    "parse_recipe",
    "preset_of",
    "save_recipe",
    "without_paths",
]
