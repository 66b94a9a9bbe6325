"""Which of the target's files an export carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_core.errors import UnsupportedModelError
from act_core.models.reference import resolve
from act_core.transfer.files import files_of
from tests.core.transfer.setting import carry_out, contents, planned, two_models


def test_everything_goes_along_but_hidden_files_and_other_weights(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    carried = {
        "README.md": "TARGET_README.md",
        "act_recipe.yaml": "TARGET_act_recipe.yaml",
        "LICENSE": "LICENSE",
        "deep/er/notes.txt": "deep/er/notes.txt",
        "modeling_own.py": "modeling_own.py",
    }
    left = {
        ".git/config": "hidden",
        ".gitattributes": "hidden",
        "pytorch_model.bin": "weights",
        "pytorch_model.bin.index.json": "weights",
        "model.q4.gguf": "weights",
        "consolidated.safetensors": "weights",
        "other.safetensors.index.json": "index",
        "original/consolidated.00.pth": "format",
        "act_mask.safetensors": "made",
        "TARGET_README.md": "made",
    }
    for name in (*carried, *left):
        path = target.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    before = contents(target.folder)

    plan = planned(target, specialist, tmp_path / "out")
    result = contents(carry_out(plan))

    for name, goal in carried.items():
        assert result.pop(goal) == before[name]
    for name in (
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "generation_config.json",
    ):
        assert result.pop(name) == before[name]
    assert sorted(result) == ["README.md", "chat_template.jinja", "model.safetensors"]
    why = {file.name.rstrip("/"): file.why for file in plan.work.skipped}
    for name, word in left.items():
        assert word in why[name if name in why else name.split("/")[0]], name
    assert contents(target.folder) == before


def test_links_as_in_a_download_cache_become_files(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, shards=2)
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for path in target.folder.iterdir():
        (snapshot / path.name).symlink_to(path)
    (snapshot / "lost.txt").symlink_to("nowhere")
    (snapshot / "folder").symlink_to(specialist.folder)

    linked = resolve(snapshot)
    plan = planned(linked, specialist, tmp_path / "out")
    carry_out(plan)
    plain = carry_out(planned(target, specialist, tmp_path / "plain"))

    assert contents(plan.out) == contents(plain)
    assert not any(path.is_symlink() for path in plan.out.iterdir())
    assert {file.name for file in plan.work.skipped} == {"lost.txt", "folder/"}


def test_a_single_file_gets_the_name_that_transformers_looks_for(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    whole = carry_out(planned(target, specialist, tmp_path / "whole"))
    (target.folder / "model.safetensors").rename(target.folder / "mine.safetensors")
    (target.folder / "model-00001-of-00002.safetensors").write_bytes(b"of another model")
    (target.folder / "model.safetensors.index.json").write_text("{}")

    single = resolve(target.folder / "mine.safetensors")
    out = carry_out(planned(single, specialist, tmp_path / "out"))

    assert contents(out) == contents(whole)


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_an_adapter_as_target_is_refused_with_a_way_out(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    target, specialist = two_models(tmp_path)
    module = AutoModelForCausalLM.from_pretrained(target.folder)
    get_peft_model(module, LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(
        tmp_path / "adapter"
    )
    adapted = resolve(f"{target.folder}+{tmp_path / 'adapter'}")

    with pytest.raises(UnsupportedModelError, match="adapter on a base") as caught:
        planned(adapted, specialist, tmp_path / "out")

    assert "safetensors version" in caught.value.remedy
    assert files_of(target)[0][0].name == "model.safetensors"
