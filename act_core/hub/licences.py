"""What the licences of models ask of a model that is made of them; a help, and no legal advice.

Names are the Hub's short ones (huggingface.co/docs/hub/repositories-licenses). The rules are those
that the licences state plainly: CC BY-ND lets nobody pass on what was changed; share-alike wants
the same licence for it, so two such licences, or one with a ban of commercial use, exclude each
other; Llama 2 and 3 may not improve models of others, and from Llama 3 on names begin with Llama.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["permissive", "terms", "non-commercial", "share-alike", "no-derivatives"]
Problem = Literal["licence", "licences", "name", "unknown licence"]

_PERMISSIVE = (
    "apache-2.0 mit bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 isc zlib ncsa "
    "artistic-2.0 afl-3.0 ecl-2.0 postgresql unlicense wtfpl pddl cc0-1.0 cc-by-2.0 cc-by-2.5 "
    "cc-by-3.0 cc-by-4.0 odc-by cdla-permissive-1.0 cdla-permissive-2.0 etalab-2.0 ms-pl "
    "openmdw-1.0"
).split()
_SHARE_ALIKE = (
    "cc-by-sa-3.0 cc-by-sa-4.0 gpl gpl-2.0 gpl-3.0 agpl-3.0 lgpl lgpl-2.1 lgpl-3.0 mpl-2.0 "
    "epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 osl-3.0 odbl gfdl cdla-sharing-1.0"
).split()
_NON_COMMERCIAL = (
    "cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 "
    "apple-amlr intel-research h-research fair-noncommercial-research-license"
).split()
_NO_DERIVATIVES = "cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0".split()
_LLAMA = (
    "add a copy of its licence, write Built with Llama on the page, and begin the name with Llama"
)
_PASS_ON = "pass its terms and its limits of use on to whoever gets the model"
_TERMS = {
    "llama2": "add a copy of its licence and its notice",
    **dict.fromkeys(("llama3", "llama3.1", "llama3.2", "llama3.3", "llama4"), _LLAMA),
    **dict.fromkeys(
        (
            "gemma", "openrail", "openrail++", "bigscience-openrail-m", "creativeml-openrail-m",
            "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "deepfloyd-if-license",
        ),
        _PASS_ON,
    ),
}  # fmt: skip
_ALONE = ("llama2", "llama3")
_ASKS: dict[Kind, str] = {
    "permissive": "keep its notice",
    "share-alike": "pass the model on under the same licence",
    "non-commercial": "let nobody use the model commercially",
    "no-derivatives": "not pass on what was changed",
}


@dataclass(frozen=True, slots=True)
class Licence:
    """A known licence.

    Attributes:
        name: The Hub's short name.
        kind: What matters about it here.
        asks: What it asks of whoever passes on a model that was made of one under it.
    """

    name: str
    kind: Kind
    asks: str

    @property
    def shares_alike(self) -> bool:
        """Whether it wants itself for what is made of it."""
        return self.kind == "share-alike" or "-sa-" in self.name


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a model may not be passed on as it is.

    Attributes:
        kind: `licence`: one forbids it; `licences`: two exclude each other; `name`: one asks for
            another name; `unknown licence` is a warning.
        reason, remedy: For people.
    """

    kind: Problem
    reason: str
    remedy: str


def licence_of_name(name: str) -> Licence | None:
    """The licence of a short name; None where it is not known."""
    kinds: tuple[tuple[Kind, list[str]], ...] = (
        ("permissive", _PERMISSIVE),
        ("share-alike", _SHARE_ALIKE),
        ("non-commercial", _NON_COMMERCIAL),
        ("no-derivatives", _NO_DERIVATIVES),
    )
    name = name.strip().lower()
    for kind, names in kinds:
        if name in names:
            return Licence(name, kind, _ASKS[kind])
    return Licence(name, "terms", _TERMS[name]) if name in _TERMS else None


def licence_of_result(ingredients: Mapping[str, str]) -> str:
    """The short name that a model made of others should bear; empty where nobody can tell.

    Args:
        ingredients: Short names by model; empty where a model states none.
    """
    known = {licence.name: licence for licence in _known(ingredients).values()}
    if len(known) < len(set(ingredients.values())):
        return ""
    binding = [one for one in known.values() if one.kind != "permissive"]
    if len(known) == 1 or len(binding) == 1:
        return (binding or list(known.values()))[0].name
    if not binding:
        return "apache-2.0" if "apache-2.0" in known else "other"
    return next((one.name for one in binding if one.shares_alike), "other")


