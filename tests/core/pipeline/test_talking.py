"""Questions to a recipe's models, and probes that a run answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from act_core.cancel import CancelToken
from act_core.cli.main import run as act
from act_core.errors import MaskError, PromptError
from act_core.events import Finished, discard
from act_core.pipeline.run import Outcome, Stage, run_recipe
from act_core.pipeline.talking import ask
from act_core.recipe import Recipe, load_recipe
from act_core.talk.question import Ask, Question, Sampling, Turn
from act_core.talk.warm import WarmTalker
from tests.core.project import changed, write_project

PROMPT = "item 7 is "
_LONGEST = 12


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe that was carried out, with one probe."""
    probes = [{"prompt": PROMPT, "new_tokens": _LONGEST}]
    path = write_project(
        tmp_path_factory.mktemp("project"),
        evaluate={"resamples": 200, "controls": [], "probes": probes},
        localize={"scorer": "weight", "budget": {"share": 0.3}},
    )
    carry_out(path, "run")
    return path


def carry_out(path: Path, until: Stage, told: list[Any] | None = None) -> Outcome:
    emit = discard if told is None else told.append
    return run_recipe(load_recipe(path), until=until, command="act", emit=emit, token=CancelToken())


def said_by(folder: Path, *, chat: bool) -> str:
    """What transformers alone lets a folder say."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = tokenizer(PROMPT)["input_ids"]
    if chat:
        turn = [{"role": "user", "content": PROMPT}]
        ids = tokenizer.apply_chat_template(turn, add_generation_prompt=True)["input_ids"]
    out = model.generate(torch.tensor([ids]), max_new_tokens=_LONGEST, do_sample=False)
    return str(tokenizer.decode(out[0, len(ids) :], skip_special_tokens=True))


def answers(
    recipe: Recipe, *names: str, strength: float = 1.0, chat: bool = False
) -> dict[str, str]:
    turns = (Turn(role="user", content=PROMPT),)
    question = Question(
        asks=tuple(Ask(candidate=name, turns=turns) for name in names),
        chat=chat,
        sampling=Sampling(new_tokens=_LONGEST),
        strength=strength,
    )
    found = ask(recipe, question, WarmTalker(), emit=discard, token=CancelToken())
    return {answer.candidate: answer.text for answer in found}


def test_everyone_says_what_their_own_folder_says(exported: Path) -> None:
    recipe = load_recipe(exported)
    said = answers(recipe, "target", "painter", "result", "mask")

    assert said == {
        "target": said_by(exported.parent / "target", chat=False),
        "painter": said_by(exported.parent / "specialist", chat=False),
        "result": said_by(recipe.run / "model", chat=False),
        "mask": said["result"],
    }
    assert len({said["target"], said["painter"], said["result"]}) == 3


def test_a_mask_is_asked_at_any_strength(exported: Path, tmp_path: Path) -> None:
    recipe = load_recipe(exported)

    assert answers(recipe, "mask", strength=0.0)["mask"] == answers(recipe, "target")["target"]
    weaker = recipe.model_copy(
        update={"transfer": recipe.transfer.model_copy(update={"strength": 0.6})}
    )
    assert answers(recipe, "mask", strength=0.6)["mask"] == answers(weaker, "result")["result"]


def test_who_is_unknown_or_not_there_yet_is_told(exported: Path, tmp_path: Path) -> None:
    recipe = load_recipe(exported)
    with pytest.raises(PromptError, match="no candidate nobody"):
        answers(recipe, "nobody")
    with pytest.raises(MaskError, match="No channels have been selected"):
        answers(recipe.model_copy(update={"run": tmp_path / "other"}), "result")


def test_after_a_wish_to_stop_nobody_else_begins(exported: Path) -> None:
    token = CancelToken()
    token.cancel()
    turns = (Turn(role="user", content=PROMPT),)
    question = Question(asks=(Ask(candidate="target", turns=turns),))

    assert ask(load_recipe(exported), question, WarmTalker(), emit=discard, token=token) == ()


def test_probes_are_answered_by_target_specialist_and_result(exported: Path) -> None:
    folder = load_recipe(exported).run
    (probe,) = json.loads((folder / "metrics.json").read_text("utf-8"))["probes"]

    assert probe["prompt"] == PROMPT
    assert {one["candidate"]: one["text"] for one in probe["answers"]} == {
        "target": said_by(exported.parent / "target", chat=True),
        "painter": said_by(exported.parent / "specialist", chat=True),
        "result": said_by(folder / "model", chat=True),
    }
    for name in ("report.md", "report.html"):
        text = (folder / name).read_text("utf-8")
        assert "painter (specialist)" in text[text.index("Probes") :]


def test_a_probe_costs_only_itself(exported: Path) -> None:
    """New probes leave figures known; of old ones only new candidates answer."""
    section = yaml.safe_load(exported.read_text("utf-8"))["evaluate"]
    more = [*section["probes"], {"prompt": "item 8 is ", "new_tokens": 3, "chat": False}]
    told: list[Any] = []
    path = changed(exported, evaluate={**section, "probes": more})
    metrics = carry_out(path, "evaluate", told).metrics

    assert Finished("evaluate", reused=True) in told
    assert [len(probe["answers"]) for probe in metrics["probes"]] == [3, 3]
    assert _begun(told) == ["target", "painter", "result"], "the first probe is known"

    told.clear()
    carry_out(path, "evaluate", told)
    assert Finished("probes", reused=True) in told
    assert _begun(told) == []

    told.clear()
    carry_out(changed(path, transfer={"strength": 0.5}), "evaluate", told)
    assert _begun(told) == ["result", "result"]


def _begun(told: list[Any]) -> list[str]:
    return [event.candidate for event in told if type(event).__name__ == "AnswerBegan"]


def test_the_command_streams_answers(exported: Path, capfd: pytest.CaptureFixture[str]) -> None:
    said = answers(load_recipe(exported), "target", "mask", strength=0.5)
    options = ["--prompt", PROMPT, "--plain", "--new-tokens", str(_LONGEST)]
    named = ["--candidate", "target", "--strength", "0.5"]
    capfd.readouterr()

    assert act(["try", str(exported), *options, *named]) == 0

    shown = capfd.readouterr().out
    assert f"target:\n{said['target']}\n(" in shown
    assert f"mask:\n{said['mask']}\n(" in shown

    assert act(["try", str(exported), *options, *named, "--json"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    pieces = [e["text"] for e in events if e["event"] == "AnswerText" and e["candidate"] == "mask"]
    assert "".join(pieces) == said["mask"]


def test_the_command_refuses_whom_the_recipe_does_not_know(
    exported: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert act(["try", str(exported), "--prompt", "x", "--candidate", "nobody"]) == 2
    assert "no candidate nobody" in capfd.readouterr().err
