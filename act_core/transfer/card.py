"""The model card of an export: what it is, what it was made of, and what was measured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from act_core import __version__
from act_core.errors import OutputError
from act_core.files import write_whole
from act_core.hub.models import public_reference
from act_core.hub.names import hub_name
from act_core.models.describe import CARD_NAME, front_matter
from act_core.models.reference import Model, split_reference
from act_core.recipe import PARTS, Part, Transfer, TuneKeep
from act_core.resources import resource_path
from act_core.strict_yaml import load_yaml
from act_core.transfer.files import LORA_FOLDER
from act_core.transfer.verify import VerificationReport

CARD_TEMPLATE = "model_card.md"
_GIVER = "specialist "
_FIGURES = re.compile(r"^## Figures\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_WRITTEN = (
    "output channels of the specialist's linear modules were written into\na copy of the target. "
    "Everything outside the mask is the target's, byte for byte."
)
_MERGED = (
    "output channels of the specialist's linear modules were written into\na copy of the target, "
    "and an adapter that was trained afterwards was merged into its linear\nmodules. Every other "
    "tensor is the target's, byte for byte."
)
_LOADED = (
    "\n\nfrom peft import PeftModel\n"
    f'model = PeftModel.from_pretrained(model, "{{}}", subfolder="{LORA_FOLDER}")'
)
_NO_FIGURES = "Nothing has been measured yet."


@dataclass(frozen=True, slots=True)
class CardModel:
    """A model that took part.

    Attributes:
        role: `target`, `base` or `specialist NAME`.
        name: Its id on the Hub, or the name of its folder.
        identity: Its commit on the Hub, or the hash of its content.
        licence: Its licence by the Hub's short name; empty where nobody says.
    """

    role: str
    name: str
    identity: str
    licence: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says.

    Attributes:
        title: Name of the export.
        models: Target first, then the base if any, then the specialists.
        abilities: Names of the abilities that were brought over.
        kept: Names of the abilities that were to stay.
        scorer: How channels were chosen.
        channels: Number of channels that moved.
        share: Of all channels.
        choices: Strength, and what happened to embeddings, norms and head.
        figures: Rows of a table, its header first; empty where nothing was measured.
        verification: What verification has found.
        strength: How far channels moved, where not all of them by the strength of the choices.
        contested: How many channels several specialists claimed, and what became of them; empty
            where one was alone.
        tuned_on: What was learned from; empty where nothing was.
        adapter: What became of an adapter that was trained afterwards; None where there is none.
        datasets: Data sets of the Hub that were calibrated on, as `owner/name`.
    """

    title: str
    models: tuple[CardModel, ...]
    abilities: tuple[str, ...]
    kept: tuple[str, ...]
    scorer: str
    channels: int
    share: float
    choices: Transfer
    figures: tuple[tuple[str, ...], ...]
    verification: VerificationReport
    strength: str = ""
    contested: str = ""
    tuned_on: str = ""
    adapter: TuneKeep | None = None
    datasets: tuple[str, ...] = ()


def card_model(role: str, model: Model) -> CardModel:
    """A model as the card names it; hashes its content where no commit is known.

    Raises:
        ReferenceNotFoundError: A file cannot be read.
    """
    parts = split_reference(public_reference(model.reference))
    names = [hub_name(part) for part in parts]
    name = "+".join(
        part if named is None else named.repo for part, named in zip(parts, names, strict=True)
    )
    if all(named is not None and named.is_pinned for named in names):
        identity = " + ".join(f"commit {named.revision}" for named in names if named is not None)
    else:
        identity = f"content {model.fingerprint()}"
    return CardModel(role, name, identity, licence_of(model.folder))


def licence_of(folder: Path) -> str:
    """The licence that a model's own card names; empty where there is none."""
    licence = front_matter(folder / CARD_NAME).get("license")
    return licence if isinstance(licence, str) and re.fullmatch(r"[\w.+-]{1,64}", licence) else ""


def model_card(facts: CardFacts) -> str:
    """The text of README.md."""
    template = Template(resource_path("templates", CARD_TEMPLATE).read_text("utf-8"))
    metadata = yaml.safe_dump(_metadata(facts), sort_keys=False, allow_unicode=True)
    roles = {model.role: _cell(model.name) for model in facts.models}
    brought = ", ".join(facts.abilities)
    givers = ", ".join(name for role, name in roles.items() if role.startswith(_GIVER))
    return template.substitute(
        metadata=metadata,
        title=facts.title,
        summary=f"{roles['target']} with {brought} from {givers}.",
        models="\n".join(_row((m.role, m.name, m.identity, m.licence)) for m in facts.models),
        version=__version__,
        written=_MERGED if facts.adapter == "merged" else _WRITTEN,
        facts="\n".join(_row(pair) for pair in _fact_rows(facts)),
        figures=_table(facts.figures) if facts.figures else _NO_FIGURES,
        verification=_verification(facts.verification),
        licence=_licence_text(facts.models),
        place=facts.title,
        adapter=_LOADED.format(facts.title) if facts.adapter == "adapter" else "",
    )


