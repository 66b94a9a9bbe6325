"""A checkpoint published on the Hub: what stands against it is said before anything is sent."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from act_core import __version__
from act_core.errors import ActError, CancelledByPersonError, PublishError, output_error
from act_core.events import CancelToken, EventSink, Note
from act_core.hashing import content_hash
from act_core.hub.licences import licence_of_result, troubles
from act_core.hub.names import HubName, hub_name
from act_core.hub.publish import Published, files_to_send, publish_folder, require_login
from act_core.models.describe import CARD_NAME, front_matter_of
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
_LOADING = re.compile(r'(from_pretrained\()"[^"\n]*"(?=\) for c in)')
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
        OutputError: The folder cannot be read.
        CancelledByPersonError: After a cancel.
    """
    stamp, size_bytes = _stamp(folder)
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
        PublishError: Something stands against it that was not answered.
        HubError: As `publish_folder`.
        OutputError: The folder cannot be read.
        CancelledByPersonError: After a cancel.
    """
    require_login(settings)
    if ready is None or (ready.name, ready.stamp) != (name, _stamp(folder)[0]):
        ready = check_publish(folder, name, emit=emit, token=token)
    answered = _answered(ready, answers or {})
    for objection in ready.objections:
        if objection.is_warning:
            emit(Note(f"{objection.title}: {objection.reason} {objection.remedy}", "warning"))
    card = ready.replaced[CARD_NAME].decode() + _answer_section(answered)
    return publish_folder(
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
        found = {CARD_NAME: _LOADING.sub(rf'\1"{name.repo}"', card).encode()}
        if (folder / RECIPE_NAME).is_file():
            read_provenance(folder)
            text = (folder / RECIPE_NAME).read_text("utf-8")
            found[RECIPE_NAME] = shareable_recipe(text, folder, name.repo).encode()
        if (folder / _ADAPTER_CONFIG).is_file():
            config = json.loads((folder / _ADAPTER_CONFIG).read_text("utf-8"))
            if os.path.isabs(str(config.get("base_model_name_or_path"))):
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


def _stamp(folder: Path) -> tuple[str, int]:
    """What changes with the folder, and its size in bytes."""
    try:
        facts = {path.as_posix(): (folder / path).stat() for path in files_to_send(folder)}
    except OSError as error:
        raise output_error(error, folder) from error
    rows = [[name, one.st_size, one.st_mtime_ns] for name, one in facts.items()]
    return content_hash(rows), sum(one.st_size for one in facts.values())
