"""Samples: what every candidate answered to every held-out item, kept beside the figures.

One file of JSON lines for each ability, `samples/ABILITY.jsonl`. Its first line says to which
figures it belongs, by the hash of all their inputs, and who was measured; each further line is one
item with its prompt and reference once and with an outcome for each measure and candidate:

    {"id": ..., "prompt": ..., "reference": ..., "choices": [...],
     "outcomes": {"exact": {"target": [1.0, "said"]}, "loss": {"target": [0.71]}}}

Where items are packed, losses are those of blocks, so blocks have lines of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from act_core.errors import SamplesError
from act_core.evaluate.evaluator import HeldOut, Measured, MeasureName, Results
from act_core.files import write_parts

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item with one candidate by one measure.

    Attributes:
        value: Nats per token for `loss`, else 1 where right and 0 where wrong; None where nothing
            of the item was predicted.
        said: The generated text or the chosen option; None for `loss`.
    """

    value: float | None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One held-out item (one block where packed) with all outcomes.

    Attributes:
        id: Name of the item in its source; of the first item of a block.
        prompt: What was given, without exemplars; empty for plain text.
        reference: What is right, or the text whose loss was measured.
        choices: All options, or none.
        outcomes: By measure, then candidate.
    """

    id: str
    prompt: str
    reference: str
    choices: tuple[str, ...]
    outcomes: Mapping[MeasureName, Mapping[str, Outcome]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """The samples of one ability on disk; nothing but the first line is in memory.

    Attributes:
        path: The file.
        key: Hash of everything that decides the figures that these are samples of.
        ability: Name of the ability.
        candidates: Who was measured; `target` first.
        measures: By what.
        items: Number of lines that follow.
    """

    path: Path
    key: str
    ability: str
    candidates: tuple[str, ...]
    measures: tuple[MeasureName, ...]
    items: int

    def __iter__(self) -> Iterator[Sample]:
        """The samples in the order of the draw, read as they are asked for.

        Raises:
            SamplesError: The file is gone or damaged; the number of the line is named.
        """
        return (sample for _, sample in self.placed())

    def placed(self) -> Iterator[tuple[int, Sample]]:
        """The same samples, each with the byte of the file at which its line begins.

        Raises:
            SamplesError: As when iterating.
        """
        number = 1
        try:
            with self.path.open("rb") as stream:
                offset = len(next(stream))
                for number, line in enumerate(stream, 2):
                    yield offset, _sample(line.decode(), self.path, number)
                    offset += len(line)
        except (OSError, UnicodeDecodeError, StopIteration) as error:
            raise _damaged(self.path, number, error) from error

    def at(self, offset: int) -> Sample:
        """The sample whose line begins at this byte.

        Raises:
            SamplesError: The file is gone, or was written again since.
        """
        try:
            with self.path.open("rb") as stream:
                stream.seek(offset)
                return _sample(stream.readline().decode(), self.path, 0)
        except (OSError, UnicodeDecodeError, SamplesError) as error:
            raise SamplesError(
                f"{self.path} has changed since it was listed.", remedy="List its items again."
            ) from error


def write_samples(
    path: Path, key: str, ability: str, held: HeldOut, results: Mapping[str, Results]
) -> None:
    """Write one ability's samples, whole or not at all.

    Args:
        path: The file.
        key: Hash of everything that decides the figures.
        ability: Name of the ability.
        held: What was measured.
        results: By candidate, as `Evaluator.measure` gave them.

    Raises:
        OutputError: It cannot be written.
    """
    measures = [name for place, name in next(iter(results.values())) if place == ability]
    by_block = [name for name in measures if name == "loss" and held.ability.packed]
    by_item = [name for name in measures if name not in by_block]
    count = len(held.encoded.items) * bool(by_item) + len(held.encoded.sequences) * bool(by_block)
    header = {
        "act": _FORMAT,
        "key": key,
        "ability": ability,
        "candidates": list(results),
        "measures": measures,
        "items": count,
    }

    def lines() -> Iterator[str]:
        yield json.dumps(header, ensure_ascii=False) + "\n"
        found = {name: {c: one[ability, name] for c, one in results.items()} for name in measures}
        if by_item:
            for number, facts in enumerate(_items(held)):
                yield _line(facts, number, {name: found[name] for name in by_item})
        if by_block:
            for number, facts in enumerate(_blocks(held)):
                yield _line(facts, number, {name: found[name] for name in by_block})

    write_parts(path, lines())


def open_samples(path: Path) -> SampleFile:
    """Read a file's first line.

    Raises:
        SamplesError: There is no such file, or it is damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as stream:
            header = json.loads(stream.readline())
        if header["act"] != _FORMAT or not set(header["measures"]) <= set(get_args(MeasureName)):
            raise ValueError("another format")
        return SampleFile(
            path,
            str(header["key"]),
            str(header["ability"]),
            tuple(map(str, header["candidates"])),
            tuple(header["measures"]),
            int(header["items"]),
        )
    except FileNotFoundError as error:
        raise SamplesError(
            f"{path} does not exist.", remedy="Measure with act evaluate --samples."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, 1, error) from error


def _items(held: HeldOut) -> Iterator[dict[str, Any]]:
    for item in held.encoded.items:
        yield {
            "id": item.id,
            "prompt": item.prompt,
            "reference": item.answer.strip() if item.reference is None else item.reference,
            **({"choices": list(item.choices)} if item.choices else {}),
        }


def _blocks(held: HeldOut) -> Iterator[dict[str, Any]]:
    """Every block with the items that stand in it, the first and the last maybe in part."""
    items, rows = held.encoded.items, held.encoded.sequences
    for number, row in enumerate(rows):
        last = rows[number + 1].item if number + 1 < len(rows) else len(items) - 1
        text = "\n".join(item.text for item in items[row.item : last + 1])
        yield {"id": items[row.item].id, "prompt": "", "reference": text}


def _line(
    facts: Mapping[str, Any], number: int, found: Mapping[MeasureName, Mapping[str, Measured]]
) -> str:
    outcomes = {
        name: {candidate: _outcome(one, number) for candidate, one in by_candidate.items()}
        for name, by_candidate in found.items()
    }
    text = json.dumps({**facts, "outcomes": outcomes}, ensure_ascii=False)
    # A lone surrogate, which a tokenizer may decode to, is no text.
    return text.encode("utf-8", "replace").decode() + "\n"


def _outcome(measured: Measured, number: int) -> list[float | str | None]:
    weight = float(measured.weights[number])
    value = float(f"{measured.sums[number] / weight:.6g}") if weight else None
    return [value, measured.said[number]] if measured.said else [value]


def _sample(line: str, path: Path, number: int) -> Sample:
    try:
        row = json.loads(line)
        outcomes = {
            cast("MeasureName", name): {
                str(candidate): Outcome(
                    None if one[0] is None else float(one[0]),
                    str(one[1]) if len(one) > 1 else None,
                )
                for candidate, one in by_candidate.items()
            }
            for name, by_candidate in row["outcomes"].items()
        }
        choices = tuple(map(str, row.get("choices", ())))
        return Sample(str(row["id"]), row["prompt"], row["reference"], choices, outcomes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, number, error) from error


def _damaged(path: Path, number: int, error: Exception) -> SamplesError:
    return SamplesError(
        f"Line {number} of {path} is not a sample.",
        remedy="Measure again with act evaluate --samples.",
        detail=repr(error),
    )