def with_figures(text: str, figures: Sequence[Sequence[str]]) -> str:
    """A card with other figures; one whose heading for them is gone stays as it is.

    Args:
        text: The card.
        figures: Rows of a table, its header first.
    """
    section = f"## Figures\n\n{_table(figures)}\n\n"
    return _FIGURES.sub(lambda _found: section, text, count=1)


def check_front_matter(text: str) -> None:
    """Refuse a card whose front matter the Hub could not read; a card may have none.

    Raises:
        OutputError: It is not closed, not valid YAML, or no mapping.
    """
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        return
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise _card_fault("begins with --- and never closes it.")
    try:
        values = load_yaml("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        raise _card_fault("holds front matter that is not valid YAML.", str(error)) from error
    if not isinstance(values, dict):
        raise _card_fault("holds front matter that is no mapping of keys to values.")


def _card_fault(fault: str, detail: str = "") -> OutputError:
    return OutputError(
        f"The model card {fault}",
        remedy="Mend the lines between the two --- at its top, or remove them.",
        detail=detail,
        title="Model card is not valid",
    )


def replace_card(folder: Path, text: str) -> None:
    """Put a new card into an export; the old one stays until the new one is whole.

    Raises:
        OutputError: It cannot be written.
    """
    write_whole(folder / CARD_NAME, text)


def _metadata(facts: CardFacts) -> dict[str, Any]:
    """Front matter that the Hub reads (huggingface.co/docs/hub/model-cards)."""
    parents = [
        part
        for model in facts.models
        for part in model.name.split("+")
        if model.role in ("target", "base") or hub_name(part) is not None
    ]
    metadata: dict[str, Any] = {
        "base_model": list(dict.fromkeys(parents)),
        "base_model_relation": "merge",
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["merge", "act-studio", "ability-transfer"],
    }
    if facts.datasets:
        metadata["datasets"] = list(facts.datasets)
    licences = {model.licence for model in facts.models}
    if len(licences) == 1 and "" not in licences:
        metadata["license"] = licences.pop()
    return metadata


def _licence_text(models: Sequence[CardModel]) -> str:
    known = {model.licence for model in models if model.licence}
    unknown = [model.name for model in models if not model.licence]
    if len(known) == 1 and not unknown:
        return f"All models that took part are under {known.pop()}."
    parts = [f"{model.name}: {model.licence}." for model in models if model.licence]
    parts += [f"{name}: its card names no licence." for name in unknown]
    return " ".join([*parts, "Check what they allow before you pass this model on."])


def _fact_rows(facts: CardFacts) -> list[tuple[str, str]]:
    choices = facts.choices
    return [
        ("brought over", ", ".join(facts.abilities)),
        ("to be kept", ", ".join(facts.kept) or "nothing named"),
        ("channels chosen by", facts.scorer),
        ("channels moved", f"{facts.channels} ({facts.share:.2%} of all)"),
        ("strength", facts.strength or f"{choices.strength:g}"),
        *_part_rows(facts),
        *([("contested channels", facts.contested)] if facts.contested else []),
        *([("tuned on", facts.tuned_on)] if facts.tuned_on else []),
    ]


def _part_rows(facts: CardFacts) -> list[tuple[str, str]]:
    """What no mask covers, by specialist where they differ; a router that is left is not named."""
    names = [m.role.removeprefix(_GIVER) for m in facts.models if m.role.startswith(_GIVER)]
    rows = []
    for part in PARTS:
        chosen = {name: _part(facts.choices.part(name, part)) for name in names}
        if part == "router" and set(chosen.values()) == {_part("leave")}:
            continue
        if len(set(chosen.values())) == 1:
            rows.append((str(part), next(iter(chosen.values()))))
        else:
            rows.append((part, "; ".join(f"{name}: {text}" for name, text in chosen.items())))
    return rows


def _part(choice: Part) -> str:
    words = {"leave": "the target's", "move": "the specialist's"}
    return words[choice] if isinstance(choice, str) else f"blended at strength {choice:g}"


def _verification(report: VerificationReport) -> str:
    rows = [
        (check.name, f"{check.count:,} {check.unit}", "passed" if check.passed else "FAILED")
        for check in report.checks
    ]
    return _table([("check", "count", "result"), *rows])


def _table(rows: Sequence[Sequence[str]]) -> str:
    rule = "| " + " | ".join("---" for _ in rows[0]) + " |"
    return "\n".join([_row(rows[0]), rule, *(_row(row) for row in rows[1:])])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    """Text that cannot break out of its cell."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;")
