"""What the page Hub lists while it is grabbed: the demo's models and others that only seem so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from act_core.resources import resource_path
from tests.hub.loopback import Hub

_DEMO = resource_path("demo")
_BASE = "studio/tiny-base"
_MADE = (f"base_model:{_BASE}", f"base_model:finetune:{_BASE}")
CHOSEN = "studio/tiny-german"


def fill(hub: Hub) -> None:
    """Put models on a Hub; everything that shows of them is the same every time."""
    _add(hub, _BASE, 1, _DEMO / "base")
    _add(hub, "studio/tiny-cipher", 2, _DEMO / "cipher-specialist", tags=_MADE)
    _add(hub, CHOSEN, 3, _DEMO / "german-specialist", tags=_MADE)
    _add(hub, "studio/tiny-cipher-AWQ", 4, config={"quantization_config": {"quant_method": "awq"}})
    encoder = {"model_type": "bert", "architectures": ["BertForMaskedLM"]}
    _add(hub, "studio/encoder", 5, config=encoder)
    _add(hub, "studio/tiny-secret", 6, _DEMO / "base", tags=_MADE, gated="manual")
    for number in range(7, 50):
        _add(hub, f"studio/model-{number}", number, parameters=1_234_567 * 2 ** (number % 13))


def _add(
    hub: Hub,
    name: str,
    number: int,
    folder: Path | None = None,
    *,
    config: dict[str, Any] | None = None,
    tags: tuple[str, ...] = (),
    parameters: int = 1_308_544,
    **more: Any,
) -> None:
    plain = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **(config or {})}
    meta = {
        "config": plain,
        "downloads": 2_000_000 // number**2,
        "likes": 900 // number,
        "lastModified": f"2026-0{number % 9 + 1}-12T10:00:00.000Z",
        "tags": ["safetensors", "license:apache-2.0", *tags],
        "safetensors": {"parameters": {"BF16": parameters}},
    }
    files = {} if folder else {"config.json": json.dumps(plain).encode()}
    repo = hub.add(name, folder, files, meta=meta, **more)
    commit = f"{number:040x}"[::-1]
    repo.commits, repo.refs["main"] = {commit: repo.files}, commit
