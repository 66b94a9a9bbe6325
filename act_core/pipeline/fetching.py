"""What a recipe names of the Hub, models and data: pinned and fetched before all else."""

from __future__ import annotations

import functools
from typing import Any

from act_core.abilities.hub_source import fetch_abilities, pinned_as
from act_core.cancel import CancelToken
from act_core.errors import RecipeError
from act_core.events import EventSink
from act_core.hub.models import fetch_model, hub_names_of, public_reference
from act_core.hub.names import HubName
from act_core.recipe import Recipe, load_recipe, without_paths
from act_core.settings import load_settings, settings_path


def with_models_here(recipe: Recipe, emit: EventSink, token: CancelToken) -> Recipe:
    """The recipe with a commit at every Hub name, whose files lie in the Hub's cache.

    A branch that several models, or several splits, name is asked for once, so that all are of one
    commit. A recipe whose models and data are local comes back as it is.

    Raises:
        HubError: One of its kinds.
        DiskFullError, OutputError: The cache is full or cannot be written.
        ReferenceNotFoundError: A repository holds no model.
        CancelledByPersonError: Cancelled; what has come is kept.
    """
    pins: dict[HubName, HubName] = {}
    settings = load_settings(settings_path()).hub
    fetch = functools.partial(fetch_model, settings, pins=pins, emit=emit, token=token)
    base = fetch(recipe.base) if recipe.base else recipe.base
    changes: dict[str, Any] = {
        "base": base,
        "target": fetch(recipe.target, base=base),
        "specialists": {
            name: section.model_copy(update={"model": fetch(section.model, base=base)})
            for name, section in recipe.specialists.items()
        },
        "abilities": fetch_abilities(settings, recipe.abilities, emit, token),
    }
    return recipe.model_copy(update=changes)


def as_carried_out(recipe: Recipe) -> Recipe:
    """The recipe with the commits that the results in its run folder are of.

    Models and data that are pinned, local, or others than those of the run stay as they are.
    """
    try:
        ran = load_recipe(recipe.run / "recipe.yaml")
    except RecipeError:
        return recipe

    def pinned(ours: str, theirs: str) -> str:
        mine, names = hub_names_of(ours), hub_names_of(theirs)
        same = [(one.repo, one.subfolder) for one in mine] == [
            (one.repo, one.subfolder) for one in names[len(names) - len(mine) :]
        ]
        return theirs if mine and same and not any(one.is_pinned for one in mine) else ours

    specialists = {
        name: section.model_copy(
            update={"model": pinned(section.model, ran.specialists[name].model)}
        )
        if name in ran.specialists
        else section
        for name, section in recipe.specialists.items()
    }
    return recipe.model_copy(
        update={
            "target": pinned(recipe.target, ran.target),
            "base": pinned(recipe.base, ran.base) if recipe.base and ran.base else recipe.base,
            "specialists": specialists,
            "abilities": pinned_as(recipe.abilities, ran.abilities),
        }
    )


def public_recipe(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain data that an export may carry: no path of this computer is in it."""
    data = without_paths(recipe)
    for key in ("target", "base"):
        if key in data:
            data[key] = public_reference(getattr(recipe, key))
    for name, section in recipe.specialists.items():
        data["specialists"][name]["model"] = public_reference(section.model)
    return data
