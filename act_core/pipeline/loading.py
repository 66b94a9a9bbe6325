"""The Python that loads a checkpoint: from its folder, or by the name that it was published under.

What was published is remembered by the files of the folder as they were, so that another export at
the same place is not taken for it.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from act_core.errors import ActError, output_error
from act_core.hashing import content_hash
from act_core.hub.names import hub_name
from act_core.hub.publish import files_to_send
from act_core.remembered import Remembered
from act_core.transfer.files import LORA_FOLDER
from act_core.transfer.provenance import read_provenance

_published = Remembered("published.json", most=500)
_PUBLIC, _PRIVATE = "public ", "private "
_PLACE = re.compile(r'from_pretrained\("([^"\n]*)"\) for c in')


@dataclass(frozen=True, slots=True)
class Loading:
    """How a checkpoint is loaded.

    Attributes:
        lines: Two lines of Python; two more for an adapter.
        published: `owner/name`, where the lines name that; empty where they name the folder.
        public: Whether everybody may load it by that name.
    """

    lines: str
    published: str = ""
    public: bool = False


def loading_of(folder: Path) -> Loading:
    """How the checkpoint in a folder is loaded by whoever is to load it.

    Raises:
        RecipeError: Its act_recipe.yaml is missing or damaged.
    """
    said = _published.get(_key(folder)) or ""
    repo = said.removeprefix(_PUBLIC).removeprefix(_PRIVATE)
    if hub_name(repo) is None:
        return Loading(loading_lines(folder))
    return Loading(loading_lines(folder, repo), repo, said.startswith(_PUBLIC))


def loading_lines(folder: Path, repo: str = "") -> str:
    """The lines of Python that load a checkpoint.

    Args:
        folder: The checkpoint.
        repo: `owner/name` under which it was published; empty: it is loaded from the folder.

    Raises:
        RecipeError: Its act_recipe.yaml is missing or damaged.
    """
    place = json.dumps(repo or os.path.abspath(folder), ensure_ascii=False)
    lines = [
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        f"model, tokenizer = (c.from_pretrained({place}) "
        "for c in (AutoModelForCausalLM, AutoTokenizer))",
    ]
    tune = read_provenance(folder).tune
    if tune is not None and tune.keep == "adapter":
        lines += [
            "from peft import PeftModel",
            f'model = PeftModel.from_pretrained(model, {place}, subfolder="{LORA_FOLDER}")',
        ]
    return "\n".join(lines)


def with_published_name(card: str, repo: str) -> str:
    """A model card whose lines load this checkpoint by its name on the Hub.

    Where the card loads something else, such as a model that took part, it stays as it is.
    """
    places = "|".join({re.escape(place) for place in _PLACE.findall(card)})
    if not places:
        return card
    loads = rf'(from_pretrained\((?:\w+, *)?)"(?:{places})"'
    return re.sub(loads, lambda found: f'{found[1]}"{repo}"', card)


def remember_published(folder: Path, repo: str, *, public: bool) -> None:
    """Keep in mind that the files of a folder are on the Hub."""
    _published.keep(_key(folder), f"{_PUBLIC if public else _PRIVATE}{repo}")


def stamp_of(folder: Path) -> tuple[str, int]:
    """What changes with the files of a folder, and their size in bytes.

    Raises:
        OutputError: The folder cannot be read.
    """
    try:
        facts = {path.as_posix(): (folder / path).stat() for path in files_to_send(folder)}
    except OSError as error:
        raise output_error(error, folder) from error
    rows = [[name, one.st_size, one.st_mtime_ns] for name, one in facts.items()]
    return content_hash(rows), sum(one.st_size for one in facts.values())


def _key(folder: Path) -> str:
    try:
        return stamp_of(folder)[0]
    except ActError:
        return ""
