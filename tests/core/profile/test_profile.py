"""A layer-by-layer profile equals the plain whole-model one, on every family."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from act_core.cancel import CancelToken
from act_core.errors import (
    AbilityDataError,
    CancelledByPersonError,
    NotFiniteError,
    OutOfMemoryError,
)
from act_core.events import Event, Finished, MapRows, Note, Progress, discard
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.profile.run import profile
from act_core.profile.store import Profile, load_profile, save_profile
from tests.core.profile import oracle
from tests.core.profile.inputs import encoded, spec_for
from tests.core.tiny import FAMILY_NAMES, write_specialist, write_tiny

ALL = ("difference", "matched", "attributed")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    target = write_tiny(tmp_path / "target", "llama", seed=1)
    return target, write_specialist(tmp_path / "specialist", target, seed=2)


def assert_same(result: Profile, statistic: str, expected: dict[str, np.ndarray]) -> None:
    for index, module in enumerate(result.layout.modules):
        ours = result.statistic(statistic)[result.layout.slice_of(index)]
        theirs = np.concatenate([expected[tensor] for tensor in module.tensors])
        scale = np.abs(theirs).max()
        np.testing.assert_allclose(
            ours, theirs, rtol=2e-4, atol=2e-5 * scale, err_msg=module.tensor
        )


@pytest.mark.parametrize("family", [*FAMILY_NAMES, "stablelm", "gptj"])
def test_equals_the_whole_model_with_hooks(family: str, tmp_path: Path) -> None:
    target = write_tiny(tmp_path / "target", family, seed=1)
    specialist = write_specialist(tmp_path / "specialist", target, seed=2)
    ability = encoded(seed=3, lengths=(9, 14, 5, 11), answer_only=True)

    spec = spec_for(target, {"s": specialist}, {"a": ability}, ALL, batch_tokens=30)
    result = profile(spec, tmp_path, discard, CancelToken())["s", "a"]

    described = resolve(target)
    sequences = ability.sequences
    difference, matched = oracle.difference_and_matched(target, specialist, described, sequences)
    assert_same(result, "difference", difference)
    assert_same(result, "matched", matched)
    assert_same(result, "attributed", oracle.attributed(target, specialist, described, sequences))


def test_weight_is_the_norm_of_the_rows_change_with_its_bias(tmp_path: Path) -> None:
    target = write_tiny(tmp_path / "target", "gpt2", seed=1)
    specialist = write_specialist(tmp_path / "specialist", target, seed=2)
    spec = spec_for(target, {"s": specialist}, {"a": encoded(seed=3)}, ("matched",))

    result = profile(spec, tmp_path, discard, CancelToken())["s", "a"]

    ours, theirs = oracle.load(target).state_dict(), oracle.load(specialist).state_dict()
    for index, module in enumerate(result.layout.modules):
        delta = (theirs[module.tensor] - ours[module.tensor]).T
        bias = theirs[module.bias] - ours[module.bias]
        expected = torch.cat([delta, bias[:, None]], 1).norm(dim=1)
        np.testing.assert_allclose(
            result.statistic("weight")[result.layout.slice_of(index)], expected, rtol=1e-5
        )


def test_one_pass_serves_many_specialists_and_abilities_as_single_passes_do(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    target, first = pair
    second = write_specialist(tmp_path / "second", target, seed=5)
    abilities = {"a": encoded(seed=3), "b": encoded(seed=4, lengths=(20, 7))}

    together = profile(
        spec_for(target, {"x": first, "y": second}, abilities, ALL),
        tmp_path, discard, CancelToken(),
    )  # fmt: skip

    assert set(together) == {("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")}
    for (specialist, ability), result in together.items():
        folder = {"x": first, "y": second}[specialist]
        alone_spec = spec_for(target, {specialist: folder}, {ability: abilities[ability]}, ALL)
        alone = profile(alone_spec, tmp_path, discard, CancelToken())[specialist, ability]
        for name in (*ALL, "weight"):
            np.testing.assert_allclose(
                result.statistic(name), alone.statistic(name), rtol=1e-4, atol=1e-7
            )


def test_the_batch_size_does_not_change_the_result(pair: tuple[Path, Path], tmp_path: Path) -> None:
    target, specialist = pair
    ability = encoded(seed=3, lengths=(9, 14, 5, 11, 14, 3))
    results = [
        profile(
            spec_for(target, {"s": specialist}, {"a": ability}, ALL, batch_tokens=tokens),
            tmp_path, discard, CancelToken(),
        )["s", "a"]
        for tokens in (1, 28, 1000)
    ]  # fmt: skip
    for name in ALL:
        for other in results[1:]:
            np.testing.assert_allclose(
                results[0].statistic(name), other.statistic(name), rtol=1e-4, atol=1e-7
            )


@pytest.mark.parametrize("stored", ["bfloat16", "float16"])
@pytest.mark.parametrize("family", ["llama", "qwen2_moe"])
def test_half_precision_stays_near_float32(stored: str, family: str, tmp_path: Path) -> None:
    target = write_tiny(tmp_path / "target", family, seed=1, dtype=stored)
    specialist = write_specialist(tmp_path / "specialist", target, seed=2)
    exact, brain, half = (
        profile(
            spec_for(target, {"s": specialist}, {"a": encoded(seed=3)}, ALL, dtype=dtype),
            tmp_path, discard, CancelToken(),
        )["s", "a"]
        for dtype in ("float32", "bfloat16", "float16")
    )  # fmt: skip
    np.testing.assert_array_equal(exact.statistic("weight"), half.statistic("weight"))
    # Steps of 2^-8 and 2^-11 at every activation; a gradient has gone through two layers of them.
    for rough, off in ((brain, 0.15), (half, 0.02)):
        for name in ALL:
            wrong = np.abs(rough.statistic(name) - exact.statistic(name)).sum()
            assert wrong < off * np.abs(exact.statistic(name)).sum(), (rough.facts["dtype"], name)


@pytest.mark.parametrize(("scale", "told"), [(1e-3, True), (0.02, False), (0.0, False)])
def test_differences_that_drown_in_rounding_are_told(
    scale: float, told: bool, tmp_path: Path
) -> None:
    target = write_tiny(tmp_path / "target", "llama", seed=1)
    specialist = write_specialist(tmp_path / "specialist", target, seed=2, scale=scale)
    events: list[Event] = []
    exact, rough = (
        profile(
            spec_for(target, {"s": specialist}, {"a": encoded(seed=3)}, ALL, dtype=dtype),
            tmp_path, events.append, CancelToken(),
        )["s", "a"]
        for dtype in ("float32", "bfloat16")
    )  # fmt: skip
    notes = [one for one in events if isinstance(one, Note) and "bfloat16 rounds" in one.text]
    assert len(notes) == told
    assert set(rough.statistics) == {*ALL, "weight"}
    off = {n: np.abs(rough.statistic(n) - exact.statistic(n)).sum() for n in ALL}
    whole = {n: np.abs(exact.statistic(n)).sum() for n in ALL}
    assert bool(off["difference"] > whole["difference"]) is told
    assert off["matched"] <= 0.02 * whole["matched"]


def test_events_tell_every_row_once_and_the_end(pair: tuple[Path, Path], tmp_path: Path) -> None:
    target, specialist = pair
    events: list[Event] = []
    spec = spec_for(target, {"s": specialist}, {"a": encoded(seed=3)}, ALL)

    result = profile(spec, tmp_path, events.append, CancelToken())["s", "a"]

    rows = [row for event in events if isinstance(event, MapRows) for row in event.rows]
    place = {
        (m.layer, m.kind): result.layout.slice_of(i) for i, m in enumerate(result.layout.modules)
    }
    assert len(rows) == len(place) * 4
    for row in rows:
        np.testing.assert_array_equal(
            row.values, result.statistic(row.statistic)[place[row.layer, row.kind]]
        )
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.done, last.total) == (4, 4)
    assert isinstance(events[-1], Finished)


class CancelAtPoll(CancelToken):
    """A person who cancels just before the work polls for the n-th time."""

    def __init__(self, poll: int) -> None:
        super().__init__()
        self._left = poll

    def raise_if_cancelled(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.cancel()
        super().raise_if_cancelled()


# One batch: polls 1-4 lie in the layers forward, 5 before the loss, 6-9 in the layers back.
@pytest.mark.parametrize(("poll", "finished"), [(1, 0), (3, 2), (5, 4), (6, 4), (7, 5), (9, 7)])
def test_cancel_keeps_finished_layers_and_resume_gives_the_same_result(
    poll: int, finished: int, tmp_path: Path
) -> None:
    target = write_tiny(tmp_path / "target", "llama", seed=1, layers=4)
    specialist = write_specialist(tmp_path / "specialist", target, seed=2)
    abilities = {"a": encoded(seed=3)}
    spec = spec_for(target, {"s": specialist}, abilities, ALL)

    with pytest.raises(CancelledByPersonError):
        profile(spec, tmp_path / "work", discard, CancelAtPoll(poll))
    resumed: list[Event] = []
    again = spec_for(target, {"s": specialist}, abilities, ALL, batch_tokens=12)
    result = profile(again, tmp_path / "work", resumed.append, CancelToken())["s", "a"]

    first = next(event for event in resumed if isinstance(event, Progress))
    assert (first.done, first.total) == (finished + 1, 8)
    fresh = profile(spec, tmp_path / "fresh", discard, CancelToken())["s", "a"]
    for name in (*ALL, "weight"):
        np.testing.assert_allclose(
            result.statistic(name), fresh.statistic(name), rtol=1e-4, atol=1e-7
        )
    assert list((tmp_path / "work").iterdir()) == []


def test_out_of_memory_halves_the_batches_says_so_and_changes_nothing(
    pair: tuple[Path, Path], tmp_path: Path, small_device: None
) -> None:
    target, specialist = pair
    ability = encoded(seed=3, lengths=(8, 8, 8, 8, 6, 5))
    events: list[Event] = []
    spec = spec_for(target, {"s": specialist}, {"a": ability}, ALL, batch_tokens=1000)

    result = profile(spec, tmp_path, events.append, CancelToken())["s", "a"]

    assert any(isinstance(e, Note) and "half the size" in e.text for e in events)
    described = resolve(target)
    _, matched = oracle.difference_and_matched(target, specialist, described, ability.sequences)
    assert_same(result, "matched", matched)


def test_a_sequence_that_cannot_fit_is_an_error_with_a_remedy(
    pair: tuple[Path, Path], tmp_path: Path, small_device: None
) -> None:
    target, specialist = pair
    spec = spec_for(target, {"s": specialist}, {"a": encoded(seed=3, lengths=(30,))}, ("matched",))
    with pytest.raises(OutOfMemoryError) as caught:
        profile(spec, tmp_path, discard, CancelToken())
    assert "length_tokens" in caught.value.remedy


@pytest.fixture
def small_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device whose memory ends at 20 tokens a batch in a decoder layer."""
    from transformers.models.llama.modeling_llama import LlamaMLP

    forward = LlamaMLP.forward

    def limited(self: LlamaMLP, x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] * x.shape[1] > 20:
            raise torch.OutOfMemoryError("20 tokens are the limit")
        return forward(self, x)

    monkeypatch.setattr(LlamaMLP, "forward", limited)