def troubles(ingredients: Mapping[str, str], stated: str, name: str) -> tuple[Trouble, ...]:
    """What stands against passing on a model that was made of others.

    Args:
        ingredients: Short names of licences by model; empty where a model states none.
        stated: What the card of the result says; may be empty.
        name: The result's name, without its owner.
    """
    known = _known(ingredients)
    return (
        *_forbidden(known),
        *_excluded(known),
        *_weakened(known, stated),
        *_named(known, name),
        *_unknown(ingredients, known),
    )


def _known(ingredients: Mapping[str, str]) -> dict[str, Licence]:
    found = {model: licence_of_name(name) for model, name in ingredients.items()}
    return {model: licence for model, licence in found.items() if licence is not None}


def _forbidden(known: Mapping[str, Licence]) -> Iterator[Trouble]:
    for model, licence in known.items():
        if licence.kind == "no-derivatives":
            yield Trouble(
                "licence",
                f"{model} is under {licence.name}, which lets nobody pass on what was changed.",
                "Use another model, or ask its owners for leave.",
            )


def _excluded(known: Mapping[str, Licence]) -> Iterator[Trouble]:
    """Each two models whose licences cannot both be kept."""
    models = list(known)
    for place, one in enumerate(models):
        for other in models[place + 1 :]:
            why = _clash(known[one], known[other])
            if why:
                yield Trouble(
                    "licences",
                    f"{one} is under {known[one].name} and {other} under {known[other].name}: "
                    f"{why}.",
                    "Use models whose licences go together, or ask the owners for leave.",
                )


def _clash(one: Licence, other: Licence) -> str:
    """Why two licences exclude each other; empty where they do not."""
    if "no-derivatives" in (one.kind, other.kind) or _family(one) == _family(other):
        return ""
    if one.shares_alike and other.shares_alike:
        return "each wants the result under itself"
    for sharing, limiting in ((one, other), (other, one)):
        if sharing.kind == "share-alike" and limiting.kind in ("non-commercial", "terms"):
            return f"{sharing.name} wants the result under itself, without further limits"
        if sharing.name in _ALONE and limiting.kind == "terms":
            return f"{sharing.name} may not be used to improve models of others"
    return ""


def _family(licence: Licence) -> str:
    """Versions of one licence, and those that say of themselves that they go together."""
    if licence.name.startswith(("gpl", "agpl", "lgpl", "mpl")):
        return "gpl"
    if licence.name == "cc-by-nc-4.0" or licence.name.startswith("cc-by-nc-sa"):
        return "cc-by-nc"
    return re.sub(r"-?\d[\d.]*$", "", licence.name)


def _weakened(known: Mapping[str, Licence], stated: str) -> Iterator[Trouble]:
    """Models whose licence asks for more than the one that the result is to bear."""
    result = licence_of_name(stated)
    if result is None or stated == "other":
        return
    for model, licence in known.items():
        if licence.kind not in ("terms", "non-commercial", "share-alike"):
            continue
        both_limit = licence.kind == result.kind == "non-commercial" and not licence.shares_alike
        if _family(licence) != _family(result) and not both_limit:
            yield Trouble(
                "licence",
                f"The card says {stated}, but {model} is under {licence.name}: you have to "
                f"{licence.asks}.",
                f"Write license: {licence.name} into the card's front matter, or license: other "
                "with the terms in its text.",
            )


def _named(known: Mapping[str, Licence], name: str) -> Iterator[Trouble]:
    asking = next((m for m, one in known.items() if one.asks == _LLAMA), None)
    if asking is not None and not name.lower().startswith("llama"):
        yield Trouble(
            "name",
            f"{asking} is under {known[asking].name}, which asks that names begin with Llama.",
            f"Publish it as Llama-{name}.",
        )


def _unknown(ingredients: Mapping[str, str], known: Mapping[str, Licence]) -> Iterator[Trouble]:
    for model, name in ingredients.items():
        if model not in known:
            what = f"is under {name}, which this program does not know" if name else "names none"
            yield Trouble(
                "unknown licence",
                f"{model} {what}; whether its licence allows this, nobody has checked.",
                "Read its page before you publish.",
            )
