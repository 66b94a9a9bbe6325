"""A profile in rounds is that of one walk, tells how it settles, and goes on after a stop."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, CancelledByPersonError
from act_core.events import Convergence, Event, Finished, MapRows, Note, Progress, Started, discard
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.profile.convergence import changed_share, convergence_of
from act_core.profile.parts import nested_ends, plan_rounds
from act_core.profile.rounds import profile_in_rounds
from act_core.profile.run import profile
from act_core.profile.spec import ProfileSpec
from act_core.profile.store import Profile, load_profile, save_profile
from act_core.profile.tables import TableKey, Tables
from tests.core.profile import oracle
from tests.core.profile.inputs import encoded, spec_for
from tests.core.tiny import write_specialist, write_tiny

ALL = ("difference", "matched", "attributed")
LENGTHS = (9, 14, 5, 11, 7, 12, 6, 10, 8, 13)
Profiles = dict[tuple[str, str], Profile]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    target = write_tiny(folder / "target", "llama", seed=1)
    return target, write_specialist(folder / "specialist", target, seed=2)


@pytest.fixture
def make(pair: tuple[Path, Path]) -> Callable[..., ProfileSpec]:
    """A spec over abilities `long` (ten sequences) and `short` (one); keywords change it."""

    def spec(**changes: object) -> ProfileSpec:
        target, specialist = pair
        abilities = {
            "long": encoded(seed=3, lengths=LENGTHS, answer_only=True),
            "short": encoded(seed=4, lengths=(20,)),
        }
        whole = spec_for(target, {"s": specialist}, abilities, ALL, batch_tokens=40)
        return dataclasses.replace(whole, **{"rounds": 3, **changes})  # type: ignore[arg-type]

    return spec


def assert_near(ours: Profiles, theirs: Profiles) -> None:
    assert ours.keys() == theirs.keys()
    for pair, one in ours.items():
        assert one.counted_tokens == theirs[pair].counted_tokens
        assert one.statistics.keys() == theirs[pair].statistics.keys()
        for name, values in one.statistics.items():
            expected = theirs[pair].statistic(name)
            np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-6 * expected.max())


def test_three_rounds_are_one_walk(make: Callable[..., ProfileSpec], tmp_path: Path) -> None:
    result = profile_in_rounds(make(), tmp_path / "rounds", discard, CancelToken())

    assert_near(result, profile(make(), tmp_path / "whole", discard, CancelToken()))
    assert list((tmp_path / "rounds").iterdir()) == []


def test_three_rounds_are_the_whole_models_with_hooks(
    make: Callable[..., ProfileSpec], pair: tuple[Path, Path], tmp_path: Path
) -> None:
    target, specialist = pair
    result = profile_in_rounds(make(), tmp_path, discard, CancelToken())["s", "long"]

    described, sequences = resolve(target), make().abilities["long"].sequences
    difference, matched = oracle.difference_and_matched(target, specialist, described, sequences)
    attributed = oracle.attributed(target, specialist, described, sequences)
    for name, expected in zip(ALL, (difference, matched, attributed), strict=True):
        flat = np.concatenate([expected[module.tensor] for module in result.layout.modules])
        np.testing.assert_allclose(
            result.statistic(name), flat, rtol=2e-4, atol=2e-5 * np.abs(flat).max()
        )


def test_rounds_double_what_was_read(make: Callable[..., ProfileSpec]) -> None:
    spec = make(statistics=("matched",))
    planned = plan_rounds(spec)

    assert [sorted(one.spec.abilities) for one in planned] == [
        ["long", "short"],
        ["long"],
        ["long"],
    ]
    tokens = [one.spec.abilities["long"].counted_tokens for one in planned]
    assert tokens == [9, 6, 15]  # quarter, quarter, half of 30, by whole sequences of 3
    read = [one.read.get("long") for one in planned]
    assert [known.counted_tokens if known else 0 for known in read[1:]] == [9, 15]
    rows = [row for one in planned for row in one.spec.abilities["long"].sequences]
    assert all(a is b for a, b in zip(rows, spec.abilities["long"].sequences, strict=True))


def test_sequences_that_predict_nothing_never_stand_alone() -> None:
    ability = encoded(seed=1, lengths=(1, 1, 1, 5, 6, 1, 1))
    for rounds in range(1, 7):
        ends = (0, *nested_ends(ability, rounds, predicted=True))
        parts = [ability.sequences[a:b] for a, b in itertools.pairwise(ends)]
        assert ends[-1] == 7
        assert parts[0]
        for rows in parts:
            assert not rows or sum(row.predicted_tokens for row in rows) > 0


def test_one_stage_one_count_and_merged_rows(
    make: Callable[..., ProfileSpec], tmp_path: Path
) -> None:
    events: list[Event] = []
    result = profile_in_rounds(make(), tmp_path, events.append, CancelToken())

    assert [e for e in events if isinstance(e, Started)] == [Started("profile", 12, "layers")]
    assert [type(e) for e in events].count(Finished) == 1
    assert isinstance(events[-1], Finished)
    bar = [e for e in events if isinstance(e, Progress)]
    assert {e.total for e in bar} == {12}
    assert [e.done for e in bar] == sorted({e.done for e in bar})
    assert bar[-1].done == 12
    assert bar[-1].eta_s == 0

    tables = Tables(layout_of(make().target))
    for event in events:
        if isinstance(event, MapRows):
            tables.take(event.rows)
    for (specialist, ability), one in result.items():
        for name, values in one.statistics.items():
            shown = tables.values(TableKey(specialist, ability, name))
            np.testing.assert_array_equal(shown, values)


def test_every_round_but_the_first_tells_what_it_changed(
    make: Callable[..., ProfileSpec], tmp_path: Path
) -> None:
    events: list[Event] = []
    spec = make()
    result = profile_in_rounds(spec, tmp_path, events.append, CancelToken())

    told = [event for event in events if isinstance(event, Convergence)]
    assert [(e.ability, e.round, e.rounds, e.tokens, e.statistic) for e in told] == [
        ("long", number, 3, tokens, statistic)
        for number, tokens in ((2, 15), (3, 30))
        for statistic in ALL
    ]
    # What two rounds have read, profiled anew, is what the third one is compared with.
    half = encoded(seed=3, lengths=LENGTHS, answer_only=True)
    rows = half.sequences[:5]
    half = dataclasses.replace(half, sequences=rows, fingerprint="half", counted_tokens=15,
                               predicted_tokens=15)  # fmt: skip
    before = profile(
        dataclasses.replace(spec, abilities={"long": half}), tmp_path, discard, CancelToken()
    )["s", "long"]
    last = {e.statistic: e.changed for e in told if e.round == 3}
    after = result["s", "long"]
    for name in ALL:
        assert last[name] == changed_share(before.statistic(name), after.statistic(name))

    assert after.facts["rounds"] == "3"
    assert convergence_of(after) == tuple(told)
    assert convergence_of(result["s", "short"]) == ()


def test_changed_is_the_share_of_the_top_that_is_new() -> None:
    before = np.arange(200, dtype=np.float32)
    after = before.copy()
    assert changed_share(before, after) == 0
    after[[3, 4]] = 1000
    assert changed_share(before, after) == 2 / 10
    assert changed_share(before, -before) == 1
    assert changed_share(np.zeros(200, np.float32), np.zeros(200, np.float32)) == 0
    assert changed_share(before[:3], before[:3]) == 0


def test_stops_when_the_top_is_stable(make: Callable[..., ProfileSpec], tmp_path: Path) -> None:
    events: list[Event] = []
    spec = make(stop_below=1.0)
    result = profile_in_rounds(spec, tmp_path, events.append, CancelToken())

    (note,) = [event.text for event in events if isinstance(event, Note)]
    assert note.startswith("Stopped after 2 of 3 rounds")
    assert "(difference)" in note
    assert isinstance(events[-1], Finished)
    assert result["s", "long"].counted_tokens == 15
    assert result["s", "long"].facts["rounds"] == "2"
    assert result["s", "long"].facts["key"] == spec.pair_key("s", "long")
    assert list(tmp_path.iterdir()) == []


def test_goes_on_while_the_top_changes(make: Callable[..., ProfileSpec], tmp_path: Path) -> None:
    events: list[Event] = []
    result = profile_in_rounds(make(stop_below=1e-9), tmp_path, events.append, CancelToken())

    assert not [event for event in events if isinstance(event, Note)]
    assert result["s", "long"].counted_tokens == 30


def test_the_key_knows_rounds_only_where_they_may_leave_data_out(
    make: Callable[..., ProfileSpec],
) -> None:
    def key(**changes: object) -> str:
        return make(**changes).pair_key("s", "long")

    assert key(rounds=1) == key(rounds=3) == key(rounds=1, stop_below=0.1)
    assert (
        len({key(), key(stop_below=0.1), key(stop_below=0.2), key(rounds=2, stop_below=0.1)}) == 4
    )


class CancelAfterRound(CancelToken):
    """A person who cancels when the first round is done: its last layer is always told."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress) and event.done == 4:
            self.cancel()


