"""The gradient of a gate equals autograd's through weights that are blended in plain sight."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.models.channels import layout_of
from act_core.models.resident import load_resident
from act_core.tune.gate_gradient import install_gates, recompute_layers
from act_core.tune.losses import LossMeter
from tests.core.tune.setting import SPECIALISTS, blended, data, mean_loss, models, some_values

PLAIN = ("llama", "gpt2", "phi3", "gpt_neox", "gemma2")
EXPERTS = ("mixtral", "qwen2_moe", "qwen3_moe", "qwen3_next", "granitemoe", "olmoe")


@pytest.mark.parametrize(
    ("family", "count"), [*((f, c) for f in PLAIN for c in (1, 2)), *((f, 2) for f in EXPERTS)]
)
def test_gradients_are_those_of_autograd(tmp_path: Path, family: str, count: int) -> None:
    target, *others = models(tmp_path, family, count=count)
    specialists = dict(zip(SPECIALISTS, others, strict=False))
    values = torch.from_numpy(some_values(target, count))
    rows = data()["bring"].sequences
    plain = values.clone().requires_grad_(True)
    expected = mean_loss(blended(target, specialists, plain), rows)
    expected.backward()

    for batch_tokens, recompute in ((1000, False), (15, False), (1000, True)):
        gates = torch.nn.Parameter(values.clone())
        gates.grad = torch.zeros_like(gates)
        module = load_resident(target, torch.device("cpu"), torch.float32)
        install_gates(module, target, specialists, gates)
        if recompute:
            recompute_layers(module, target)
        meter = LossMeter(module, target, batch_tokens, discard, CancelToken())
        loss = meter.learn(rows, gates, 0.5)

        assert loss == pytest.approx(expected.item(), rel=1e-5)
        assert meter.loss(rows) == pytest.approx(loss, rel=1e-6)
        scale = float(plain.grad.abs().max())
        torch.testing.assert_close(2 * gates.grad, plain.grad, rtol=1e-3, atol=1e-5 * scale)
        assert all(not one.requires_grad for one in module.parameters() if one is not gates)


def test_a_gate_of_an_expert_hears_only_of_tokens_that_are_sent_there(tmp_path: Path) -> None:
    target, one = models(tmp_path, "mixtral", count=1)
    gates = torch.nn.Parameter(torch.from_numpy(some_values(target, 1)))
    gates.grad = torch.zeros_like(gates)
    module = load_resident(target, torch.device("cpu"), torch.float32)
    install_gates(module, target, {"one": one}, gates)
    meter = LossMeter(module, target, 1000, discard, CancelToken())
    meter.learn([data()["bring"].sequences[2]], gates, 1.0)

    router = module.get_submodule("model.layers.1.mlp.gate")
    sent: list[torch.Tensor] = []
    router.register_forward_hook(lambda _module, _inputs, output: sent.append(output[-1]))
    meter.loss([data()["bring"].sequences[2]])
    layout = layout_of(target)
    (number,) = [i for i, m in enumerate(layout.modules) if (m.layer, m.kind) == (1, "expert_up")]
    each = gates.grad[0, layout.slice_of(number)].reshape(4, -1)
    heard = {expert for expert in range(4) if torch.count_nonzero(each[expert])}
    assert heard == set(sent[0].flatten().tolist())


def test_recomputing_gives_the_same_bits(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    found = []
    for recompute in (False, True):
        gates = torch.nn.Parameter(torch.from_numpy(some_values(target, 1)))
        gates.grad = torch.zeros_like(gates)
        module = load_resident(target, torch.device("cpu"), torch.float32)
        install_gates(module, target, {"one": one}, gates)
        if recompute:
            recompute_layers(module, target)
        LossMeter(module, target, 1000, discard, CancelToken()).learn(
            data()["keep"].sequences, gates, 1.0
        )
        found.append(gates.grad)
    assert found[0].equal(found[1])


def test_half_precision_comes_close(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        gates = torch.nn.Parameter(torch.from_numpy(some_values(target, 1)))
        gates.grad = torch.zeros_like(gates)
        module = load_resident(target, torch.device("cpu"), dtype)
        install_gates(module, target, {"one": one}, gates)
        LossMeter(module, target, 1000, discard, CancelToken()).learn(
            data()["keep"].sequences, gates, 1.0
        )
        found.append(gates.grad)
    assert found[1].dtype == torch.float32
    assert torch.nn.functional.cosine_similarity(*found).item() > 0.98


def test_memory_that_runs_out_halves_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from act_core.tune import losses

    target, one = models(tmp_path, "llama", count=1)
    rows = data()["keep"].sequences
    real = losses.summed_nats

    def small(module: object, batch: object) -> torch.Tensor:
        if batch.ids.size > 40:  # type: ignore[attr-defined]
            raise torch.OutOfMemoryError("full")
        return real(module, batch)  # type: ignore[arg-type]

    found, events = [], []
    for tight in (False, True):
        if tight:
            monkeypatch.setattr(losses, "summed_nats", small)
        gates = torch.nn.Parameter(torch.from_numpy(some_values(target, 1)))
        gates.grad = torch.ones_like(gates)
        module = load_resident(target, torch.device("cpu"), torch.float32)
        install_gates(module, target, {"one": one}, gates)
        meter = LossMeter(module, target, 1000, events.append, CancelToken())
        loss = meter.learn(rows, gates, 1.0)
        found.append((gates.grad, loss))
    assert meter.batch_tokens < 50
    assert events
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-4, atol=1e-5)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-6)
