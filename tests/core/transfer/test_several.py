"""Several specialists into one target: sums, means and parts, held against a plain account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from act_core.errors import MaskError, VerificationError
from act_core.evaluate.candidates import Candidate, applied
from act_core.localize.masks import Mask, load_mask, save_mask
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.models.resident import load_resident
from act_core.recipe import Parts, PolicyName, Transfer
from act_core.transfer.contest import contest_of
from act_core.transfer.edits import Edit, mask_edits
from act_core.transfer.export import transfer
from act_core.transfer.moves import Move, moves_of
from act_core.transfer.parts import part_edits, part_shares
from act_core.transfer.plan import plan_transfer
from act_core.transfer.policies import POLICIES, settle
from act_core.transfer.provenance import Gift, provenance_files, provenance_of, read_provenance
from act_core.transfer.verify import verify_folder
from tests.core.models.test_adapter import write_adapter
from tests.core.tiny import VOCABULARY, write_specialist, write_tiny
from tests.core.transfer.setting import carry_out, contents, expected_weights, some_channels

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")

NAMES = ("german", "maths", "adapter")
CHOICES = Transfer(
    strength=0.7,
    norms=0.25,
    specialists={
        "german": Parts(embeddings=0.5, norms="leave"),
        "maths": Parts(embeddings=0.3),
        "adapter": Parts(head="move"),
    },
)
# What that comes to, by part.
FRACTIONS: Mapping[str, Mapping[str, float]] = {
    "model.embed_tokens.weight": {"german": 0.5, "maths": 0.3},
    "norm": {"maths": 0.25, "adapter": 0.25},
    "lm_head.weight": {"adapter": 1.0},
}


def three(folder: Path, dtype: str = "float32") -> tuple[Model, dict[str, Model]]:
    """A target, two full checkpoints and an adapter on the target."""
    target = write_tiny(folder / "target", "llama", seed=1, dtype=dtype)
    for seed, name in enumerate(("german", "maths"), 2):
        write_specialist(folder / name, target, seed=seed, scale=0.5)
    write_adapter(folder / "adapter", target, seed=7)
    references = {name: str(folder / name) for name in ("german", "maths")}
    references["adapter"] = f"{target}+{folder / 'adapter'}"
    return resolve(target), {name: resolve(one) for name, one in references.items()}


def masks_of(target: Model, names: tuple[str, ...] = NAMES) -> dict[str, Mask]:
    """Random masks; the first modules of the model are in none but the first one's."""
    masks = {name: some_channels(target, 0.4, seed=seed) for seed, name in enumerate(names, 3)}
    layout = layout_of(target)
    for name in names[1:]:
        masks[name].selected[: layout.starts[3]] = False
    return masks


def whole(model: Model, name: str) -> torch.Tensor:
    return model.weights.read(name).float()


def reference(
    target: Model,
    specialists: Mapping[str, Model],
    masks: Mapping[str, Mask],
    policy: PolicyName,
) -> dict[str, torch.Tensor]:
    """Every tensor row by row, in float64, rounded by nobody."""
    result = {name: whole(target, name).double() for name in target.facts}
    theirs = {
        (who, name): whole(model, name).double()
        for who, model in specialists.items()
        for name in target.facts
    }
    for number, module in enumerate(layout_of(target).modules):
        for row in range(module.width):
            channel = int(layout_of(target).starts[number]) + row
            claim = [who for who, mask in masks.items() if mask.selected[channel]]
            far = 0.7 / len(claim) if claim and policy == "mean" else 0.7
            start = result[module.tensor][row].clone()
            for who in claim:
                result[module.tensor][row] += far * (theirs[who, module.tensor][row] - start)
    for name in target.facts:
        part = "norm" if target.family.is_norm(name) else name
        start = result[name].clone()
        for who, fraction in FRACTIONS.get(part, {}).items():
            result[name] += fraction * (theirs[who, name] - start)
    return result


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("policy", ["sum", "mean"])
def test_two_checkpoints_and_an_adapter_make_what_the_formula_says(
    tmp_path: Path, policy: PolicyName, dtype: str
) -> None:
    target, specialists = three(tmp_path, dtype)
    masks = masks_of(target)
    choices = CHOICES.model_copy(update={"policy": policy})
    settled = settle(masks, None, policy)
    assert settled.contested > 50
    moves = moves_of(target, specialists, settled.masks, choices)
    plan = plan_transfer(target, moves, tmp_path / "out")

    out = resolve(carry_out(plan))

    tolerance = 1e-6 if dtype == "float32" else 2**-8
    for name, expected in reference(target, specialists, masks, policy).items():
        found = out.weights.read(name)
        assert found.dtype == target.weights.read(name).dtype
        torch.testing.assert_close(found.double(), expected, rtol=tolerance, atol=tolerance)
    # What a checkpoint alone claims is, bit by bit, what it is without the others; rows of an
    # adapter are computed, and round otherwise among others.
    claimants = contest_of(masks).claimants
    alone = {
        name: Mask(mask.layout, mask.selected & (claimants == 1)) for name, mask in masks.items()
    }
    plain = [Move(n, specialists[n], mask_edits(target, alone[n], 0.7)) for n in NAMES]
    apart = resolve(carry_out(plan_transfer(target, plain, tmp_path / "alone")))
    same = (claimants < 2) & ~masks["adapter"].selected
    for number, module in enumerate(layout_of(target).modules):
        rows = torch.from_numpy(np.flatnonzero(same[layout_of(target).slice_of(number)]))
        ours, theirs = (one.weights.read(module.tensor)[rows] for one in (out, apart))
        assert ours.equal(theirs)
    summed = {patch.name for patch in plan.work.all_patches if patch.summed}
    assert layout_of(target).modules[0].tensor not in summed
    assert plan.whole_tensors == sum(target.family.is_norm(name) for name in target.facts) + 2
    assert plan.rows == np.count_nonzero(claimants)


