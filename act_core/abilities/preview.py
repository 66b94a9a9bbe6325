"""Abilities as a person checks them: what of every item counts, how long items are, what leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from act_core.abilities.encode import Encoded, TokenSequence, check_context, encode
from act_core.abilities.items import Item, items_of
from act_core.abilities.leaks import Leaks, find_leaks
from act_core.abilities.render import Renderer
from act_core.abilities.shots import exemplars
from act_core.abilities.sources import SplitName, read_rows
from act_core.abilities.split import Split, check_disjoint, sampled
from act_core.errors import ActError, ErrorRecord, record_of
from act_core.models.reference import Model
from act_core.models.tokenizer import load_tokenizer
from act_core.recipe import Ability, Measure

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SHOWN_ITEMS = 20
_SHOWN_TOKENS = 1024
_MOST_TOKENS_A_CHARACTER = 4
_BROKEN = "\ufffd"


@dataclass(frozen=True, slots=True)
class Piece:
    """One token as text; tokens that only together make a character share a piece.

    Attributes:
        text: What it stands for.
        counted: It counts.
        special: It is a special token, such as the end of text.
    """

    text: str
    counted: bool
    special: bool


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One item as the models are given it.

    Attributes:
        id: Its name in its source; packed, of the first item in the block.
        text: Its prompt and answer, before any chat template.
        pieces: Its tokens; of a very long item the first ones.
        length_tokens: Before the cut.
        counted_tokens: After the cut.
        cut: It lost its end.
    """

    id: str
    text: str = field(repr=False)
    pieces: tuple[Piece, ...] = field(repr=False)
    length_tokens: int
    counted_tokens: int
    cut: bool


