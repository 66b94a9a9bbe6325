"""The last check of exports: one at a time, so that what transformers sets aside comes back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.transfer.answer import answer_prompt
from tests.core.tiny import write_tiny


def test_two_exports_that_are_checked_at_once_load_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_tiny(tmp_path, "qwen2", seed=1, dtype="bfloat16")
    alone = answer_prompt(folder, CancelToken())
    both = threading.Barrier(2)
    inside, found = set(), []
    really = AutoModelForCausalLM.from_pretrained

    def load(*arguments: Any, **named: Any) -> Any:
        inside.add(threading.get_ident())
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1.0)
        found.append(len(inside))
        try:
            return really(*arguments, **named)
        finally:
            inside.remove(threading.get_ident())

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", load)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: answer_prompt(folder, CancelToken()), range(2)))

    assert found == [1, 1]
    assert answers == [alone, alone]
    assert torch.get_default_dtype() == torch.float32
