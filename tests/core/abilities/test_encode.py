"""Encoded abilities: right ids, right counted tokens, whatever the tokenizer adds by itself."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from act_core.abilities.batches import batches
from act_core.abilities.encode import Encoded, check_vocabulary, encode
from act_core.abilities.items import Item, Message
from act_core.errors import AbilityDataError
from act_core.recipe import Ability, Source, Template
from tests.core.tiny import tiny_tokenizer

BOS, EOS = 1, 2
ITEMS = tuple(Item(f"i{n}", f"add {n}+{n}=", str(2 * n)) for n in range(40))


def ability(**settings: object) -> Ability:
    source = (Source(builtin="plain-en"),)
    return Ability.model_validate({"calibration": source, "heldout": source, **settings})


def with_beginning() -> PreTrainedTokenizerFast:
    """As Llama's: a token at the beginning is put there by the tokenizer itself."""
    tokenizer = tiny_tokenizer()
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", BOS)]
    )
    return tokenizer


def subwords() -> PreTrainedTokenizerFast:
    """A byte-level BPE that merges across the border of prompt and answer."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<end>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["Answer: the unbelievable answer is seven"] * 9, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")


def counted_text(encoded: Encoded, tokenizer: PreTrainedTokenizerFast, number: int = 0) -> str:
    row = encoded.sequences[number]
    return str(tokenizer.decode(row.ids[row.counted].tolist()))


def test_answer_and_end_are_counted() -> None:
    tokenizer = tiny_tokenizer()
    encoded = encode(ITEMS, tokenizer, ability(), seed=0, limit_items=5)
    for row in encoded.sequences:
        item = encoded.items[row.item]
        assert tokenizer.decode(row.ids.tolist()) == f"{item.prompt}{item.answer}<eos>"
        assert tokenizer.decode(row.ids[row.counted].tolist()) == f"{item.answer}<eos>"
    lengths = [len(item.answer) + 1 for item in encoded.items]
    assert encoded.counted_tokens == encoded.predicted_tokens == sum(lengths)


def test_all_counts_everything_but_the_first_is_never_predicted() -> None:
    encoded = encode(ITEMS, tiny_tokenizer(), ability(counted="all"), seed=0, limit_items=5)
    assert all(row.counted.all() for row in encoded.sequences)
    assert encoded.predicted_tokens == encoded.counted_tokens - 5


@pytest.mark.parametrize("text", ["plain text", " begins with a space"])
def test_text_without_prompt_is_counted_whole(text: str) -> None:
    tokenizer = with_beginning()
    item = (Item("t", "", text),)
    everything = encode(item, tokenizer, ability(), seed=0, limit_items=1)
    assert everything.sequences[0].ids[0] == BOS
    assert everything.sequences[0].counted.all()
    answer = encode(item, tokenizer, ability(counted="answer"), seed=0, limit_items=1)
    assert counted_text(answer, tokenizer) == text + "<eos>"


def test_beginning_comes_once_and_only_where_the_tokenizer_puts_it() -> None:
    for tokenizer, expected in ((with_beginning(), 1), (tiny_tokenizer(), 0)):
        row = encode(ITEMS, tokenizer, ability(), seed=0, limit_items=1).sequences[0]
        assert np.count_nonzero(row.ids == BOS) == expected
        assert not row.counted[: 4 + expected].any()


def test_token_over_the_border_belongs_to_the_answer() -> None:
    tokenizer = subwords()
    item = (Item("b", "Answer: the un", "believable"),)
    encoded = encode(item, tokenizer, ability(), seed=0, limit_items=1)
    ids = encoded.sequences[0].ids.tolist()
    assert ids[:-1] == tokenizer("Answer: the unbelievable")["input_ids"]
    assert "believable" in counted_text(encoded, tokenizer)


def test_chat_counts_the_last_turn_and_its_close() -> None:
    tokenizer = tiny_tokenizer()
    turns = (("user", "Hi"), ("assistant", "Yes?"), ("user", "Bye"), ("assistant", "So long."))
    item = Item("c", "plain", " form", messages=tuple(Message(*turn) for turn in turns))
    encoded = encode((item,), tokenizer, ability(), seed=0, limit_items=1)
    expected = tokenizer.apply_chat_template(
        [{"role": role, "content": content} for role, content in turns], tokenize=False
    )
    assert tokenizer.decode(encoded.sequences[0].ids.tolist()) == expected
    assert counted_text(encoded, tokenizer) == "So long.<eos>"


def test_chat_without_a_template_falls_back_or_is_refused() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = None
    item = Item("c", "User: Hi\n\nAssistant:", " Yes", messages=(Message("assistant", "Yes"),))
    encoded = encode((item,), tokenizer, ability(), seed=0, limit_items=1)
    assert counted_text(encoded, tokenizer) == " Yes<eos>"
    with pytest.raises(AbilityDataError, match="the model has none"):
        encode((item,), tokenizer, ability(template=Template(chat=True)), seed=0, limit_items=1)


def test_chat_that_the_template_refuses() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = "{{ raise_exception('no system role') }}"
    item = Item("odd", "p", "a", messages=(Message("user", "p"), Message("assistant", "a")))
    with pytest.raises(AbilityDataError, match="refuses item odd"):
        encode((item,), tokenizer, ability(), seed=0, limit_items=1)


def test_limit_of_tokens_is_reached_with_the_last_item_whole() -> None:
    encoded = encode(ITEMS, tiny_tokenizer(), ability(), seed=3, limit_tokens=20)
    without_last = encoded.counted_tokens - np.count_nonzero(encoded.sequences[-1].counted)
    assert without_last < 20 <= encoded.counted_tokens
    assert encode(
        ITEMS, tiny_tokenizer(), ability(), seed=3, limit_tokens=10**9
    ).counted_tokens == sum(len(item.answer) + 1 for item in ITEMS)


def test_draw_and_fingerprint_follow_the_seed_and_the_content() -> None:
    def fingerprint(seed: int, **settings: object) -> str:
        tokenizer = tiny_tokenizer()
        return encode(ITEMS, tokenizer, ability(**settings), seed=seed, limit_items=9).fingerprint

    assert fingerprint(1) == fingerprint(1)
    assert len({fingerprint(1), fingerprint(2), fingerprint(1, counted="all")}) == 3


def test_long_items_are_cut_and_reported() -> None:
    items = (Item("long", "p", "a" * 50), Item("short", "p", "b"), Item("lost", "p" * 50, "c"))
    encoded = encode(items, tiny_tokenizer(), ability(length_tokens=10), seed=0, limit_items=9)
    assert {item.id for item in encoded.items} == {"long", "short"}
    assert (encoded.cut_items, encoded.skipped_items) == (2, 1)
    assert max(len(row.ids) for row in encoded.sequences) == 10
    assert encoded.counted_tokens == 9 + 2


def test_nothing_counted_is_an_error() -> None:
    items = (Item("lost", "p" * 50, "c"),)
    with pytest.raises(AbilityDataError, match=r"None of the 1 items .* first 10 tokens"):
        encode(items, tiny_tokenizer(), ability(length_tokens=10), seed=0, limit_items=9)
    with pytest.raises(AbilityDataError, match="no items"):
        encode((), tiny_tokenizer(), ability(), seed=0, limit_items=9)


def test_packed_blocks_hold_the_same_tokens() -> None:
    plain = encode(ITEMS, tiny_tokenizer(), ability(), seed=5, limit_items=40)
    packed = encode(
        ITEMS, tiny_tokenizer(), ability(packed=True, length_tokens=32), seed=5, limit_items=40
    )
    for name in ("ids", "counted"):
        one = np.concatenate([getattr(row, name) for row in plain.sequences])
        other = np.concatenate([getattr(row, name) for row in packed.sequences])
        np.testing.assert_array_equal(one, other)
    assert {len(row.ids) for row in packed.sequences[:-1]} == {32}
    assert packed.counted_tokens == plain.counted_tokens
    starts = np.cumsum([0, *(len(row.ids) for row in plain.sequences)])
    for number, row in enumerate(packed.sequences):
        assert starts[row.item] <= 32 * number < starts[row.item + 1]


@pytest.mark.parametrize("batch_tokens", [1, 33, 64, 10**6])
def test_batches_hold_every_token_once(batch_tokens: int) -> None:
    items = tuple(Item(str(n), "p" * n, "a" * (1 + n % 3)) for n in range(20))
    encoded = encode(items, tiny_tokenizer(), ability(), seed=0, limit_items=20)
    seen = []
    for batch in batches(encoded.sequences, batch_tokens):
        assert batch.ids.size <= max(batch_tokens, batch.ids.shape[1])
        for place, index in enumerate(batch.indices):
            row = encoded.sequences[index]
            length = len(row.ids)
            np.testing.assert_array_equal(batch.ids[place, :length], row.ids)
            np.testing.assert_array_equal(batch.counted[place, :length], row.counted)
            np.testing.assert_array_equal(
                batch.attention[place], np.arange(batch.ids.shape[1]) < length
            )
            assert not batch.counted[place, length:].any()
            expected = np.flatnonzero(row.counted[1:])
            np.testing.assert_array_equal(np.flatnonzero(batch.predicting[place]), expected)
            seen.append(index)
    assert sorted(seen) == list(range(20))


def test_halves_are_batches_of_their_own() -> None:
    items = tuple(Item(str(n), "", "a" * (1 + n)) for n in range(5))
    encoded = encode(items, tiny_tokenizer(), ability(), seed=0, limit_items=5)
    (whole,) = batches(encoded.sequences, 1000)
    halves = whole.halves()
    assert [len(half.indices) for half in halves] == [2, 3]
    for half in halves:
        assert half.ids.shape[1] == half.attention.sum(axis=1).max()
        for place, index in enumerate(half.indices):
            row = encoded.sequences[index]
            np.testing.assert_array_equal(half.ids[place][half.attention[place] == 1], row.ids)
    (single,) = batches(encoded.sequences[:1], 1)
    assert single.halves() == (single,)


def test_tokens_without_an_embedding_are_refused() -> None:
    encoded = encode((Item("1", "", "ab"),), tiny_tokenizer(), ability(), seed=0)
    highest = max(int(row.ids.max()) for row in encoded.sequences)
    check_vocabulary("letters", encoded, highest + 1, "the target")
    check_vocabulary("letters", encoded, 0, "a target that does not say")
    with pytest.raises(AbilityDataError, match=rf"letters has the token {highest}.*the target"):
        check_vocabulary("letters", encoded, highest, "the target")
