"""Ties on real tiny models; what belongs together is asked of transformers' own forward."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM

from act_core.errors import MaskError
from act_core.localize.masks import Mask
from act_core.localize.tying import Tie, group_ids, moved_parameters, neuron_columns
from act_core.models.channels import layout_of
from act_core.models.families import FAMILIES
from act_core.models.reference import Model, resolve
from act_core.transfer.edits import mask_edits
from tests.core.tiny import VOCABULARY, write_tiny

FAMILY_NAMES = (
    "llama", "qwen2", "qwen3", "phi3", "cohere", "starcoder2", "gpt_neox", "gpt2", "falcon",
    "falcon-7b", "falcon-rw", "bloom",
)  # fmt: skip
# No norm between q or k and the rotation.
ROTARY_NAMES = ("llama", "qwen2", "phi3", "cohere", "gpt_neox", "falcon", "falcon-7b")
UNGATED_NAMES = {"starcoder2", "gpt_neox", "gpt2", "falcon", "falcon-7b", "falcon-rw", "bloom"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {name: write_tiny(root / name, name, seed=3) for name in FAMILY_NAMES}


def groups_of(model: Model, *ties: Tie) -> list[NDArray[np.int64]]:
    """Groups of two channels and more."""
    ids = group_ids(model, ties)
    groups = [np.flatnonzero(ids == lead) for lead in np.unique(ids)]
    assert all(group[0] == ids[group[0]] for group in groups)
    return [group for group in groups if len(group) > 1]


def ids_of_tokens() -> torch.Tensor:
    return torch.randint(4, VOCABULARY, (2, 9), generator=torch.Generator().manual_seed(1))


def edit_channels(
    network: Any,
    model: Model,
    channels: NDArray[np.int64],
    change: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    """Replace rows and bias entries `[channels, ...]` of one module by what `change` returns."""
    layout = layout_of(model)
    numbers = layout.module_of_channel()[channels]
    assert len(set(numbers.tolist())) == 1
    module = layout.modules[numbers[0]]
    rows = torch.from_numpy(channels - layout.starts[numbers[0]])
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        weight = parameters[module.tensor]
        view = weight.t() if module.transposed else weight
        view[rows] = change(view[rows])
        if module.bias is not None:
            parameters[module.bias][rows] = change(parameters[module.bias][rows])


def reader_inputs(network: Any, model: Model, kind: str) -> torch.Tensor:
    """What layer 0's module of a kind reads, `[tokens, inputs]`."""
    spec = next(spec for spec in model.family.modules if spec.kind == kind)
    seen = []
    hook = network.get_submodule(model.family.module_name(0, spec)).register_forward_pre_hook(
        lambda _module, arguments: seen.append(arguments[0].detach().flatten(0, -2))
    )
    with torch.no_grad():
        network(ids_of_tokens())
    hook.remove()
    return seen[0]


def changed_inputs(folder: Path, model: Model, group: NDArray[np.int64], kind: str) -> list[int]:
    """Coordinates that a reader sees change when a group's channels change."""
    network = AutoModelForCausalLM.from_pretrained(folder)
    before = reader_inputs(network, model, kind)
    numbers = layout_of(model).module_of_channel()[group]
    for number in set(numbers.tolist()):
        edit_channels(network, model, group[numbers == number], lambda rows: rows * 1.5)
    after = reader_inputs(network, model, kind)
    changed = (after - before).abs().amax(dim=0) > 1e-5
    return torch.nonzero(changed).flatten().tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ROTARY_NAMES)
def test_turning_every_rotary_pair_by_one_angle_changes_nothing(
    folders: dict[str, Path], name: str
) -> None:
    """Rotations of a plane commute, so attention notices unless the pairs are wrong."""
    model = resolve(folders[name])
    network = AutoModelForCausalLM.from_pretrained(folders[name])
    with torch.no_grad():
        before = network(ids_of_tokens()).logits
    cosine, sine = math.cos(0.7), math.sin(0.7)
    turn = torch.tensor([[cosine, -sine], [sine, cosine]])

    pairs = groups_of(model, "rotary")
    for pair in pairs:
        edit_channels(network, model, pair, lambda rows: turn @ rows)

    with torch.no_grad():
        after = network(ids_of_tokens()).logits
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)
    shape = model.shape
    assert all(len(pair) == 2 for pair in pairs)
    assert len(pairs) == shape.layers * (shape.heads + shape.kv_heads) * shape.rotary_dim // 2


