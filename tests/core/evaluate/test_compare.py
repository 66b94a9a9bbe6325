"""The table of target, specialist and candidates, against its parts measured one by one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import encode
from act_core.abilities.items import Item, items_of
from act_core.abilities.render import Renderer
from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, CancelledByPersonError, NotFiniteError
from act_core.evaluate.answers import is_right
from act_core.evaluate.bootstrap import Bootstrap
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.evaluate.compare import compare
from act_core.evaluate.comparison import Comparison
from act_core.evaluate.evaluator import RULES, Evaluator, HeldOut
from act_core.events import Event, Finished, Metric, Note, Progress
from act_core.models.reference import Model, resolve
from act_core.recipe import Ability, Measure, Source
from act_core.transfer.edits import whole_edits
from act_core.transfer.moves import Move
from tests.core.tiny import tiny_tokenizer, write_specialist, write_tiny

BOOTSTRAP = Bootstrap(resamples=200, seed=1)
TEXTS = tuple(Item(f"t{n}", f"p{n}:", f" {n * n} and {n}") for n in range(24))
CHOICES = items_of(
    [{"question": f"Q{n}?", "choices": ["no", "yes"], "answer": n % 2} for n in range(10)], None
)
Role = Literal["bring", "keep"]


def held_out(items: tuple[Item, ...], role: Role, *measures: str, **settings: Any) -> HeldOut:
    source = (Source(builtin="plain-en"),)
    ability = Ability.model_validate(
        {"calibration": source, "heldout": source, "role": role, "measures": measures, **settings}
    )
    return HeldOut(ability, encode(items, tiny_tokenizer(), ability, seed=0, limit_items=99))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Model, Model]:
    folder = write_tiny(tmp_path / "t", "llama", seed=1)
    return resolve(folder), resolve(write_specialist(tmp_path / "s", folder, seed=2, scale=0.3))


def trained_pair(tmp_path: Path) -> tuple[Model, Model]:
    """A specialist that really is better on `TEXTS`: a few steps of plain training."""
    folder = write_tiny(tmp_path / "t", "llama", seed=1)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    tokenizer = tiny_tokenizer()
    model.train()
    for _ in range(12):
        for item in TEXTS[:8]:
            ids = torch.tensor([tokenizer(item.text)["input_ids"]])
            model(input_ids=ids, labels=ids).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.save_pretrained(tmp_path / "s")
    tokenizer.save_pretrained(tmp_path / "s")
    return resolve(folder), resolve(tmp_path / "s")


def table(pair: tuple[Model, Model], abilities: dict[str, HeldOut], **more: Any) -> Comparison:
    target, specialist = pair
    half = Candidate("half", (Move("s", specialist, whole_edits(target, 0.5)),))
    candidates = (specialist_candidate("s", target, specialist), half)
    references = dict.fromkeys(abilities, "s")
    return compare(
        target, candidates, abilities, references, device="cpu", bootstrap=BOOTSTRAP, **more
    )


def test_losses_shares_and_differences(tmp_path: Path) -> None:
    pair = trained_pair(tmp_path)
    held = held_out(TEXTS, "bring", "loss")
    found = table(pair, {"squares": held})
    losses = {}
    for name, folder in (("target", tmp_path / "t"), ("s", tmp_path / "s")):
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        nats = tokens = 0.0
        for row in held.encoded.sequences:
            ids = torch.from_numpy(row.ids.astype(np.int64))
            likelihoods = model(input_ids=ids[None]).logits[0].log_softmax(-1)[:-1]
            each = -likelihoods.gather(1, ids[1:, None])[:, 0].detach().numpy()
            nats += float(each[row.counted[1:]].sum())
            tokens += int(row.counted[1:].sum())
        losses[name] = nats / tokens
        figure = found.figure(name, "squares", "loss")
        assert figure.interval.value == pytest.approx(losses[name], rel=1e-5)
        assert figure.interval.low < losses[name] < figure.interval.high
        assert (figure.items, figure.tokens) == (24, tokens)
    half = found.figure("half", "squares", "loss")
    assert half.difference is not None
    assert half.difference.value == pytest.approx(half.interval.value - losses["target"])
    assert found.figure("target", "squares", "loss").difference is None
    whole = found.share("s", "squares", "loss")
    assert whole is not None
    assert whole.kind == "recovered"
    assert (whole.interval.value, whole.interval.low) == pytest.approx((1.0, 1.0))
    part = found.share("half", "squares", "loss")
    assert part is not None
    expected = (losses["target"] - half.interval.value) / (losses["target"] - losses["s"])
    assert part.interval.value == pytest.approx(expected, rel=1e-4)
    assert part.interval.low <= part.interval.value <= part.interval.high


def test_role_decides_between_recovered_and_lost(tmp_path: Path) -> None:
    target, specialist = trained_pair(tmp_path)
    abilities = {
        "bring": held_out(TEXTS, "bring", "loss"),
        "keep": held_out(TEXTS, "keep", "loss"),
    }
    better = table((target, specialist), abilities)
    worse = table((specialist, target), abilities)
    assert {(s.ability, s.kind) for s in better.shares} == {("bring", "recovered")}
    assert {(s.ability, s.kind) for s in worse.shares} == {("keep", "lost")}


def test_no_share_where_there_is_no_gap(pair: tuple[Model, Model]) -> None:
    target, _ = pair
    assert table((target, target), {"a": held_out(TEXTS, "bring", "loss")}).shares == ()


def test_exact_and_choice_are_shares_of_items(pair: tuple[Model, Model]) -> None:
    target, _ = pair
    model = AutoModelForCausalLM.from_pretrained(target.folder, dtype=torch.float32)
    tokenizer = tiny_tokenizer()
    items = []
    for number in range(10):  # half of the references are what the target really says
        ids = torch.tensor([tokenizer(f"p{number}:")["input_ids"]])
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=4,
            do_sample=False,
            eos_token_id=2,
            pad_token_id=0,
        )[0, ids.shape[1] :].tolist()
        said = tokenizer.decode(out, skip_special_tokens=True)
        wanted = said if number % 2 else "something else"
        items.append(Item(f"i{number}", f"p{number}:", wanted or "?", reference=wanted))
    right = [is_right(item.reference or "", item) for item in items]
    assert all(right)
    abilities = {
        "e": held_out(tuple(items), "bring", "exact", new_tokens=4),
        "c": held_out(CHOICES, "keep", "choice"),
    }
    found = table(pair, abilities)
    exact = found.figure("target", "e", "exact")
    assert exact.interval.value == pytest.approx(0.5)
    assert (exact.items, exact.tokens) == (10, 0)
    assert 0 <= found.figure("half", "c", "choice").interval.value <= 1
    assert {f.measure for f in found.figures if f.ability == "c"} == {"choice", "choice_raw"}


def test_events_tell_every_figure_and_all_progress(pair: tuple[Model, Model]) -> None:
    events: list[Event] = []
    abilities = {
        "a": held_out(TEXTS, "bring", "loss"), "b": held_out(CHOICES, "keep", "loss", "choice")
    }  # fmt: skip
    found = table(pair, abilities, emit=events.append)
    told = {(e.candidate, e.ability, e.metric): e.value for e in events if isinstance(e, Metric)}
    assert told == {
        (f.candidate, f.ability, f.measure): pytest.approx(f.interval.value) for f in found.figures
    }
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.done, last.total) == (6, 6)
    assert isinstance(events[-1], Finished)


def test_figures_hang_neither_on_batches_nor_on_candidates_before(
    pair: tuple[Model, Model],
) -> None:
    target, specialist = pair
    abilities = {"a": held_out(TEXTS, "bring", "loss")}
    both = table(pair, abilities, batch_tokens=40)
    half = Candidate("half", (Move("s", specialist, whole_edits(target, 0.5)),))
    alone = compare(target, (half,), abilities, {}, device="cpu", bootstrap=BOOTSTRAP)
    one, other = (t.figure("half", "a", "loss").interval.value for t in (both, alone))
    assert one == pytest.approx(other, rel=1e-5)


def test_cancel_leaves_the_target_whole(pair: tuple[Model, Model]) -> None:
    target, specialist = pair
    cancel = CancelToken()
    held = held_out(TEXTS, "bring", "loss")
    evaluator = Evaluator(target, {"a": held}, device="cpu", cancel=cancel, batch_tokens=50)
    before = {name: value.clone() for name, value in evaluator.module.state_dict().items()}
    evaluator.module.register_forward_hook(lambda *_: cancel.cancel())
    with pytest.raises(CancelledByPersonError):
        evaluator.measure(specialist_candidate("s", target, specialist))
    after = evaluator.module.state_dict()
    assert all(value.equal(after[name]) for name, value in before.items())


@pytest.mark.parametrize(
    ("items", "measure", "message"),
    [
        ((Item("x", "p", "a"),), "choice", "Item x of a has no choices"),
        ((Item("x", "", "a", reference="a"),), "exact", "Item x of a has no prompt"),
        ((Item("x", "p", "a"),), "exact", "no answer to compare with"),
        ((Item("x", "", "y" * 200, reference="a"),), "loss", "Set length_tokens of a to 128"),
    ],
)
def test_measures_that_items_do_not_allow(
    pair: tuple[Model, Model], items: tuple[Item, ...], measure: str, message: str
) -> None:
    with pytest.raises(AbilityDataError, match=message):
        Evaluator(pair[0], {"a": held_out(items, "bring", measure)}, device="cpu")


def test_nothing_predicted_is_an_error(pair: tuple[Model, Model]) -> None:
    held = held_out((Item("x", "", "y"),), "bring", "loss", length_tokens=2)
    row = held.encoded.sequences[0]
    first_only = dataclasses.replace(row, ids=row.ids[:1], counted=row.counted[:1])
    encoded = dataclasses.replace(held.encoded, sequences=(first_only,), predicted_tokens=0)
    with pytest.raises(AbilityDataError, match="No counted token of a is predicted"):
        Evaluator(pair[0], {"a": HeldOut(held.ability, encoded)}, device="cpu")


def test_fingerprint_follows_references_and_settings() -> None:
    def found(reference: str, *measures: str, **settings: Any) -> str:
        items = (Item("x", "p", "a", reference=reference),)
        return held_out(items, "bring", *measures, **settings).fingerprint()

    assert found("a", "exact") == found("a", "exact")
    others = {
        found("a", "exact"),
        found("b", "exact"),
        found("a", "loss"),
        found("a", "exact", new_tokens=3),
    }
    assert len(others) == 4


@pytest.mark.parametrize("measure", ["loss", "exact", "choice", "label"])
def test_fingerprint_follows_the_rule_of_each_measure(
    measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = (Item("x", "p", "a", choices=("a", "b"), correct=0, reference="a"),)

    def found() -> dict[str, str]:
        names = ("loss", "exact", "choice", "label")
        return {name: held_out(items, "bring", name).fingerprint() for name in names}

    before = found()
    monkeypatch.setitem(cast("dict[str, int]", RULES), measure, RULES[measure] + 1)
    after = found()
    assert [name for name in before if before[name] != after[name]] == [measure]


def test_names_must_be_distinct_and_known(pair: tuple[Model, Model]) -> None:
    abilities = {"a": held_out(TEXTS, "bring", "loss")}
    for candidates, references in (
        ((Candidate("x"), Candidate("x")), {}),
        ((Candidate("target"),), {}),
        ((Candidate("x"),), {"a": "y"}),
    ):
        with pytest.raises(ValueError, match="distinct"):
            compare(pair[0], candidates, abilities, references, device="cpu")


def test_prompts_of_generation_fit_the_context(pair: tuple[Model, Model]) -> None:
    """120 prompt tokens and 32 new ones exceed a context of 128: the beginning goes."""
    items = (Item("x", "p" * 119 + ":", "a", reference="a"),)
    held = held_out(items, "bring", "exact")
    assert len(Renderer(tiny_tokenizer(), held.ability).prompt(items[0])) == 120
    events: list[Event] = []
    evaluator = Evaluator(pair[0], {"a": held}, device="cpu", emit=events.append)
    widths: list[int] = []
    evaluator.module.register_forward_pre_hook(
        lambda _module, _args, kwargs: widths.append(kwargs["input_ids"].shape[1]),
        with_kwargs=True,
    )
    for name in ("target", "again"):
        evaluator.measure(Candidate(name))
    assert widths[0] == 128 - 32
    told = [event.text for event in events if isinstance(event, Note)]
    assert len(told) == 1
    assert told[0].startswith("1 of 1 prompts keep their last 96 tokens only")


def test_answers_as_long_as_the_context_are_refused(pair: tuple[Model, Model]) -> None:
    held = held_out((Item("x", "p:", "a", reference="a"),), "bring", "exact", new_tokens=128)
    with pytest.raises(AbilityDataError, match="no prompt would fit"):
        Evaluator(pair[0], {"a": held}, device="cpu")


@pytest.mark.parametrize("measure", ["loss", "exact", "choice", "label"])
def test_answers_that_are_no_numbers_are_no_figures(
    pair: tuple[Model, Model], measure: str
) -> None:
    questions = items_of([{"prompt": f"q{n}:", "answer": f"a{n}"} for n in range(6)], None)
    items = CHOICES if measure in ("choice", "label") else questions
    held = held_out(items, "bring", measure, new_tokens=3)
    evaluator = Evaluator(pair[0], {"a": held}, device="cpu")
    with torch.no_grad():
        evaluator.module.get_output_embeddings().weight[9] = torch.nan
    with pytest.raises(NotFiniteError, match=r"target cannot be measured on a: .*NaN"):
        evaluator.measure(Candidate("target"))
