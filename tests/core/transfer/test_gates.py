"""Gates on disk, and exports and candidates made with them, held against a plain account."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from act_core.errors import GatesError, MaskError, NotFiniteError, VerificationError
from act_core.evaluate.candidates import Candidate, applied
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.models.resident import load_resident
from act_core.recipe import Parts, Transfer
from act_core.transfer.edits import Edit
from act_core.transfer.export import transfer
from act_core.transfer.gate_edits import gate_moves
from act_core.transfer.gates import (
    Gates,
    load_gates,
    masked_gates,
    save_gates,
    shuffled_gates,
    uniform_gates,
)
from act_core.transfer.moves import Move
from act_core.transfer.plan import plan_transfer
from act_core.transfer.provenance import gated_files, gated_provenance, read_provenance
from act_core.transfer.verify import verify_folder
from tests.core.tiny import VOCABULARY, write_specialist, write_tiny
from tests.core.transfer.setting import carry_out, contents, planned, some_channels

CPU = torch.device("cpu")


def family_of(folder: Path, family: str, dtype: str = "float32", count: int = 2) -> list[Model]:
    """A target, and specialists on it."""
    target = write_tiny(folder / "target", family, seed=1, dtype=dtype)
    others = [
        write_specialist(folder / f"s{number}", target, seed=2 + number, scale=0.5)
        for number in range(count)
    ]
    return [resolve(path) for path in (target, *others)]


def some_gates(target: Model, count: int, seed: int = 5) -> Gates:
    """Some zero, some one, the rest between; wider than 0 to 1."""
    random = np.random.default_rng(seed)
    layout = layout_of(target)
    values = {}
    for number in range(count):
        drawn = random.uniform(-0.5, 1.5, layout.total).astype(np.float32)
        fate = random.random(layout.total)
        drawn[fate < 0.3] = 0
        drawn[fate > 0.7] = 1
        values[f"s{number}"] = drawn
    return Gates(layout, values, {"made": "by hand"})


def stored(model: Model) -> dict[str, torch.Tensor]:
    return {name: model.weights.read(name) for name in model.facts}


def expected(
    target: Model, specialists: dict[str, Model], gates: Gates, embeddings: float = 0.0
) -> dict[str, torch.Tensor]:
    """Every tensor by the formula: one float32 sum, rounded once."""
    ours, theirs = stored(target), {name: stored(one) for name, one in specialists.items()}
    result = dict(ours)

    def put(tensor: str, strengths: dict[str, np.ndarray], transposed: bool) -> None:
        old = ours[tensor]
        for line in range(old.shape[1] if transposed else old.shape[0]):
            place = (slice(None), line) if transposed else line
            shares = {n: float(s[line]) for n, s in strengths.items() if s[line] != 0}
            if list(shares.values()) == [1.0]:
                new = theirs[next(iter(shares))][tensor][place].float()
            else:
                new = old[place].float()
                for name, share in shares.items():
                    change = theirs[name][tensor][place].float() - old[place].float()
                    new = new + torch.tensor(share, dtype=torch.float32) * change
            if shares:
                result[tensor] = result[tensor].clone()
                result[tensor][place] = new.to(old.dtype)

    for number, module in enumerate(gates.layout.modules):
        span = gates.layout.slice_of(number)
        strengths = {name: values[span] for name, values in gates.values.items()}
        put(module.tensor, strengths, module.transposed)
        if module.bias is not None:
            put(module.bias, strengths, False)
    if embeddings:
        for name in target.family.embeddings:
            share = np.full(len(ours[name]), embeddings, np.float32)
            put(name, dict.fromkeys(specialists, share), False)
    return result


@pytest.mark.parametrize(
    ("family", "dtype"),
    [
        ("llama", "float32"),
        ("llama", "bfloat16"),
        ("llama", "float16"),
        ("gpt2", "bfloat16"),
        ("gpt_neox", "float32"),
        ("phi3", "bfloat16"),
    ],
)
@pytest.mark.parametrize("count", [1, 2])
def test_an_export_holds_what_the_formula_gives(
    tmp_path: Path, family: str, dtype: str, count: int
) -> None:
    target, *others = family_of(tmp_path, family, dtype, count)
    specialists = {f"s{number}": one for number, one in enumerate(others)}
    gates = some_gates(target, count)
    moves = gate_moves(target, specialists, gates, Transfer(embeddings=0.5))
    plan = plan_transfer(target, moves, tmp_path / "out")

    out = resolve(carry_out(plan))

    wanted = expected(target, specialists, gates, 0.5)
    found = stored(out)
    for name, tensor in wanted.items():
        assert found[name].view(torch.uint8).equal(tensor.contiguous().view(torch.uint8)), name
    assert plan.parameters == sum(patch.moved for patch in plan.work.all_patches)
    if family == "llama":
        modules = gates.layout.modules
        rows = sum(
            int(np.count_nonzero(gates.open[gates.layout.slice_of(i)])) for i in range(len(modules))
        )
        assert (plan.rows, plan.whole_tensors) == (rows, 1)


@pytest.mark.parametrize("family", ["llama", "gpt2", "phi3"])
def test_a_candidate_is_its_export_and_leaves_no_trace(tmp_path: Path, family: str) -> None:
    target, *others = family_of(tmp_path, family, "bfloat16")
    specialists = {f"s{number}": one for number, one in enumerate(others)}
    choices = Transfer(norms=0.4, specialists={"s1": Parts(head="move")})
    moves = gate_moves(target, specialists, some_gates(target, 2), choices)
    out = carry_out(plan_transfer(target, moves, tmp_path / "out"))
    module = load_resident(target, CPU, torch.float32)
    ids = torch.randint(4, VOCABULARY, (2, 10), generator=torch.Generator().manual_seed(2))
    before = {name: value.clone() for name, value in module.state_dict().items()}

    with applied(module, target, Candidate("gates", moves)), torch.no_grad():
        during = module(input_ids=ids).logits

    oracle = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32)
    assert during.equal(oracle(input_ids=ids).logits)
    assert all(value.equal(before[name]) for name, value in module.state_dict().items())


def test_open_gates_give_the_specialist_and_closed_ones_the_target(tmp_path: Path) -> None:
    target, specialist = family_of(tmp_path, "llama", count=1)
    layout = layout_of(target)
    for far, source in ((1.0, specialist), (0.0, target)):
        moves = gate_moves(
            target,
            {"s0": specialist},
            uniform_gates(layout, {"s0": specialist}, far),
            Transfer(embeddings="move", norms="move", head="move") if far else Transfer(),
        )
        out = carry_out(plan_transfer(target, moves, tmp_path / f"out{far}"))
        weights = "model.safetensors"
        assert contents(out)[weights] == contents(source.folder)[weights]


def exported(folder: Path) -> tuple[list[Model], Path]:
    models = family_of(folder, "llama", "bfloat16")
    target, *others = models
    specialists = {f"s{number}": one for number, one in enumerate(others)}
    gates = some_gates(target, 2)
    save_gates(gates, folder / "gates.safetensors")
    choices = Transfer(embeddings=0.5, norms="move", policy="mean")
    record = gated_provenance(target, specialists, gates, folder / "gates.safetensors", choices)
    plan = plan_transfer(target, gate_moves(target, specialists, gates, choices), folder / "out")
    files = gated_files(record, folder / "gates.safetensors")
    transfer(plan, lambda _: files, answer=False)
    return models, plan.out


def test_an_export_is_checked_again_from_its_folder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    models, out = exported(tmp_path)
    monkeypatch.chdir("/")

    report = verify_folder(out)

    assert report.passed
    assert report.checks[0].name == "models and gates"
    record = read_provenance(out)
    layout = layout_of(models[0])
    gates = load_gates(out / "act_gates.safetensors", layout)
    assert record.gates is not None
    assert record.gates.channels == np.count_nonzero(gates.open)
    # An export serves as target again, without what it was made by.
    again = plan_transfer(resolve(out), [], tmp_path / "again")
    skipped = {file.name: file.why for file in again.work.skipped}
    assert skipped["act_gates.safetensors"] == "belongs to how the target itself was made"


def test_checking_again_finds_one_changed_bit_inside_and_outside(tmp_path: Path) -> None:
    models, out = exported(tmp_path)
    gates = load_gates(out / "act_gates.safetensors", layout_of(models[0]))
    module = gates.layout.modules[0]
    opened = gates.open[gates.layout.slice_of(0)]
    header = out / "model.safetensors"
    good = header.read_bytes()
    for row, check in (
        (int(np.flatnonzero(opened)[0]), "rows inside"),
        (int(np.flatnonzero(~opened)[0]), "bytes outside"),
    ):
        tensors = load_file(header)
        raw = bytearray(good)
        begin = 8 + int.from_bytes(raw[:8], "little") + offset(raw, module.tensor)
        raw[begin + row * tensors[module.tensor].shape[1] * 2] ^= 1
        header.write_bytes(raw)
        with pytest.raises(VerificationError, match=check):
            verify_folder(out, answer=False)
    header.write_bytes(good)
    path = out / "act_gates.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(VerificationError, match="gates"):
        verify_folder(out, answer=False)


def offset(raw: bytearray, tensor: str) -> int:
    import json

    size = int.from_bytes(raw[:8], "little")
    begin: int = json.loads(raw[8 : 8 + size])[tensor]["data_offsets"][0]
    return begin


def test_an_overflow_is_refused(tmp_path: Path) -> None:
    target, specialist = family_of(tmp_path, "llama", "float16", 1)
    path = specialist.folder / "model.safetensors"
    tensors = load_file(path)
    name = layout_of(target).modules[0].tensor
    tensors[name][3] = 60000.0
    tensors[name][4] = float("nan")
    save_file(tensors, path, {"format": "pt"})
    specialist = resolve(specialist.folder)
    edit = Edit(name, 1.0, np.array([3]), None, np.array([1.9], np.float32))
    with pytest.raises(NotFiniteError, match=name):
        carry_out(plan_transfer(target, [Move("s", specialist, (edit,))], tmp_path / "out"))
    # A row that no gate moves is not read, whatever it holds.
    edit = dataclasses.replace(edit, rows=np.array([5]))
    carry_out(plan_transfer(target, [Move("s", specialist, (edit,))], tmp_path / "fine"))


@pytest.mark.parametrize(
    "strengths", [[0.5], [0.5, 0.0], [0.5, float("nan")], [0.5, 0.2, 0.1]], ids=str
)
def test_strengths_that_do_not_fit_are_refused(tmp_path: Path, strengths: list[float]) -> None:
    target, specialist = family_of(tmp_path, "llama", count=1)
    name = layout_of(target).modules[0].tensor
    edit = Edit(name, 1.0, np.array([1, 2]), None, np.array(strengths, np.float32))
    with pytest.raises(MaskError, match="strengths"):
        plan_transfer(target, [Move("s", specialist, (edit,))], tmp_path / "out")


def test_plain_and_summed_changes_of_one_tensor_are_refused(tmp_path: Path) -> None:
    target, one, other = family_of(tmp_path, "llama")
    name = layout_of(target).modules[0].tensor
    summed = Edit(name, 1.0, np.array([1]), None, np.array([0.5], np.float32))
    plain = Edit(name, 0.5, np.array([2]))
    moves = [Move("a", one, (summed,)), Move("b", other, (plain,))]
    with pytest.raises(MaskError, match="cannot be summed"):
        plan_transfer(target, moves, tmp_path / "out")


def test_gates_of_other_models_are_refused(tmp_path: Path) -> None:
    target, one, other = family_of(tmp_path, "llama")
    gates = some_gates(target, 2)
    with pytest.raises(GatesError, match="are of s0, s1"):
        gate_moves(target, {"s0": one}, gates, Transfer())
    longer = resolve(write_tiny(tmp_path / "longer", "llama", seed=1, layers=3))
    with pytest.raises(GatesError, match="another model"):
        gate_moves(longer, {"s0": one, "s1": other}, gates, Transfer())


def test_starts_and_shuffling(tmp_path: Path) -> None:
    target = resolve(write_tiny(tmp_path / "t", "llama", seed=1))
    mask = some_channels(target)
    started = masked_gates({"s": mask}, 0.7)
    assert started.values["s"].dtype == np.float32
    assert np.array_equal(started.mask("s").selected, mask.selected)
    assert set(started.values["s"]) == {np.float32(0), np.float32(0.7)}
    gates = some_gates(target, 2)
    shuffled = shuffled_gates(gates, 1)
    assert not np.array_equal(shuffled.values["s0"], gates.values["s0"])
    pairs, moved = (np.stack(list(g.values.values()), axis=1) for g in (gates, shuffled))
    for number in range(len(gates.layout.modules)):
        span = gates.layout.slice_of(number)
        assert sorted(map(tuple, pairs[span])) == sorted(map(tuple, moved[span]))
    assert np.array_equal(shuffled_gates(gates, 1).values["s1"], shuffled.values["s1"])


def test_gates_survive_the_disk(tmp_path: Path) -> None:
    target = resolve(write_tiny(tmp_path / "t", "gpt2", seed=1))
    gates = some_gates(target, 2)
    save_gates(gates, tmp_path / "gates.safetensors")
    again = load_gates(tmp_path / "gates.safetensors", layout_of(target))
    assert list(again.values) == list(gates.values)
    assert all(np.array_equal(again.values[name], gates.values[name]) for name in gates.values)
    assert again.facts == gates.facts


def damage(path: Path, **changes: object) -> None:
    """The file with other metadata or tensors."""
    import json

    from act_core.models.headers import read_metadata

    metadata = dict(read_metadata(path))
    tensors = {n: t.numpy() for n, t in load_file(path).items()}
    for key, value in changes.items():
        if key in metadata:
            metadata[key] = value if isinstance(value, str) else json.dumps(value)
        else:
            tensors[key] = value  # type: ignore[assignment]
    save_arrays(tensors, path, metadata)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-4]), "cannot be read"),
        (lambda path: path.write_bytes(b"nonsense" * 9), "cannot be read"),
        (lambda path: path.unlink(), "does not exist"),
        (lambda path: damage(path, format="act-mask-1"), "holds no gates"),
        (lambda path: damage(path, layout="0"), "another form"),
        (lambda path: damage(path, specialists=["s0"]), "what its header says"),
        (lambda path: damage(path, specialists=3), "names no specialists"),
        (lambda path: damage(path, specialists="{"), "unreadable list"),
        (lambda path: damage(path, facts=[1]), "no mapping of texts"),
        (lambda path: damage(path, s0=np.zeros(3, np.float32)), "another form"),
        (lambda path: damage(path, s0=np.zeros(3, np.float64)), "another form"),
    ],
)
def test_damaged_gates_are_refused(
    tmp_path: Path, change: Callable[[Path], object], reason: str
) -> None:
    target = resolve(write_tiny(tmp_path / "t", "llama", seed=1))
    path = tmp_path / "gates.safetensors"
    save_gates(some_gates(target, 2), path)
    change(path)
    with pytest.raises(GatesError, match=reason):
        load_gates(path, layout_of(target))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2.5])
def test_gates_out_of_all_bounds_are_refused(tmp_path: Path, value: float) -> None:
    target = resolve(write_tiny(tmp_path / "t", "llama", seed=1))
    gates = some_gates(target, 1)
    gates.values["s0"][7] = value
    save_gates(gates, tmp_path / "gates.safetensors")
    with pytest.raises(GatesError, match="beyond"):
        load_gates(tmp_path / "gates.safetensors", layout_of(target))


def test_gates_of_one_are_the_mask_for_experts_too(tmp_path: Path) -> None:
    target, specialist = family_of(tmp_path, "mixtral", count=1)
    mask = some_channels(target)
    gates = Gates(mask.layout, {"s0": mask.selected.astype(np.float32)}, {"made": "by hand"})
    moves = gate_moves(target, {"s0": specialist}, gates, Transfer())
    carry_out(plan_transfer(target, moves, tmp_path / "gates"))
    carry_out(planned(target, specialist, tmp_path / "mask", mask=mask))

    ours, expected = (resolve(tmp_path / name) for name in ("gates", "mask"))
    assert all(stored(ours)[name].equal(value) for name, value in stored(expected).items())
