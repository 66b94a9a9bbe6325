"""Samples on disk are what the candidates answered, and the filters find who was right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from act_core.abilities.encode import encode
from act_core.abilities.items import Item, items_of
from act_core.errors import SamplesError
from act_core.evaluate.browse import changes
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.evaluate.compare import compare
from act_core.evaluate.comparison import Comparison
from act_core.evaluate.evaluator import HeldOut
from act_core.evaluate.samples import Outcome, Sample, open_samples, write_samples
from act_core.models.reference import resolve
from act_core.recipe import Ability, Source
from tests.core.tiny import tiny_tokenizer, write_specialist, write_tiny

SOURCE = (Source(builtin="plain-en"),)
CHOICES = items_of(
    [{"question": f"Q{n}?", "choices": ["no", "yes"], "answer": n % 2} for n in range(9)], None
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, HeldOut], Comparison]:
    folder = tmp_path_factory.mktemp("models")
    target = resolve(write_tiny(folder / "t", "llama", seed=1))
    other = resolve(write_specialist(folder / "s", target.folder, seed=2, scale=0.5))
    choice = Ability(
        calibration=SOURCE, heldout=SOURCE, measures=("loss", "choice", "exact"), new_tokens=3
    )
    packed = Ability(calibration=SOURCE, heldout=SOURCE, packed=True, length_tokens=12)
    texts = tuple(Item(f"t{n}", "", f"text number {n}") for n in range(5))
    abilities = {
        "c": HeldOut(choice, encode(CHOICES, tiny_tokenizer(), choice, seed=0)),
        "p": HeldOut(packed, encode(texts, tiny_tokenizer(), packed, seed=0)),
    }
    found = compare(target, [specialist_candidate("s", target, other)], abilities, {}, device="cpu")
    return abilities, found


def test_file_holds_what_was_measured(
    measured: tuple[dict[str, HeldOut], Comparison], tmp_path: Path
) -> None:
    abilities, found = measured
    path = tmp_path / "samples" / "c.jsonl"
    write_samples(path, "key", "c", abilities["c"], found.results)
    file = open_samples(path)
    assert (file.key, file.ability, file.items) == ("key", "c", 9)
    assert file.candidates == ("target", "s")
    assert file.measures == ("loss", "choice", "choice_raw", "exact")
    samples = list(file)
    items = abilities["c"].encoded.items
    assert [sample.id for sample in samples] == [item.id for item in items]
    assert [sample.prompt for sample in samples] == [item.prompt for item in items]
    assert [sample.reference for sample in samples] == [item.reference for item in items]
    for candidate, results in found.results.items():
        for measure in file.measures:
            one = results["c", measure]
            values = [sample.outcomes[measure][candidate].value for sample in samples]
            assert values == pytest.approx(list(one.sums / one.weights), rel=1e-5)
    for sample, item in zip(samples, items, strict=True):
        for one in sample.outcomes["choice"].values():
            assert one.said in ("no", "yes")
            assert one.value == (one.said == item.reference)
        assert sample.outcomes["exact"]["target"].said is not None
        assert sample.outcomes["loss"]["target"].said is None


def test_packed_losses_are_those_of_blocks(
    measured: tuple[dict[str, HeldOut], Comparison], tmp_path: Path
) -> None:
    abilities, found = measured
    write_samples(tmp_path / "p.jsonl", "key", "p", abilities["p"], found.results)
    file = open_samples(tmp_path / "p.jsonl")
    encoded = abilities["p"].encoded
    samples = list(file)
    assert file.items == len(samples) == len(encoded.sequences) > len(encoded.items)
    tokenizer = tiny_tokenizer()
    for sample, row in zip(samples, encoded.sequences, strict=True):
        for part in tokenizer.decode(row.ids.tolist()).split("<eos>"):
            assert part in sample.reference


def sample(name: str, before: float | None, after: float | None, measure: str = "exact") -> Sample:
    outcomes = {measure: {"target": Outcome(before, "x"), "result": Outcome(after, "y")}}
    return Sample(name, "p", "r", (), outcomes)  # type: ignore[arg-type]


def test_lost_and_recovered_are_told_by_who_was_right() -> None:
    rows = [sample("a", 1, 0), sample("b", 0, 1), sample("c", 1, 1), sample("d", 1, 0)]
    lost = changes(rows, "exact", "result", only="lost", limit=1)
    assert ([c.sample.id for c in lost.shown], lost.found, lost.items) == (["a"], 2, 4)
    recovered = changes(rows, "exact", "result", only="recovered")
    assert [c.sample.id for c in recovered.shown] == ["b"]
    assert [c.sample.id for c in changes(rows, "exact", "result").shown] == ["a", "b", "c", "d"]
    swapped = changes(rows, "exact", "target", against="result", only="lost")
    assert [c.sample.id for c in swapped.shown] == ["b"]
    assert changes(rows, "choice", "result").items == 0


def test_losses_come_by_the_largest_change() -> None:
    pairs = {"a": (1, 1.5), "b": (1, 0.2), "c": (2, 1.9), "d": (1, 3), "e": (None, None)}
    rows = [sample(name, *pair, measure="loss") for name, pair in pairs.items()]

    def order(only: str | None, limit: int = 9) -> list[str]:
        found = changes(rows, "loss", "result", only=only, limit=limit)  # type: ignore[arg-type]
        assert found.items == 4
        return [change.sample.id for change in found.shown]

    assert order("lost") == ["d", "a"]
    assert order("recovered") == ["b", "c"]
    assert order(None, limit=3) == ["d", "b", "a"]


@pytest.mark.parametrize("text", ["", "{}\n", "[1]\n", '{"act": 9}\n', "\xff\n"])
def test_damaged_files_are_said_to_be(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.jsonl").write_bytes(text.encode("latin-1"))
    with pytest.raises(SamplesError, match=r"Line 1 of .*x\.jsonl"):
        open_samples(tmp_path / "x.jsonl")


def test_damaged_line_is_named(
    measured: tuple[dict[str, HeldOut], Comparison], tmp_path: Path
) -> None:
    abilities, found = measured
    path = tmp_path / "c.jsonl"
    write_samples(path, "key", "c", abilities["c"], found.results)
    lines = path.read_text("utf-8").splitlines()
    lines[3] = json.dumps({"id": "x", "outcomes": [1]})
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(SamplesError, match="Line 4"):
        list(open_samples(path))


def test_no_file_and_no_such_candidate(tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match="does not exist"):
        open_samples(tmp_path / "none.jsonl")
    assert changes([sample("a", 1, 0)], "exact", Candidate("nobody").name).items == 0
