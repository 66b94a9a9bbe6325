"""Transfer and verification of a 1.1B-shaped bfloat16 checkpoint in four shards against `cp -r`.

    python benchmarks/transfer.py --folder /tmp/act-transfer

Makes a target and a specialist of random weights there (2.2 GB each, kept for the next run), then
prints medians of one run with warm caches: 5 % of the channels, strength 1 and 0.7. A transfer
waits for the disk and `cp -r` does not, so both are given with and without that wait. Memory is
what a child process holds at its peak above what it held once everything was imported.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from act_core.cancel import CancelToken
from act_core.events import Event, Finished
from act_core.localize.masks import Mask
from act_core.models.channels import layout_of
from act_core.models.headers import INDEX_NAME
from act_core.models.reference import resolve
from act_core.transfer.edits import mask_edits
from act_core.transfer.export import FLUSH_STAGE, transfer
from act_core.transfer.moves import Move
from act_core.transfer.patch import write_files
from act_core.transfer.plan import TransferPlan, plan_transfer

LAYERS, HIDDEN, KEY_VALUE, INTERMEDIATE, VOCABULARY, SHARDS = 22, 2048, 256, 5632, 32000, 4
SHARE = 0.05
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": INTERMEDIATE,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
    "dtype": "bfloat16",
}


def shapes() -> dict[str, tuple[int, ...]]:
    """Tensors of TinyLlama 1.1B."""
    layer: dict[str, tuple[int, ...]] = {
        "input_layernorm": (HIDDEN,),
        "self_attn.q_proj": (HIDDEN, HIDDEN),
        "self_attn.k_proj": (KEY_VALUE, HIDDEN),
        "self_attn.v_proj": (KEY_VALUE, HIDDEN),
        "self_attn.o_proj": (HIDDEN, HIDDEN),
        "post_attention_layernorm": (HIDDEN,),
        "mlp.gate_proj": (INTERMEDIATE, HIDDEN),
        "mlp.up_proj": (INTERMEDIATE, HIDDEN),
        "mlp.down_proj": (HIDDEN, INTERMEDIATE),
    }
    return {
        "model.embed_tokens.weight": (VOCABULARY, HIDDEN),
        **{
            f"model.layers.{number}.{name}.weight": shape
            for number in range(LAYERS)
            for name, shape in layer.items()
        },
        "model.norm.weight": (HIDDEN,),
        "lm_head.weight": (VOCABULARY, HIDDEN),
    }


def make_model(folder: Path, seed: int) -> None:
    """A random checkpoint; nothing is done where it is there already."""
    import torch
    from safetensors.torch import save_file

    if (folder / INDEX_NAME).is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    generator = torch.Generator().manual_seed(seed)
    names = list(shapes())
    weight_map = {}
    for shard in range(SHARDS):
        file_name = f"model-{shard + 1:05d}-of-{SHARDS:05d}.safetensors"
        chosen = names[shard * len(names) // SHARDS : (shard + 1) * len(names) // SHARDS]
        tensors = {
            name: (torch.randn(shapes()[name], generator=generator) * 0.02).bfloat16()
            for name in chosen
        }
        save_file(tensors, folder / file_name, {"format": "pt"})
        weight_map.update(dict.fromkeys(chosen, file_name))
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / INDEX_NAME).write_text(json.dumps(index))


def make_plan(folder: Path, strength: float) -> TransferPlan:
    """5 % of the channels of every module, drawn at random."""
    target, specialist = resolve(folder / "target"), resolve(folder / "specialist")
    layout = layout_of(target)
    draw = np.random.default_rng(0)
    selected = np.zeros(layout.total, dtype=np.bool_)
    for number, module in enumerate(layout.modules):
        chosen = draw.choice(module.width, round(SHARE * module.width), replace=False)
        selected[layout.slice_of(number)][chosen] = True
    edits = mask_edits(target, Mask(layout, selected), strength)
    return plan_transfer(target, [Move("specialist", specialist, edits)], folder / "out")


def without_verification(plan: TransferPlan) -> float:
    """Seconds of copying and patching alone."""
    partial = plan.out.with_name("unverified")
    partial.mkdir()
    began = time.perf_counter()
    write_files(plan.work, partial, CancelToken(), lambda _: None, lambda _file, _stop: None)
    took_s = time.perf_counter() - began
    shutil.rmtree(partial)
    return took_s


def with_verification(plan: TransferPlan, *, answer: bool = False) -> tuple[float, float]:
    """Seconds of a whole transfer, and of those the wait for the disk."""
    flushing_s = 0.0

    def listen(event: Event) -> None:
        nonlocal flushing_s
        if isinstance(event, Finished) and event.stage == FLUSH_STAGE:
            flushing_s = event.seconds

    began = time.perf_counter()
    transfer(plan, lambda _: {}, answer=answer, emit=listen)
    took_s = time.perf_counter() - began
    shutil.rmtree(plan.out)
    return took_s, flushing_s


def copied(folder: Path, command: str) -> float:
    """Seconds of a shell command that copies the target to `copy`."""
    began = time.perf_counter()
    subprocess.run(command, shell=True, cwd=folder, check=True)
    took_s = time.perf_counter() - began
    shutil.rmtree(folder / "copy")
    return took_s


def measure(folder: Path, repeats: int) -> None:
    """Interleave all candidates, so that a busy machine is busy for all of them."""
    plans = {strength: make_plan(folder, strength) for strength in (1.0, 0.7)}
    warm_up = ("target", "specialist")
    for name in warm_up:
        for path in (folder / name).iterdir():
            path.read_bytes()
    times: dict[str, list[float]] = {}

    def note(name: str, run: Callable[[], float]) -> None:
        os.sync()
        times.setdefault(name, []).append(run())

    for _ in range(repeats):
        note("cp -r", lambda: copied(folder, "cp -r target copy"))
        note("cp -r && sync", lambda: copied(folder, "cp -r target copy && sync"))
        for strength, plan in plans.items():
            label = f"strength {strength}"
            note(f"{label}, unverified", partial(without_verification, plan))
            os.sync()
            took_s, flushing_s = with_verification(plan)
            times.setdefault(f"{label}, verified, without flush", []).append(took_s - flushing_s)
            times.setdefault(f"{label}, verified and flushed", []).append(took_s)
    base_s = statistics.median(times["cp -r"])
    flushed_s = statistics.median(times["cp -r && sync"])
    size = plans[1.0].copy_bytes
    print(f"{size / 1e9:.2f} GB, {plans[1.0].share:.1%} of the parameters move, {repeats} runs")
    for name, values in times.items():
        middle_s = statistics.median(values)
        against = (flushed_s, "cp -r && sync") if "flushed" in name else (base_s, "cp -r")
        print(
            f"{name:38} {middle_s:6.2f} s ({min(values):.2f} to {max(values):.2f})"
            f"   {middle_s / against[0]:.2f} x {against[1]}"
        )
    print(
        f"with loading and an answer, once: {with_verification(plans[1.0], answer=True)[0]:.1f} s"
    )


def peak_bytes() -> int:
    """The most memory that this process has held so far (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def print_memory(folder: Path) -> None:
    """Peak resident memory of one transfer above imports; to be run in a process of its own."""
    import torch

    torch.ones(64, 64).sum()  # what torch sets up once belongs to the imports
    plan = make_plan(folder, 0.7)
    before_bytes = peak_bytes()
    with_verification(plan)
    above = (peak_bytes() - before_bytes) / 1e6
    print(f"peak resident memory above imports and plan: {above:.0f} MB")


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory-only", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    for seed, name in enumerate(("target", "specialist")):
        make_model(folder / name, seed)
    if arguments.memory_only:
        print_memory(folder)
        return
    measure(folder, arguments.repeats)
    command = [sys.executable, __file__, "--folder", str(folder), "--memory-only"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