@pytest.mark.parametrize("name", ["phi3", "gpt_neox"])
def test_partial_rotation_leaves_the_rest_of_a_head_alone(
    folders: dict[str, Path], name: str
) -> None:
    model = resolve(folders[name])

    tied = sum(len(pair) for pair in groups_of(model, "rotary"))

    assert model.shape.rotary_dim == model.shape.head_dim // 2
    shape = model.shape
    assert tied == shape.layers * (shape.heads + shape.kv_heads) * shape.head_dim // 2


def test_interleaved_pairs_are_neighbours(folders: dict[str, Path]) -> None:
    model = resolve(folders["llama"])
    model = dataclasses.replace(
        model, family=dataclasses.replace(model.family, rotary="interleaved")
    )

    pairs = groups_of(model, "rotary")

    assert all(second == first + 1 and first % 2 == 0 for first, second in pairs)
    shape = model.shape
    assert len(pairs) == shape.layers * (shape.heads + shape.kv_heads) * shape.head_dim // 2


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_a_key_value_group_reaches_its_own_heads_only(folders: dict[str, Path], name: str) -> None:
    model = resolve(folders[name])
    shape = model.shape
    groups = groups_of(model, "kv")
    layer = [group for group in groups if group[0] < layout_of(model).total // shape.layers]

    reached = [changed_inputs(folders[name], model, group, "o") for group in layer]

    assert len(groups) == shape.layers * shape.kv_heads
    assert all(len(group) == 2 * shape.head_dim for group in groups)
    each = shape.heads // shape.kv_heads * shape.head_dim
    assert reached == [list(range(k * each, (k + 1) * each)) for k in range(shape.kv_heads)]


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_a_neuron_reaches_its_own_down_column_only(folders: dict[str, Path], name: str) -> None:
    model = resolve(folders[name])
    layout = layout_of(model)
    group_by_neuron = 1 if name in UNGATED_NAMES else 2
    down = next(module for module in layout.modules if module.kind == "down")
    ids = group_ids(model, ["neuron"])
    kinds = np.array([module.kind for module in layout.modules])[layout.module_of_channel()]
    rows = np.flatnonzero(np.isin(kinds, ["gate", "up", "gate_up"]))
    leads = np.unique(ids[rows])
    assert len(leads) == model.shape.layers * down.inputs
    assert np.all(np.unique(ids[rows], return_counts=True)[1] == group_by_neuron)
    np.testing.assert_array_equal(np.delete(ids, rows), np.delete(np.arange(layout.total), rows))

    for neuron in (0, 7, down.inputs - 1):
        group = np.flatnonzero(ids == leads[neuron])
        selected = np.zeros(layout.total, dtype=np.bool_)
        selected[group] = True
        columns = neuron_columns(model, selected)

        assert changed_inputs(folders[name], model, group, "down") == [neuron]
        assert columns[down.tensor].tolist() == [neuron]
        assert [len(chosen) for chosen in columns.values()] == [1] + [0] * (model.shape.layers - 1)


@pytest.mark.parametrize("name", ["llama", "phi3", "gpt_neox"])
def test_rotary_and_key_value_ties_merge(folders: dict[str, Path], name: str) -> None:
    model = resolve(folders[name])
    pairs, heads = groups_of(model, "rotary"), groups_of(model, "kv")

    both = groups_of(model, "kv", "rotary")

    in_heads = set(np.concatenate(heads).tolist())
    alone = [pair.tolist() for pair in pairs if not set(pair.tolist()) & in_heads]
    assert sorted(group.tolist() for group in both) == sorted(
        [*(head.tolist() for head in heads), *alone]
    )
    assert alone  # the pairs of q


def test_a_neuron_pays_for_its_down_column(folders: dict[str, Path]) -> None:
    model = resolve(folders["qwen2"])
    layout = layout_of(model)
    ids = group_ids(model, ["neuron"])
    gate = next(i for i, module in enumerate(layout.modules) if module.kind == "gate")
    neuron = ids == layout.starts[gate]

    parameters = moved_parameters(model, ["neuron"])

    assert parameters[neuron].sum() == 3 * model.shape.hidden
    np.testing.assert_array_equal(moved_parameters(model, []), layout.parameters_of_channel())


def test_a_tie_that_joins_nothing_is_refused(folders: dict[str, Path]) -> None:
    for name, title in (("gpt2", "GPT-2"), ("falcon-rw", "Falcon"), ("bloom", "BLOOM")):
        with pytest.raises(MaskError, match=f"{title}.*rotary"):
            group_ids(resolve(folders[name]), ["rotary"])

    model = resolve(folders["llama"])
    plain = tuple(dataclasses.replace(spec, layout="plain") for spec in model.family.modules)
    model = dataclasses.replace(model, family=dataclasses.replace(model.family, modules=plain))
    for tie in ("rotary", "kv", "neuron"):
        with pytest.raises(MaskError, match=f"Leave the tie {tie} out"):
            group_ids(model, [tie])


def test_a_model_that_is_not_what_its_config_says_is_refused(folders: dict[str, Path]) -> None:
    model = resolve(folders["llama"])
    model = dataclasses.replace(model, shape=dataclasses.replace(model.shape, kv_heads=3))

    with pytest.raises(MaskError, match=r"k_proj\.weight has 16 channels.*24"):
        group_ids(model, ["kv"])


def test_every_family_states_heads_and_neurons() -> None:
    for family in FAMILIES:
        layouts = {spec.layout for spec in family.modules}
        heads = {"query_heads", "gated_query_heads", "qkv_blocks", "qkv_interleaved"}
        assert layouts & heads, family.name
        assert "from_neuron" in layouts, family.name


def test_a_neuron_of_an_expert_is_its_own(tmp_path: Path) -> None:
    """Neuron 5 of expert 2: its gate and up row, and its column of that expert's down."""
    model = resolve(write_tiny(tmp_path / "m", "mixtral", seed=3))
    layout = layout_of(model)
    ids = group_ids(model, ["neuron"])
    gate, up, down = (
        next(i for i, m in enumerate(layout.modules) if m.kind == f"expert_{part}")
        for part in ("gate", "up", "down")
    )
    place = 2 * 64 + 5
    neuron = ids == layout.starts[gate] + place

    assert np.flatnonzero(neuron).tolist() == [layout.starts[n] + place for n in (gate, up)]
    assert len(np.unique(ids)) == layout.total - model.shape.layers * 4 * 64
    columns = neuron_columns(model, neuron)
    assert columns[layout.modules[down].tensor].tolist() == [place]
    assert moved_parameters(model, ["neuron"])[neuron].sum() == 3 * model.shape.hidden

    edits = mask_edits(model, Mask(layout, neuron, columns), 1.0)
    experts = "model.layers.0.mlp.experts.2"
    found = [
        (e.tensor, *(None if v is None else v.tolist() for v in (e.rows, e.columns))) for e in edits
    ]
    assert found == [
        (f"{experts}.gate_proj.weight", [5], None),
        (f"{experts}.up_proj.weight", [5], None),
        (f"{experts}.down_proj.weight", None, [5]),
    ]


def test_shared_and_routed_experts_have_neurons_of_their_own(tmp_path: Path) -> None:
    """Qwen2-MoE: a plain MLP in layer 0, four experts and a shared one in layer 1."""
    model = resolve(write_tiny(tmp_path / "m", "qwen2_moe", seed=3))
    layout = layout_of(model)
    groups = groups_of(model, "neuron")

    kinds = [tuple(layout.modules[m].kind for m in np.searchsorted(layout.starts, g, "right") - 1)
             for g in groups]  # fmt: skip
    assert Counter(kinds) == {
        ("gate", "up"): 64,
        ("expert_gate", "expert_up"): 4 * 24,
        ("shared_gate", "shared_up"): 40,
    }
    every = neuron_columns(model, np.ones(layout.total, dtype=np.bool_))
    assert [len(chosen) for chosen in every.values()] == [64, 4 * 24, 40]


def test_gated_queries_are_tied_without_their_gates(tmp_path: Path) -> None:
    """Qwen3-Next: layer 0 has no heads; in layer 1 each head's queries come before its gate."""
    model = resolve(write_tiny(tmp_path / "m", "qwen3_next", seed=3))
    layout = layout_of(model)
    q, k = (
        next(i for i, m in enumerate(layout.modules) if m.kind == kind and m.layer == 1)
        for kind in ("q", "k")
    )
    assert model.shape.rotary_dim == 2
    assert [g.tolist() for g in groups_of(model, "rotary")] == [
        [layout.starts[q] + 16 * head, layout.starts[q] + 16 * head + 1] for head in range(4)
    ] + [[layout.starts[k] + 8 * head, layout.starts[k] + 8 * head + 1] for head in range(2)]
    assert [len(g) for g in groups_of(model, "kv")] == [16, 16]
