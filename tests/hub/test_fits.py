"""Which fine-tunes of a base fit: in order, with reasons, few bytes, and no longer than wanted."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, HubUnreachableError, ReferenceNotFoundError
from act_core.events import Event, Progress
from act_core.hub.fits import base_of, fitting
from act_core.hub.inspect import Inspection
from act_core.hub.pair import look
from act_core.hub.search import Search
from act_core.models.reference import resolve
from act_core.settings import HubSettings
from tests.core.tiny import write_specialist, write_tiny
from tests.hub.loopback import Hub


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    base = write_tiny(folder / "base", "llama", seed=1)
    return {
        "base": base,
        "tuned": write_specialist(folder / "tuned", base, seed=2),
        "deeper": write_tiny(folder / "deeper", "llama", seed=3, layers=3),
        "other": write_tiny(folder / "other", "qwen2", seed=4),
    }


@pytest.fixture
def filled(hub: Hub, models: Mapping[str, Path]) -> Hub:
    hub.add("lab/base", models["base"])
    tags = {"tags": ["base_model:lab/base", "base_model:finetune:lab/base"]}
    for downloads, (name, folder) in enumerate(
        [
            ("a/deeper", models["deeper"]),
            ("b/tuned", models["tuned"]),
            ("c/other", models["other"]),
            ("d/gated", models["tuned"]),
            ("e/tuned", models["tuned"]),
        ]
    ):
        gated = "auto" if name == "d/gated" else False
        hub.add(name, folder, gated=gated, meta={**tags, "downloads": 90 - downloads})
    pickles = {"config.json": (models["base"] / "config.json").read_bytes()}
    pickles["pytorch_model.bin"] = b"x"
    hub.add("f/pickles", files=pickles, meta={**tags, "downloads": 1})
    return hub


def looked(settings: HubSettings) -> Inspection:
    target = look(settings, "lab/base")
    assert isinstance(target, Inspection)
    return target


def test_all_of_them_in_order_with_reasons(filled: Hub, settings: HubSettings) -> None:
    target = looked(settings)
    events: list[Event] = []
    search = Search(base=base_of(target), kind="finetune")
    fits = list(fitting(settings, target, search, emit=events.append))
    said = [
        (fit.found.name, fit.fits, fit.error.kind if fit.error else fit.findings[0].title)
        for fit in fits
    ]
    assert said == [
        ("a/deeper", False, "Different layers"),
        ("b/tuned", True, "Lineage not checked yet"),
        ("c/other", False, "Different families"),
        ("d/gated", False, "LogInNeededError"),
        ("e/tuned", True, "Lineage not checked yet"),
        ("f/pickles", False, "UnsupportedModelError"),
    ]
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.done for event in progress] == [1, 2, 3, 4, 5, 6]
    assert not [one for one in filled.downloads() if one.line.endswith("/tokenizer.json")]
    whole = sum(file.size for file in filled.repos["model", "b/tuned"].files.values())
    assert fits[1].download_bytes == whole


def test_a_local_target_names_its_base(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path]
) -> None:
    target = resolve(models["tuned"])
    with pytest.raises(ReferenceNotFoundError):
        base_of(target)
    readme = models["tuned"] / "README.md"
    readme.write_text("---\nbase_model: lab/base\n---\n", "utf-8")
    search = Search(base=base_of(target), words="tuned")
    fits = list(fitting(settings, target, search))
    readme.unlink()
    assert [(fit.found.name, fit.fits) for fit in fits] == [("b/tuned", True), ("e/tuned", True)]


def test_adapters_stand_on_the_target(filled: Hub, settings: HubSettings) -> None:
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "base_model_name_or_path": "/a/path"}
    filled.add(
        "z/adapter",
        files={
            "adapter_config.json": json.dumps(config).encode(),
            "adapter_model.safetensors": b"",
        },
        meta={"tags": ["base_model:adapter:lab/base"], "library_name": "peft"},
    )
    fits = list(fitting(settings, looked(settings), Search(base="lab/base", kind="adapter")))
    assert [(fit.found.name, fit.fits) for fit in fits] == [("z/adapter", False)]
    assert fits[0].error is not None
    assert "truncated" in fits[0].error.reason, "its base was no question"


def test_whoever_takes_no_more_is_not_kept_waiting(filled: Hub, settings: HubSettings) -> None:
    target = looked(settings)
    fits = fitting(settings, target, Search(base="lab/base", kind="finetune"))
    next(fits)
    filled.fault("GET /cdn/", delay_s=5, times=9)
    started = time.monotonic()
    fits.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 2


def test_a_cancel_and_a_hub_that_goes_away(filled: Hub, settings: HubSettings) -> None:
    target, token = looked(settings), CancelToken()
    search = Search(base="lab/base", kind="finetune")
    filled.fault("GET .*/resolve/", delay_s=5, then=token.cancel, times=9)
    started = time.monotonic()
    with pytest.raises(CancelledByPersonError):
        list(fitting(settings, target, search, token=token))
    assert time.monotonic() - started < 2
    filled.faults.clear()
    filled.fault("GET .*/revision/", status=503, headers={"Retry-After": "0"}, times=99)
    with pytest.raises(HubUnreachableError):
        list(fitting(settings, target, search))