def test_a_damaged_model_gives_no_profile(pair: tuple[Path, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    target, specialist = pair
    path = specialist / "model.safetensors"
    tensors = load_file(path)
    tensors["model.layers.1.mlp.up_proj.weight"][3, 4] = float("nan")
    save_file(tensors, path, {"format": "pt"})
    spec = spec_for(target, {"s": specialist}, {"a": encoded(seed=3)}, ("matched",))
    with pytest.raises(NotFiniteError, match="up in layer 1"):
        profile(spec, tmp_path, discard, CancelToken())


def test_attributed_needs_a_predicted_token(pair: tuple[Path, Path], tmp_path: Path) -> None:
    target, specialist = pair
    ability = encoded(seed=3, lengths=(1, 1))
    spec = spec_for(target, {"s": specialist}, {"a": ability}, ("attributed",))
    with pytest.raises(AbilityDataError):
        profile(spec, tmp_path, discard, CancelToken())


def test_a_saved_profile_is_the_same_and_belongs_to_its_model(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    target, specialist = pair
    spec = spec_for(target, {"s": specialist}, {"a": encoded(seed=3)}, ("matched",))
    made = profile(spec, tmp_path, discard, CancelToken())["s", "a"]
    save_profile(made, tmp_path / "profiles" / "s--a.safetensors")

    read = load_profile(tmp_path / "profiles" / "s--a.safetensors", layout_of(resolve(target)))

    assert (read.specialist, read.ability) == ("s", "a")
    assert read.counted_tokens == made.counted_tokens
    for name in ("matched", "weight"):
        np.testing.assert_array_equal(read.statistic(name), made.statistic(name))


def test_sequences_beyond_the_context_are_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    target, specialist = pair
    ability = encoded(seed=3, lengths=(129,))
    spec = spec_for(target, {"s": specialist}, {"a": ability}, ("matched",))
    with pytest.raises(AbilityDataError) as caught:
        profile(spec, tmp_path, discard, CancelToken())
    assert "128" in caught.value.remedy


def test_damaged_unfinished_work_is_begun_anew(pair: tuple[Path, Path], tmp_path: Path) -> None:
    target, specialist = pair
    spec = spec_for(target, {"s": specialist}, {"a": encoded(seed=3)}, ("matched",))
    with pytest.raises(CancelledByPersonError):
        profile(spec, tmp_path / "work", discard, CancelAtPoll(2))
    (sums,) = (tmp_path / "work").rglob("*.sums")
    sums.write_bytes(sums.read_bytes()[:-3])
    events: list[Event] = []

    result = profile(spec, tmp_path / "work", events.append, CancelToken())["s", "a"]

    assert any(isinstance(event, Note) and "damaged" in event.text for event in events)
    fresh = profile(spec, tmp_path / "fresh", discard, CancelToken())["s", "a"]
    np.testing.assert_array_equal(result.statistic("matched"), fresh.statistic("matched"))