@pytest.mark.parametrize("family", ["llama", "gpt2", "mixtral"])
def test_a_candidate_of_several_is_its_export_and_leaves_no_trace(
    tmp_path: Path, family: str
) -> None:
    target = resolve(write_tiny(tmp_path / "target", family, seed=1, dtype="bfloat16"))
    names = ("one", "two", "three")
    for seed, name in enumerate(names):
        write_specialist(tmp_path / name, target.folder, seed=seed, scale=0.5)
    specialists = {name: resolve(tmp_path / name) for name in names}
    choices = Transfer(policy="mean", strength=0.9, norms=0.4, head="move", router=0.3)
    masks = settle(masks_of(target, names), None, "mean").masks
    moves = moves_of(target, specialists, masks, choices)
    out = carry_out(plan_transfer(target, moves, tmp_path / "out"))
    module = load_resident(target, torch.device("cpu"), torch.float32)
    ids = torch.randint(4, VOCABULARY, (2, 10), generator=torch.Generator().manual_seed(2))
    before = {name: value.clone() for name, value in module.state_dict().items()}

    with applied(module, target, Candidate("several", moves)), torch.no_grad():
        during = module(input_ids=ids).logits

    oracle = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32)
    assert during.equal(oracle(input_ids=ids).logits)
    assert all(value.equal(before[name]) for name, value in module.state_dict().items())


def test_nothing_selected_from_three_leaves_the_target_byte_for_byte(tmp_path: Path) -> None:
    target, specialists = three(tmp_path)
    layout = layout_of(target)
    none = {name: Mask(layout, np.zeros(layout.total, dtype=np.bool_)) for name in NAMES}
    moves = moves_of(target, specialists, none, Transfer(policy="sum"))
    out = carry_out(plan_transfer(target, moves, tmp_path / "out"))
    assert contents(out)["model.safetensors"] == contents(target.folder)["model.safetensors"]


def test_all_of_one_among_three_is_that_specialist_byte_for_byte(tmp_path: Path) -> None:
    target, specialists = three(tmp_path)
    layout = layout_of(target)
    masks = {
        name: Mask(layout, np.full(layout.total, name == "maths", dtype=np.bool_)) for name in NAMES
    }
    choices = Transfer(
        policy="sum",
        specialists={"maths": Parts(embeddings="move", norms="move", head="move")},
    )
    moves = moves_of(target, specialists, masks, choices)
    out = carry_out(plan_transfer(target, moves, tmp_path / "out"))
    weights = "model.safetensors"
    assert contents(out)[weights] == contents(tmp_path / "maths")[weights]


def exported(folder: Path, policy: PolicyName = "mean") -> tuple[Model, Path]:
    """An export with its recipe and masks beside the weights."""
    target, specialists = three(folder)
    choices = CHOICES.model_copy(update={"policy": policy})
    gifts = {}
    for name, mask in settle(masks_of(target), None, policy).masks.items():
        save_mask(mask, folder / f"{name}.safetensors")
        gifts[name] = Gift(specialists[name], mask, folder / f"{name}.safetensors")
    record = provenance_of(target, gifts, choices)
    moves = moves_of(target, specialists, {n: g.mask for n, g in gifts.items()}, choices)
    plan = plan_transfer(target, moves, folder / "out")
    transfer(plan, lambda _: provenance_files(record, gifts), answer=False)
    return target, plan.out


def test_an_export_of_several_is_checked_again_from_its_folder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target, out = exported(tmp_path)
    monkeypatch.chdir("/")

    assert verify_folder(out, answer=False).passed

    record = read_provenance(out)
    assert list(record.specialists) == list(NAMES)
    assert record.transfer.part("maths", "embeddings") == 0.3
    layout = layout_of(target)
    masks = {name: load_mask(out / f"act_mask-{name}.safetensors", layout) for name in NAMES}
    assert masks["german"].facts["policy"] == "mean"
    # One bit of a contested row.
    shared = np.flatnonzero(masks["german"].selected & masks["maths"].selected)
    number = int(np.searchsorted(layout.starts, shared[0], side="right")) - 1
    module, row = layout.modules[number], int(shared[0] - layout.starts[number])
    path = out / "model.safetensors"
    raw = bytearray(path.read_bytes())
    values = load_file(path)[module.tensor][row].numpy().tobytes()
    place = raw.find(values)
    raw[place] ^= 1
    path.write_bytes(raw)
    with pytest.raises(VerificationError, match="rows inside"):
        verify_folder(out, answer=False)


