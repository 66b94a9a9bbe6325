"""Named settings, and which one a recipe has."""

from __future__ import annotations

from act_core.recipe import TUNE_PRESETS, TunePreset, TuneSettings, preset_of
from act_gui.text import tr


def preset_in(settings: TuneSettings) -> TunePreset | None:
    """The preset that these settings are; None: they are a person's own."""
    return next((name for name in TUNE_PRESETS if preset_of(name, settings) == settings), None)


def preset_titles() -> dict[TunePreset, str]:
    """Names of the presets."""
    return {"quick": tr("Quick"), "careful": tr("Careful")}


def preset_words(preset: TunePreset | None) -> str:
    """What a preset is for."""
    if preset == "quick":
        return tr("Few steps: a first look at whether tuning helps here.")
    if preset == "careful":
        return tr("More steps of more tokens at half the rate, with more patience.")
    return tr("Your own settings. A preset sets steps, tokens, checks, rank and rate.")