class CountedToken(CancelToken):
    """Counts how often work polls it, and is cancelled just before the n-th time."""

    def __init__(self, cancel_at: int = 0) -> None:
        super().__init__()
        self.polls = 0
        self._cancel_at = cancel_at

    def raise_if_cancelled(self) -> None:
        self.polls += 1
        if self.polls == self._cancel_at:
            self.cancel()
        super().raise_if_cancelled()


@pytest.mark.parametrize("sixths", range(1, 6))
def test_cancel_and_resume_walks_no_finished_layer_again(
    sixths: int, make: Callable[..., ProfileSpec], tmp_path: Path
) -> None:
    spec = make(batch_tokens=1000)  # one batch an ability, so one poll a layer and ability
    whole = CountedToken()
    expected = profile_in_rounds(spec, tmp_path / "whole", discard, whole)

    cancelled = CountedToken(cancel_at=1 + whole.polls * sixths // 6)
    with pytest.raises(CancelledByPersonError):
        profile_in_rounds(spec, tmp_path / "work", discard, cancelled)
    events: list[Event] = []
    resumed = CountedToken()
    result = profile_in_rounds(spec, tmp_path / "work", events.append, resumed)

    walked_twice = cancelled.polls - 1 + resumed.polls - whole.polls
    assert 0 <= walked_twice <= 2  # of the layer that was under way
    assert isinstance(events[0], Started)
    told = [event for event in events if isinstance(event, Convergence)]
    assert [e.round for e in told if e.statistic == "matched"] == [2, 3]
    assert_near(result, expected)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_resumed_round_shows_its_maps_at_once(
    make: Callable[..., ProfileSpec], tmp_path: Path
) -> None:
    person = CancelAfterRound()
    with pytest.raises(CancelledByPersonError):
        profile_in_rounds(make(), tmp_path, person, person)
    events: list[Event] = []
    profile_in_rounds(make(), tmp_path, events.append, CancelToken())

    tables = Tables(layout_of(make().target))
    shown = next(event for event in events if isinstance(event, MapRows))
    tables.take(shown.rows)
    assert {tables.known_share(key) for key in tables.keys} == {1.0}
    assert len(tables.keys) == 2 * 4


def test_a_damaged_round_is_walked_again(make: Callable[..., ProfileSpec], tmp_path: Path) -> None:
    person = CancelAfterRound()
    with pytest.raises(CancelledByPersonError):
        profile_in_rounds(make(), tmp_path / "work", person, person)
    stored = next((tmp_path / "work").rglob("*long.safetensors"))
    stored.write_bytes(stored.read_bytes()[:-7])

    result = profile_in_rounds(make(), tmp_path / "work", discard, CancelToken())

    assert_near(result, profile(make(), tmp_path / "whole", discard, CancelToken()))


def test_an_ability_of_one_sequence_is_one_walk(
    make: Callable[..., ProfileSpec], tmp_path: Path
) -> None:
    spec = make()
    single = dataclasses.replace(spec, abilities={"short": spec.abilities["short"]})
    events: list[Event] = []
    result = profile_in_rounds(single, tmp_path, events.append, CancelToken())

    assert not [event for event in events if isinstance(event, Convergence)]
    assert [e for e in events if isinstance(e, Started)] == [Started("profile", 4, "layers")]
    whole = profile(single, tmp_path, discard, CancelToken())
    np.testing.assert_array_equal(
        result["s", "short"].statistic("matched"), whole["s", "short"].statistic("matched")
    )


def test_weight_alone_needs_no_rounds(make: Callable[..., ProfileSpec], tmp_path: Path) -> None:
    events: list[Event] = []
    result = profile_in_rounds(make(statistics=()), tmp_path, events.append, CancelToken())

    assert set(result["s", "long"].statistics) == {"weight"}
    assert not [event for event in events if isinstance(event, Convergence)]


def test_nothing_predicted_is_refused_before_the_first_round(
    make: Callable[..., ProfileSpec], tmp_path: Path
) -> None:
    spec = make(abilities={"a": encoded(seed=3, lengths=(1, 1, 1))})
    with pytest.raises(AbilityDataError):
        profile_in_rounds(spec, tmp_path, discard, CancelToken())


def test_convergence_survives_the_disk_and_damage(
    make: Callable[..., ProfileSpec], tmp_path: Path
) -> None:
    made = profile_in_rounds(make(), tmp_path, discard, CancelToken())["s", "long"]
    save_profile(made, tmp_path / "one.safetensors")
    read = load_profile(tmp_path / "one.safetensors", made.layout)
    assert convergence_of(read) == convergence_of(made) != ()
    for damaged in ("", "[", "[1]", '[["matched", 2]]', "5", '[["m", "x", 1, 2, 3]]'):
        assert convergence_of(dataclasses.replace(read, facts={"convergence": damaged})) == ()
