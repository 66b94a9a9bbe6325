"""Samples as a list to browse: short rows of those that are asked for, whole ones on demand.

A list holds a line's place in the file and what a table shows of it, so that many thousands of
items with long prompts cost little memory; `SampleFile.at` reads one of them whole.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from act_core.evaluate.browse import Only, change_of, is_only, shortened
from act_core.evaluate.evaluator import MeasureName
from act_core.evaluate.samples import Outcome, Sample, SampleFile
from act_core.files import write_parts


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which samples, and what of them.

    Attributes:
        measure: By which measure.
        candidate: Whose answers.
        against: Whose answers they are compared with.
        shown: Whose outcomes stand in a row.
        only: As `browse.changes`; None for every item.
        search: Text that stands in the prompt, the reference or a shown answer, whatever its case;
            empty: any.
    """

    measure: MeasureName
    candidate: str
    against: str
    shown: tuple[str, ...]
    only: Only | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a list.

    Attributes:
        offset: Byte of the file at which it begins.
        id: Name of the item in its source.
        prompt: End of the prompt.
        reference: Beginning of what is right, or of the text whose loss was measured.
        outcomes: One of each shown candidate, with the beginnings of long answers.
    """

    offset: int
    id: str
    prompt: str
    reference: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Items that were asked for; losses by the largest change, else in their order.

    Attributes:
        file: Where they stand.
        wanted: What was asked for.
        rows: One an item.
        items: How many were looked at.
    """

    file: SampleFile
    wanted: Wanted
    rows: tuple[Row, ...] = field(repr=False)
    items: int


def list_samples(file: SampleFile, wanted: Wanted) -> Listing:
    """Read a file through. Some tenths of a second for 5,000 items and eight candidates.

    Raises:
        SamplesError: The file is gone or damaged.
    """
    found: list[tuple[float, Row]] = []
    looked = 0
    search = wanted.search.casefold()
    for offset, sample in file.placed():
        change = change_of(sample, wanted.measure, wanted.candidate, wanted.against)
        if change is None:
            continue
        looked += 1
        if wanted.only is not None and not is_only(wanted.only, change, wanted.measure):
            continue
        if search and not _holds(sample, wanted, search):
            continue
        found.append((abs(change.amount), _row(offset, sample, wanted)))
    if wanted.measure == "loss":
        found.sort(key=lambda one: one[0], reverse=True)
    return Listing(file, wanted, tuple(row for _, row in found), looked)


def export_listing(listing: Listing, path: Path) -> None:
    """Write the listed items with their whole texts, as CSV or as JSON lines, by the ending.

    Raises:
        SamplesError: The file of samples has changed since.
        OutputError: It cannot be written.
    """
    wanted, ability = listing.wanted, listing.file.ability
    names = tuple(dict.fromkeys((wanted.against, wanted.candidate, *wanted.shown)))
    facts = (
        sample_facts(ability, wanted.measure, listing.file.at(row.offset), names)
        for row in listing.rows
    )
    if path.suffix.lower() == ".csv":
        write_parts(path, _csv(facts, names))
    else:
        write_parts(path, (json.dumps(one, ensure_ascii=False) + "\n" for one in facts))


def sample_facts(
    ability: str, measure: MeasureName, sample: Sample, names: Sequence[str]
) -> dict[str, Any]:
    """One item with the outcomes of these candidates as plain data."""
    outcomes = sample.outcomes.get(measure, {})
    known = {name: outcomes[name] for name in names if name in outcomes}
    return {
        "ability": ability,
        "measure": measure,
        "id": sample.id,
        "prompt": sample.prompt,
        "reference": sample.reference,
        **({"choices": list(sample.choices)} if sample.choices else {}),
        "answers": {name: {"value": one.value, "said": one.said} for name, one in known.items()},
    }


def _holds(sample: Sample, wanted: Wanted, search: str) -> bool:
    outcomes = sample.outcomes[wanted.measure]
    said = (outcomes[name].said or "" for name in wanted.shown if name in outcomes)
    texts = (sample.id, sample.prompt, sample.reference, *sample.choices, *said)
    return any(search in text.casefold() for text in texts)


def _row(offset: int, sample: Sample, wanted: Wanted) -> Row:
    outcomes = sample.outcomes[wanted.measure]
    return Row(
        offset,
        sample.id,
        shortened(sample.prompt, end=True),
        shortened(sample.reference),
        tuple(_short(outcomes.get(name, Outcome(None))) for name in wanted.shown),
    )


def _short(outcome: Outcome) -> Outcome:
    return Outcome(outcome.value, None if outcome.said is None else shortened(outcome.said))


def _csv(facts: Iterator[dict[str, Any]], names: Sequence[str]) -> Iterator[str]:
    """A row an item; of each candidate its value and what it said."""
    columns = ("ability", "measure", "id", "prompt", "reference")
    heads = [f"{name} {what}" for name in names for what in ("value", "said")]
    yield _line([*columns, "choices", *heads])
    for one in facts:
        cells = [one[column] for column in columns]
        cells.append("\n".join(one.get("choices", ())))
        for name in names:
            answer = one["answers"].get(name, {})
            cells += [answer.get("value"), answer.get("said")]
        yield _line(cells)


def _line(cells: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
