"""A checkpoint published on the Hub: what stands against it is said before anything is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from act_core import __version__
from act_core.cancel import CancelToken
from act_core.errors import ActError, CancelledByPersonError, PublishError, output_error
from act_core.events import EventSink, Note
from act_core.hub.licences import licence_of_result, troubles
from act_core.hub.names import HubName, hub_name
from act_core.hub.publish import Published, publish_folder, require_login
from act_core.models.describe import CARD_NAME, front_matter_of
from act_core.pipeline.loading import remember_published, stamp_of, with_published_name
from act_core.pipeline.publish_scan import find_leaks, shareable_recipe
from act_core.pipeline.publish_sources import Ingredient, ingredients, licences_of
from act_core.redact import redacted
from act_core.settings import HubSettings
from act_core.transfer.files import LORA_FOLDER, RECIPE_NAME
from act_core.transfer.provenance import read_provenance
from act_core.transfer.verify import verify_folder

Key = Literal[
    "unverified", "licence", "licences", "name", "card-licence", "card-base", "secret", "path",
    "unknown licence",
]  # fmt: skip
_ADAPTER_CONFIG = f"{LORA_FOLDER}/adapter_config.json"
_ANSWERS = "## Published all the same"
_TITLES: dict[Key, str] = {
    "unverified": "The checkpoint is not verified",
    "licence": "A licence does not allow it",
    "licences": "Licences exclude each other",
    "name": "A licence asks for another name",
    "card-licence": "The card names no licence",
    "card-base": "The card does not name its base models",
    "secret": "A file holds a secret",
    "path": "A file names a place on this computer",
    "unknown licence": "A licence is not known",
}
SHORTEST_ANSWER = 10


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against publishing.

    Attributes:
        key: Which reason; a sentence of the person's can answer it.
        title: In a few words.
        reason, remedy: For people.
    """

    key: Key
    title: str
    reason: str
    remedy: str

    @property
    def is_warning(self) -> bool:
        """Whether it need not be answered."""
        return self.key == "unknown licence"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a publication would send, and what stands against it.

    Attributes:
        folder: The checkpoint.
        name: Where to.
        objections: Refusals, then warnings.
        replaced: Content by path that is sent in place of what lies in the folder: the card, and
            files without paths of this computer.
        size_bytes: Of all files.
        stamp: Of the folder as it was looked at.
    """

    folder: Path
    name: HubName
    objections: tuple[Objection, ...]
    replaced: Mapping[str, bytes]
    size_bytes: int
    stamp: str

    @property
    def refusals(self) -> tuple[Objection, ...]:
        """Those that have to be mended or answered."""
        return tuple(objection for objection in self.objections if not objection.is_warning)


def check_publish(folder: Path, name: HubName, *, emit: EventSink, token: CancelToken) -> Readiness:
    """Verify a checkpoint and look at its card, licences and files; nothing is sent.

    Args:
        folder: A checkpoint that a transfer has written.
        name: Where it would be published.
        emit: Stage `verify`, in bytes.
        token: Ends it within a fraction of a second.

    Raises:
        PublishError: The name is that of a part of a repository.
        OutputError: The folder cannot be read.
        CancelledByPersonError: After a cancel.
    """
    _require_whole(name)
    stamp, size_bytes = stamp_of(folder)
    replaced = _replaced(folder, name)
    card = replaced[CARD_NAME].decode()
    made_of = ingredients(folder)
    objections = [
        *_unverified(folder, emit, token),
        *_licence_objections(made_of, card, name),
        *_card_objections(made_of, card),
        *_leak_objections(folder, replaced, token),
    ]
    objections.sort(key=lambda objection: objection.is_warning)
    return Readiness(folder, name, tuple(objections), replaced, size_bytes, stamp)


def publish_to_hub(
    settings: HubSettings,
    folder: Path,
    name: HubName,
    *,
    public: bool = False,
    answers: Mapping[Key, str] | None = None,
    ready: Readiness | None = None,
    emit: EventSink,
    token: CancelToken,
) -> Published:
    """Publish a checkpoint; after a failure or a cancel, the same call goes on.

    Args:
        settings: The way to the Hub.
        folder: A checkpoint that a transfer has written; it is left as it is.
        name: Where to.
        public: Whether everybody may see it.
        answers: Why it is published all the same, a sentence for each refusal; they go into the
            card.
        ready: What `check_publish` found; looked at anew where the folder has changed since.
        emit: Stages `verify`, `hash` and `upload`, in bytes.
        token: Ends it within 2 seconds.

    Raises:
        PublishError: Something stands against it that was not answered, or the name is that of a
            part of a repository.
        HubError: As `publish_folder`.
        OutputError: The folder cannot be read.
        CancelledByPersonError: After a cancel.
    """
    _require_whole(name)
    require_login(settings)
    if ready is None or (ready.name, ready.stamp) != (name, stamp_of(folder)[0]):
        ready = check_publish(folder, name, emit=emit, token=token)
    answered = _answered(ready, answers or {})
    for objection in ready.objections:
        if objection.is_warning:
            emit(Note(f"{objection.title}: {objection.reason} {objection.remedy}", "warning"))
    card = ready.replaced[CARD_NAME].decode() + _answer_section(answered)
    published = publish_folder(
        settings,
        folder,
        name,
        public=public,
        replaced={**ready.replaced, CARD_NAME: card.encode()},
        mark=RECIPE_NAME,
        message=f"Publish with ACT Studio {__version__}",
        emit=emit,
        token=token,
    )
    remember_published(folder, name.repo, public=public)
    return published


def _require_whole(name: HubName) -> None:
    if str(name) != name.repo:
        raise PublishError(
            f"{name} names a revision or a folder; a checkpoint is published as a whole "
            "repository, whose main branch shows it.",
            remedy=f"Publish as {name.repo}, or under another name.",
        )


def _answered(ready: Readiness, answers: Mapping[Key, str]) -> list[tuple[Objection, str]]:
    """Every refusal with its answer."""
    said = {key: redacted(" ".join(text.split())) for key, text in answers.items()}
    left = [one for one in ready.refusals if len(said.get(one.key, "")) < SHORTEST_ANSWER]
    if left:
        keys = dict.fromkeys(one.key for one in left)
        raise PublishError(
            "\n".join(f"{one.title}: {one.reason}" for one in left),
            remedy="\n".join(dict.fromkeys(one.remedy for one in left))
            + f"\nOr say in a sentence why it is published all the same ({', '.join(keys)}); it "
            "goes into the card.",
        )
    return [(one, said[one.key]) for one in ready.refusals]


def _answer_section(answered: list[tuple[Objection, str]]) -> str:
    if not answered:
        return ""
    rows = (f"- {one.title}. {one.reason}\n  The publisher says: {text}" for one, text in answered)
    return "\n".join(["", _ANSWERS, "", *rows, ""])


def _replaced(folder: Path, name: HubName) -> dict[str, bytes]:
    """What is sent otherwise than it lies there."""
    try:
        card = (folder / CARD_NAME).read_text("utf-8") if (folder / CARD_NAME).exists() else ""
        found = {CARD_NAME: with_published_name(card, name.repo).encode()}
        apart = False
        if (folder / RECIPE_NAME).is_file():
            tune = read_provenance(folder).tune
            apart = tune is not None and tune.keep == "adapter"
            text = (folder / RECIPE_NAME).read_text("utf-8")
            found[RECIPE_NAME] = shareable_recipe(text, folder, name.repo).encode()
        if (folder / _ADAPTER_CONFIG).is_file():
            config = json.loads((folder / _ADAPTER_CONFIG).read_text("utf-8"))
            base = str(config.get("base_model_name_or_path"))
            if os.path.isabs(base) or (apart and hub_name(base) is None):
                config["base_model_name_or_path"] = name.repo
                found[_ADAPTER_CONFIG] = (json.dumps(config, indent=1) + "\n").encode()
    except OSError as error:
        raise output_error(error, folder) from error
    except (ActError, ValueError, AttributeError):
        pass  # a damaged file is told by the verification
    return found


def _unverified(folder: Path, emit: EventSink, token: CancelToken) -> Iterator[Objection]:
    try:
        verify_folder(folder, answer=False, emit=emit, cancel=token)
    except CancelledByPersonError:
        raise
    except ActError as error:
        yield _objection("unverified", f"{error.title}: {error.reason}", error.remedy)


def _licence_objections(
    made_of: tuple[Ingredient, ...], card: str, name: HubName
) -> Iterator[Objection]:
    stated = front_matter_of(card).get("license")
    for one in troubles(licences_of(made_of), str(stated or ""), name.repo.partition("/")[2]):
        yield _objection(one.kind, one.reason, one.remedy)


def _card_objections(made_of: tuple[Ingredient, ...], card: str) -> Iterator[Objection]:
    front = front_matter_of(card)
    if not isinstance(front.get("license"), str):
        fitting = licence_of_result(licences_of(made_of))
        yield _objection(
            "card-licence",
            "Nobody would know what they may do with it.",
            f"Write license: {fitting or 'other'} between the two --- at the top of {CARD_NAME}.",
        )
    listed = front.get("base_model")
    bases = [str(base) for base in listed] if isinstance(listed, list) else [str(listed or "")]
    unknown = [base for base in bases if hub_name(base) is None]
    absent = [one.name for one in made_of if one.on_hub and one.name not in bases]
    if unknown or absent:
        what = f"{unknown[0] or 'An empty name'} is no model on the Hub" if unknown else ""
        missing = f"{', '.join(absent)} took part and {'is' if len(absent) == 1 else 'are'} not "
        yield _objection(
            "card-base",
            f"{what}." if what else f"{missing}named.",
            f"Write base_model with names as owner/name between the two --- at the top of "
            f"{CARD_NAME}.",
        )


def _leak_objections(
    folder: Path, replaced: Mapping[str, bytes], token: CancelToken
) -> Iterator[Objection]:
    for leak in find_leaks(folder, replaced, token):
        if leak.kind == "secret":
            reason = f"{leak.place}, looks like a token, a key or a password."
            remedy = f"Remove it from {leak.path}; if it was real, withdraw it where it was made."
        else:
            reason = f"{leak.place}, names a folder that tells of you or your computer."
            remedy = f"Remove it from {leak.path}, or from the target and transfer again."
        yield _objection(leak.kind, reason, remedy)


def _objection(key: Key, reason: str, remedy: str) -> Objection:
    return Objection(key, _TITLES[key], reason, remedy)
