"""Tokenizers come from local files, or a clear error does."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from act_core.errors import (
    ActError,
    CorruptCheckpointError,
    ReferenceNotFoundError,
    UnsafeFileError,
)
from act_core.models.reference import resolve
from act_core.models.tokenizer import load_tokenizer, tokenizer_facts
from tests.core.tiny import CHARACTERS, SPECIALS, tiny_tokenizer, write_tiny


def test_encodes_and_renders_as_the_one_that_was_saved(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(resolve(write_tiny(tmp_path / "m", "llama", seed=1)))
    origin = tiny_tokenizer()
    text = "Größe: 3\n"
    assert tokenizer(text)["input_ids"] == origin(text)["input_ids"]
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    chat = [{"role": "user", "content": "hi"}]
    rendered = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert rendered == "<bos>user: hi<eos><bos>assistant: "


def test_facts_tell_what_differs(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    facts = tokenizer_facts(resolve(folder))
    assert len(facts.vocabulary) == len(SPECIALS) + len(CHARACTERS)
    assert facts.specials["eos_token"] == "<eos>"
    (folder / "chat_template.jinja").unlink()
    path = folder / "tokenizer.json"
    values = json.loads(path.read_text("utf-8"))
    values["model"]["vocab"]["new"] = len(facts.vocabulary)
    path.write_text(json.dumps(values), "utf-8")
    changed = tokenizer_facts(resolve(folder))
    assert changed.chat_template is None
    assert changed.rules == facts.rules
    assert changed.vocabulary == {**facts.vocabulary, "new": len(facts.vocabulary)}


@pytest.mark.parametrize(
    ("text", "error"),
    [(None, ReferenceNotFoundError), ("", CorruptCheckpointError), ("{}", CorruptCheckpointError)],
)
def test_missing_and_damaged(tmp_path: Path, text: str | None, error: type[ActError]) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    if text is None:
        (folder / "tokenizer.json").unlink()
    else:
        (folder / "tokenizer.json").write_text(text, "utf-8")
    with pytest.raises(error) as caught:
        load_tokenizer(resolve(folder))
    assert "okenizer" in caught.value.title
    assert caught.value.remedy


def test_remote_tokenizer_code_is_never_run(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    marker = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w')", "utf-8")
    path = folder / "tokenizer_config.json"
    values = json.loads(path.read_text("utf-8"))
    values |= {"tokenizer_class": "Evil", "auto_map": {"AutoTokenizer": [None, "evil.Evil"]}}
    path.write_text(json.dumps(values), "utf-8")
    with pytest.raises(UnsafeFileError, match="code"):
        load_tokenizer(resolve(folder))
    assert not marker.exists()


def test_a_tokenizer_is_built_once_until_its_files_change(tmp_path: Path) -> None:
    model = resolve(write_tiny(tmp_path / "model", "llama", seed=1))
    first = load_tokenizer(model)
    assert load_tokenizer(model) is first

    path = tmp_path / "model" / "tokenizer.json"
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**data, "padding": None}, indent=4), "utf-8")

    assert load_tokenizer(model) is not first


def test_threads_may_share_a_tokenizer_that_was_saved_with_limits(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "model", "llama", seed=1)
    tokenizer = tiny_tokenizer()
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    shared = load_tokenizer(resolve(folder))
    texts = [f"text {number} " * 40 for number in range(50)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: shared(text)["input_ids"], texts))

    assert [len(ids) for ids in found] == [len(text) for text in texts]