def test_the_order_of_specialists_is_part_of_what_an_export_is_made_of(tmp_path: Path) -> None:
    _, out = exported(tmp_path)
    record = read_provenance(out)
    turned = dict(reversed(record.specialists.items()))
    other = record.model_copy(update={"specialists": turned})
    assert record.essence() == read_provenance(out).essence() != other.essence()


@pytest.mark.parametrize(
    ("policy", "head", "expected"),
    [
        ("refuse", {"german": 0.5, "maths": 0.3}, {"german": 0.5, "maths": 0.3}),
        ("mean", {"german": 0.5, "maths": 0.3}, {"german": 0.5, "maths": 0.3}),
        ("refuse", {"german": "move", "maths": "leave"}, {"german": 1}),
        ("priority", {"german": 0.5, "maths": "move", "adapter": "move"}, {"maths": 1}),
        ("strongest", {"german": 0.5, "maths": 0.3}, {"german": 0.5, "maths": 0.3}),
        ("strongest", {"german": "move"}, {"german": 1}),
        ("sum", {"german": "move", "maths": 0.5}, {"german": 1, "maths": 0.5}),
        ("mean", {"german": "move", "maths": 0.5}, {"german": 0.5, "maths": 0.25}),
    ],
)
def test_parts_of_several_are_summed_and_whole_ones_settled(
    policy: PolicyName, head: dict[str, float | str], expected: dict[str, float]
) -> None:
    own = {name: Parts.model_validate({"head": choice}) for name, choice in head.items()}
    choices = Transfer(policy=policy, specialists=own)
    chosen = {name: choices.part(name, "head") for name in NAMES}
    assert part_shares("head", chosen, choices) == expected


@pytest.mark.parametrize("policy", ["refuse", "strongest"])
def test_two_that_move_a_part_whole_are_refused_with_what_to_do(
    tmp_path: Path, policy: PolicyName
) -> None:
    target, specialists = three(tmp_path)
    masks = {
        name: Mask(mask.layout, mask.selected & False) for name, mask in masks_of(target).items()
    }
    choices = Transfer(norms="move", policy=policy, specialists={"german": Parts(norms="leave")})
    with pytest.raises(MaskError, match="maths and adapter both change the norms") as refused:
        moves_of(target, specialists, masks, choices)
    assert ("Only channels have scores" in refused.value.reason) is (policy == "strongest")
    assert "priority (the first named moves it)" in refused.value.remedy
    settled = choices.model_copy(update={"policy": "priority"})
    norms = {move.name: len(move.edits) for move in moves_of(target, specialists, masks, settled)}
    assert norms["maths"] > 0 == norms["german"] == norms["adapter"]
    # The head of a tied model is no part of its own, so nobody contests it.
    tied = resolve(write_tiny(tmp_path / "tied", "gemma2", seed=1))
    assert tied.tied
    assert part_edits(tied, ("one", "two"), Transfer(head="move")) == {"one": (), "two": ()}


def test_every_policy_serves_where_nothing_is_contested(tmp_path: Path) -> None:
    target, specialists = three(tmp_path)
    mask = some_channels(target)
    rest = Mask(mask.layout, ~mask.selected)
    masks = {"german": mask, "maths": rest}
    edits = [mask_edits(target, one, 0.7) for one in masks.values()]
    found = set()
    for policy in POLICIES.values():
        settled = settle(masks, None, policy.name).masks
        choices = Transfer(strength=0.7, policy=policy.name)
        moves = moves_of(target, specialists, settled, choices)
        assert all(edit.strengths is None for move in moves for edit in move.edits)
        out = carry_out(plan_transfer(target, moves, tmp_path / policy.name))
        found.add((out / "model.safetensors").read_bytes())
    half_way = tmp_path / "half-way"
    half_way.mkdir()
    first = expected_weights(target.folder, tmp_path / "german", edits[0])
    for name, data in first.items():
        (half_way / name).write_bytes(data)
    assert found == set(expected_weights(half_way, tmp_path / "maths", edits[1]).values())


def test_a_whole_tensor_is_summed_in_every_shape(tmp_path: Path) -> None:
    target, specialists = three(tmp_path)
    names = ("model.norm.weight", "model.embed_tokens.weight")
    moves = []
    for who, share in (("german", 0.5), ("maths", -0.25)):
        edits = [Edit(n, 1.0, strengths=np.array([share], np.float32)) for n in names]
        moves.append(Move(who, specialists[who], tuple(edits)))
    plan = plan_transfer(target, moves, tmp_path / "out")
    out = resolve(carry_out(plan))
    assert (plan.whole_tensors, plan.rows) == (2, 0)
    for name in names:
        start, one, other = (
            whole(model, name) for model in (target, specialists["german"], specialists["maths"])
        )
        assert out.weights.read(name).equal(start + 0.5 * (one - start) + -0.25 * (other - start))