@dataclass(frozen=True, slots=True)
class SplitPreview:
    """One split of an ability.

    Attributes:
        available_items: Items in its files.
        items: Items that were drawn.
        counted_tokens, predicted_tokens, cut_items, skipped_items: As `Encoded`.
        lengths: Tokens of every drawn item before the cut, skipped ones included.
        total_tokens: Tokens of all sequences.
        shown: The first drawn items.
    """

    available_items: int
    items: int
    counted_tokens: int
    predicted_tokens: int
    cut_items: int
    skipped_items: int
    lengths: tuple[int, ...] = field(repr=False)
    total_tokens: int
    shown: tuple[ShownItem, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """An ability as a run would use it.

    Attributes:
        calibration, heldout: Its splits.
        measures: What its held-out items can be measured by.
        fields: Names of the fields that rows have, for templates.
        leaks: How much of its held-out items is found in other data.
        leak: Why its splits must not be used: an item calibrates and measures at once.
    """

    calibration: SplitPreview
    heldout: SplitPreview
    measures: tuple[Measure, ...]
    fields: tuple[str, ...]
    leaks: Leaks
    leak: ErrorRecord | None = None


def previews(
    target: Model, abilities: Mapping[str, Ability], seed: int
) -> dict[str, Preview | ErrorRecord]:
    """Encode every ability as a run would; one that cannot be used is its error.

    Args:
        target: Its tokenizer encodes.
        abilities: By name.
        seed: The recipe's.

    Raises:
        ActError: The target's tokenizer cannot be loaded.
    """
    tokenizer = load_tokenizer(target)
    splits: dict[str, Split] = {}
    found: dict[str, Preview | ErrorRecord] = {}
    fields: dict[str, tuple[str, ...]] = {}
    for name, ability in abilities.items():
        try:
            splits[name], fields[name] = _read(ability)
        except ActError as error:
            found[name] = error.record()
    leaks = find_leaks(splits)
    for name, split in splits.items():
        leak = _leak(name, splits)
        try:
            made = _previewed(abilities[name], split, tokenizer, seed)
            check_context(name, made[0][1], target.shape.context)
            check_context(name, made[1][1], target.shape.context)
            views = [view for view, _ in made]
            measures = _measures(split.heldout, made[1][1])
            found[name] = Preview(views[0], views[1], measures, fields[name], leaks[name], leak)
        except ActError as error:
            found[name] = error.record()
    return {name: found[name] for name in abilities}


def preview(
    target: Model, abilities: Mapping[str, Ability], name: str, seed: int
) -> Preview | ErrorRecord:
    """One ability of several, checked against all of them; as `previews`."""
    return previews(target, abilities, seed)[name]


def _read(ability: Ability) -> tuple[Split, tuple[str, ...]]:
    """All items of an ability, and the names of the fields of their rows."""
    items: list[tuple[Item, ...]] = []
    fields: dict[str, None] = {}
    splits: tuple[SplitName, ...] = ("calibration", "heldout")
    for split, sources in zip(splits, (ability.calibration, ability.heldout), strict=True):
        rows = [row for source in sources for row in read_rows(source, split)]
        fields |= {str(key): None for row in rows for key in row}
        items.append(items_of(rows, ability.template))
    return Split(items[0], items[1], exemplars(ability)), tuple(fields)


def _leak(name: str, splits: Mapping[str, Split]) -> ErrorRecord | None:
    """What an ability shares with any other or within itself, as `check_disjoint` says it."""
    own = splits[name]
    measured = {other: Split(split.calibration, (), split.shots) for other, split in splits.items()}
    measured[name] = own
    calibrating = {other: Split((), split.heldout) for other, split in splits.items()}
    calibrating[name] = own
    try:
        check_disjoint(measured)
        check_disjoint(calibrating)
    except ActError as error:
        return record_of(error)
    return None


def _measures(items: Sequence[Item], encoded: Encoded) -> tuple[Measure, ...]:
    """What the evaluation can measure on all of these items."""
    can: dict[Measure, bool] = {
        "loss": encoded.predicted_tokens > 0,
        "exact": all(item.prompt and item.reference is not None for item in items),
        "choice": all(item.correct is not None for item in items),
        "label": all(item.correct is not None for item in items),
    }
    return tuple(measure for measure, possible in can.items() if possible)


def _previewed(
    ability: Ability, split: Split, tokenizer: PreTrainedTokenizerBase, seed: int
) -> tuple[tuple[SplitPreview, Encoded], tuple[SplitPreview, Encoded]]:
    calibration = encode(
        split.calibration, tokenizer, ability, seed=seed, limit_tokens=ability.calibration_tokens
    )
    heldout = encode(
        split.heldout, tokenizer, ability, seed=seed, limit_items=ability.heldout_items
    )
    viewer = _Viewer(tokenizer, ability, seed)
    return (
        (viewer.view(split.calibration, calibration), calibration),
        (viewer.view(split.heldout, heldout), heldout),
    )


class _Viewer:
    """Turns encoded splits of one ability into what a person is shown."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, ability: Ability, seed: int) -> None:
        self._tokenizer, self._ability, self._seed = tokenizer, ability, seed
        self._renderer = Renderer(tokenizer, ability)
        self._special = set(tokenizer.all_special_ids)

    def view(self, items: Sequence[Item], encoded: Encoded) -> SplitPreview:
        # `encode` draws in this order until it has enough.
        drawn = sampled(items, self._seed)[: len(encoded.items) + encoded.skipped_items]
        return SplitPreview(
            available_items=len(items),
            items=len(encoded.items),
            counted_tokens=encoded.counted_tokens,
            predicted_tokens=encoded.predicted_tokens,
            cut_items=encoded.cut_items,
            skipped_items=encoded.skipped_items,
            lengths=tuple(self._length(item) for item in drawn),
            total_tokens=sum(len(row.ids) for row in encoded.sequences),
            shown=tuple(
                self._shown(encoded.items[row.item], row)
                for row in encoded.sequences[:_SHOWN_ITEMS]
            ),
        )

    def _length(self, item: Item) -> int:
        return len(self._renderer.whole(item)[0])

    def _shown(self, item: Item, row: TokenSequence) -> ShownItem:
        begin = row.ids[:_SHOWN_TOKENS].tolist()
        pieces = tuple(
            Piece(text, bool(row.counted[last]), begin[last] in self._special)
            for text, last in _texts(begin, self._tokenizer)
        )
        length = len(row.ids) if self._ability.packed else self._length(item)
        return ShownItem(
            id=item.id,
            text=item.text,
            pieces=pieces,
            length_tokens=length,
            counted_tokens=int(np.count_nonzero(row.counted)),
            cut=length > len(row.ids),
        )


def _texts(ids: list[int], tokenizer: PreTrainedTokenizerBase) -> Iterator[tuple[str, int]]:
    """What each token adds to the text, with the place of the last token that it took.

    A token is decoded behind the one before it, for many tokenizers drop the space of a first
    token; and bytes of one character are held back until it is whole.
    """

    def text(begin: int, end: int) -> str:
        part = ids[begin:end]
        return str(
            tokenizer.decode(part, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        )

    before = first = 0
    for end in range(1, len(ids) + 1):
        lead, whole = text(before, first), text(before, end)
        is_part = whole.endswith(_BROKEN) and end - first < _MOST_TOKENS_A_CHARACTER
        if is_part and end < len(ids):
            continue
        yield whole[len(lead) :], end - 1
        before, first = first, end
