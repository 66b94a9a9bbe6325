"""Training LoRA: PEFT computes what we apply, the loss falls, rates compete, resume is exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, inject_adapter_in_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError
from act_core.events import Event, Finished, TuningLoss, discard
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve, with_adapter
from act_core.models.resident import load_resident
from act_core.tune.gate_training import learn_gates
from act_core.tune.lora import LoraSpec, module_pattern, nearest_rank
from act_core.tune.lora_training import FACTS_NAME, LoraLearner, train_lora
from act_core.tune.losses import LossMeter
from act_core.tune.schedule import Schedule
from tests.core.tune.setting import data, mean_loss, models, spec_for
from tests.core.tune.test_gate_training import CancelAfter


def spec_of(target: Model, **changes: Any) -> LoraSpec:
    schedule = {"steps": 4, "batch_tokens": 30, "validation": 0.3, "check_every": 2, "patience": 3}
    wanted = layout_of(target).total
    fields: dict[str, Any] = {"rank": nearest_rank(target, wanted), "device": "cpu"}
    for name, value in changes.items():
        (schedule if name in schedule else fields)[name] = value
    return LoraSpec(target, data(), Schedule(**schedule), **fields)  # type: ignore[arg-type]


def trained(spec: LoraSpec, folder: Path, emit: Any = discard) -> dict[str, Any]:
    return dict(train_lora(spec, folder, emit, CancelToken()).facts)


# PEFT asks transformers for an attribute that has another name by now.
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
@pytest.mark.parametrize("family", ["llama", "gpt2", "phi3", "qwen2_moe"])
def test_peft_and_our_reader_make_the_model_that_was_trained(tmp_path: Path, family: str) -> None:
    (target,) = models(tmp_path, family, count=0)
    events: list[Event] = []
    spec = spec_of(target)
    facts = trained(spec, tmp_path / "adapter", events.append)

    name = f"lora {facts['rate']:g}"
    told = {
        one.ability: one.loss
        for one in events
        if isinstance(one, TuningLoss)
        and (one.tuning, one.split, one.step) == (name, "validation", facts["best_step"])
    }
    plain = AutoModelForCausalLM.from_pretrained(target.folder, dtype=torch.float32)
    peft = PeftModel.from_pretrained(plain, str(tmp_path / "adapter")).eval()
    for ours in (
        resolve(f"{target.folder}+{tmp_path / 'adapter'}"),
        with_adapter("tuned", target, tmp_path / "adapter"),
    ):
        loaded = load_resident(ours, torch.device("cpu"), torch.float32)
        meter = LossMeter(loaded, ours, 1000, discard, CancelToken())
        for one in spec.schedule.data(target, data()):
            with torch.no_grad():
                expected = mean_loss(peft, one.validation).item()
            assert told[one.ability] == pytest.approx(expected, rel=1e-5)
            assert meter.loss(one.validation) == pytest.approx(expected, rel=1e-5)
    tensors = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert sum(one.numel() for one in tensors.values()) == facts["parameters"]
    assert facts["parameters"] == spec.parameters


def test_the_rank_is_the_nearest(tmp_path: Path) -> None:
    (target,) = models(tmp_path, "llama", count=0)
    each = LoraSpec(target, data(), Schedule(1, 1, 0, 1, 1), 1).parameters
    found = [nearest_rank(target, int(each * times)) for times in (0.1, 1.4, 1.6, 7.0)]
    assert found == [1, 1, 2, 7]


def test_it_reads_what_gates_read_and_learns(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    gates = spec_for(target, one, steps=4, validation=0.3, check_every=2)
    spec = LoraSpec(target, data(), gates.schedule, 1, device="cpu")
    events: list[Event] = []
    facts = trained(spec, tmp_path / "adapter", events.append)
    learned = learn_gates(gates, tmp_path, discard, CancelToken())
    for name in ("tokens", "different_tokens", "validation_tokens"):
        assert facts[name] == int(learned.facts[name])
    assert facts["tokens_of_all"] == 3 * facts["tokens"]

    losses = [event for event in events if isinstance(event, TuningLoss)]
    first = sum(e.loss for e in losses if (e.split, e.step) == ("validation", 0)) / 3
    best = facts["tried"][f"{facts['rate']:g}"]
    assert 2 * best < first - 0.1
    assert best == min(facts["tried"].values())


def test_without_validation_the_rate_is_chosen_before_learning(tmp_path: Path) -> None:
    (target,) = models(tmp_path, "llama", count=0)
    events: list[Event] = []
    facts = trained(spec_of(target, validation=0), tmp_path / "adapter", events.append)
    for rate, value in facts["tried"].items():
        named = [e.loss for e in events if isinstance(e, TuningLoss) and e.tuning == f"lora {rate}"]
        assert value == pytest.approx(sum(named) / len(named))
    assert facts["best_step"] == facts["steps"] == 4


@pytest.mark.parametrize("cancelled_after", [3, 20])
def test_going_on_after_a_cancel_gives_the_same_bits(tmp_path: Path, cancelled_after: int) -> None:
    (target,) = models(tmp_path, "llama", count=0)
    spec = spec_of(target, rates=(1e-3, 1e-2))
    whole = trained(spec, tmp_path / "whole" / "adapter")

    sink = CancelAfter(cancelled_after)
    with pytest.raises(CancelledByPersonError):
        train_lora(spec, tmp_path / "broken" / "adapter", sink, sink.token)
    assert not (tmp_path / "broken" / "adapter").exists()
    again = trained(spec, tmp_path / "broken" / "adapter")

    assert {**again, "seconds": 0} == {**whole, "seconds": 0}
    one, other = (
        load_file(tmp_path / name / "adapter" / "adapter_model.safetensors")
        for name in ("whole", "broken")
    )
    assert all(one[name].equal(other[name]) for name in one)
    assert [path.name for path in (tmp_path / "broken").iterdir()] == ["adapter"]


def test_a_known_adapter_is_taken_and_another_is_not(tmp_path: Path) -> None:
    (target,) = models(tmp_path, "llama", count=0)
    place = tmp_path / "adapter"
    facts = trained(spec_of(target, rates=(1e-2,)), place)
    events: list[Event] = []
    assert trained(spec_of(target, rates=(1e-2,)), place, events.append) == facts
    assert events == [Finished("tuning only", reused=True)]
    assert trained(spec_of(target, rates=(1e-2,), rank=2), place)["rank"] == 2
    (place / FACTS_NAME).write_text("[", "utf-8")
    assert trained(spec_of(target, rates=(1e-2,)), place)["rank"] == facts["rank"]


def test_an_adapter_on_an_adapter(tmp_path: Path) -> None:
    (target,) = models(tmp_path, "llama", count=0)
    trained(spec_of(target, rates=(1e-2,)), tmp_path / "first")
    ours = resolve(f"{target.folder}+{tmp_path / 'first'}")
    trained(spec_of(ours, rates=(1e-2,)), tmp_path / "second")
    both = resolve(f"{ours.reference}+{tmp_path / 'second'}")
    name = layout_of(target).modules[0].tensor
    assert not both.weights.read(name).equal(ours.weights.read(name))
    assert not ours.weights.read(name).equal(target.weights.read(name))


def test_its_start_is_its_seeds_alone_and_peft_s_own(tmp_path: Path) -> None:
    (target,) = models(tmp_path, "llama", count=0)
    plain = LoraLearner(spec_of(target)).values.detach()

    torch.manual_seed(5)  # as another thread may at any time
    seeded = LoraLearner(spec_of(target)).values.detach()
    reduced = LoraLearner(spec_of(target, dtype="bfloat16")).values.detach()

    torch.manual_seed(spec_of(target).schedule.seed)
    module = load_resident(target, torch.device("cpu"), torch.float32)
    config = LoraConfig(r=spec_of(target).rank, target_modules=module_pattern(target))
    inject_adapter_in_model(config, module)
    own = [one.detach().flatten() for name, one in module.named_parameters() if "lora_" in name]
    assert plain.equal(torch.cat(own))
    assert plain.equal(seeded)
    assert plain.equal(reduced)


def test_a_model_in_bfloat16_gets_an_adapter_in_float32(tmp_path: Path) -> None:
    (target,) = models(tmp_path, "llama", count=0)
    facts = trained(spec_of(target, dtype="bfloat16"), tmp_path / "reduced")
    tensors = load_file(tmp_path / "reduced" / "adapter_model.safetensors")
    assert {one.dtype for one in tensors.values()} == {torch.float32}
    full = trained(spec_of(target), tmp_path / "full")
    for rate, loss in facts["tried"].items():
        assert loss == pytest.approx(full["tried"][rate], rel=0.02)
