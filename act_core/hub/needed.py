"""Which files a model needs, and which of them the cache lacks; no network here."""

from __future__ import annotations

from act_core.errors import ActError
from act_core.hub.files import FileChoice, choose_files
from act_core.hub.layout import commit_folder, is_in_place
from act_core.hub.listing import Listing
from act_core.models.headers import INDEX_NAME, read_shard_names


def known_choice(listing: Listing) -> FileChoice | None:
    """What a model needs; None where its index would tell and is not in the cache.

    Raises:
        ActError: As `choose_files` and `read_shard_names`.
    """
    below = listing.name.subfolder
    folder = commit_folder(listing.name) / below
    index = f"{below}/{INDEX_NAME}" if below else INDEX_NAME
    if all(file.path != index for file in listing.files):
        return choose_files(listing)
    if not (folder / INDEX_NAME).is_file():
        return None
    return choose_files(listing, frozenset(read_shard_names(folder).values()))


def missing_files(listing: Listing) -> tuple[str, ...]:
    """Paths of what a model needs and the cache lacks.

    Raises:
        ActError: As `known_choice`.
    """
    choice = known_choice(listing)
    if choice is None:
        return (INDEX_NAME,)
    return tuple(one.path for one in choice.files if not is_in_place(listing.name, one))


def is_whole(listing: Listing) -> bool:
    """Whether a model can be used from the cache."""
    try:
        return not missing_files(listing)
    except ActError:
        return False
