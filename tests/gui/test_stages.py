"""How stages stand: what a change makes stale, and what stays valid."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from act_core.recipe import (
    Draft,
    GateSettings,
    Probe,
    Transfer,
    TuneSettings,
    load_recipe,
)
from act_gui.earlier_steps import earlier_step
from act_gui.stage_notes import stage_note
from act_gui.stage_parts import changed_parts, parts_of
from act_gui.stages import STAGE_NAMES, StageName, StageState, stage_states, stages
from tests.core.project import write_project


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    return Draft.model_validate(dict(load_recipe(write_project(tmp_path))))


def all_done(draft: Draft) -> dict[str, dict[str, str]]:
    return {name: parts_of(draft, name) for name in STAGE_NAMES}


def stale(now: Draft, before: Draft) -> set[StageName]:
    states = stage_states(now, all_done(before), ())
    return {name for name, state in states.items() if state is StageState.STALE}


def test_stages_stand_in_the_order_of_the_work() -> None:
    assert [stage.name for stage in stages()] == list(STAGE_NAMES)


def test_an_empty_project_can_only_choose_models(tmp_path: Path) -> None:
    states = stage_states(Draft(name="x", run=tmp_path), {}, ())

    assert (states.pop("gates"), states.pop("tune")) == (StageState.UNUSED, StageState.UNUSED)
    assert set(states.values()) == {StageState.EMPTY}


def test_what_has_its_needs_is_ready(draft: Draft) -> None:
    states = stage_states(draft, {}, ())

    ready = [name for name, state in states.items() if state is StageState.READY]
    assert ready == ["models", "abilities", "profile", "analysis", "try"]


def test_all_results_of_now_are_done(draft: Draft) -> None:
    states = stage_states(draft, all_done(draft), ())

    assert (states.pop("gates"), states.pop("tune")) == (StageState.UNUSED, StageState.UNUSED)
    assert set(states.values()) == {StageState.DONE}


def test_a_running_job_counts_most(draft: Draft) -> None:
    states = stage_states(draft, all_done(draft), {"profile"})

    assert states["profile"] is StageState.RUNNING


def test_another_strength_leaves_profile_and_selection_valid(draft: Draft) -> None:
    transfer = draft.transfer.model_copy(update={"strength": 0.5})
    now = draft.model_copy(update={"transfer": transfer})

    assert stale(now, draft) == {"transfer", "evaluate", "analysis", "export"}


def test_another_budget_leaves_the_profile_valid(draft: Draft) -> None:
    localize = draft.localize.model_copy(update={"scorer": "weight"})
    now = draft.model_copy(update={"localize": localize})

    assert stale(now, draft) == {"localize", "transfer", "evaluate", "analysis", "export"}


def test_other_heldout_items_cost_only_the_evaluation(draft: Draft) -> None:
    abilities = {
        name: ability.model_copy(update={"heldout_items": 7})
        for name, ability in draft.abilities.items()
    }
    now = draft.model_copy(update={"abilities": abilities})

    assert stale(now, draft) == {"abilities", "evaluate", "analysis"}


def test_a_probe_leaves_all_results_valid(draft: Draft) -> None:
    evaluate = draft.evaluate.model_copy(update={"probes": (Probe(prompt="one"),)})

    assert stale(draft.model_copy(update={"evaluate": evaluate}), draft) == set()


def test_a_new_ability_is_profiled_alone(draft: Draft) -> None:
    extra = draft.abilities["numbers"].model_copy(update={"calibration_tokens": 200})
    now = draft.model_copy(update={"abilities": {**draft.abilities, "more": extra}})

    again, valid = changed_parts(now, all_done(draft), "profile")

    assert again == ("painter on more",)
    assert set(valid) == {"painter on colours", "painter on numbers"}


def test_another_device_makes_nothing_stale(draft: Draft) -> None:
    profile = draft.profile.model_copy(update={"device": "auto", "batch_tokens": 64})

    assert stale(draft.model_copy(update={"profile": profile}), draft) == set()


def test_without_models_a_result_is_out_of_date(draft: Draft) -> None:
    now = draft.model_copy(update={"target": ""})

    states = stage_states(now, all_done(draft), ())

    assert states["models"] is StageState.STALE
    assert states["profile"] is StageState.STALE


def test_a_field_that_a_later_version_adds_makes_nothing_stale(draft: Draft) -> None:
    class LaterTransfer(Transfer):
        tempo: float = 1.0

    later = draft.model_copy(update={"transfer": LaterTransfer(**dict(draft.transfer))})

    assert not stale(later, draft)


def test_gates_make_the_checkpoint_another_one_but_not_the_selection(draft: Draft) -> None:
    with_gates = draft.model_copy(update={"gates": GateSettings()})

    assert {"transfer", "evaluate", "export"} <= stale(with_gates, draft)
    assert parts_of(with_gates, "localize") == parts_of(draft, "localize")


def test_gates_need_the_selection_only_where_they_start_there(draft: Draft) -> None:
    anywhere = draft.model_copy(update={"gates": GateSettings()})
    selected = draft.model_copy(update={"gates": GateSettings(start="mask")})
    records = {"localize": parts_of(draft, "localize")}
    localize = draft.localize.model_copy(update={"scorer": "weight"})

    assert stage_states(anywhere, {}, ())["gates"] is StageState.READY
    assert stage_states(selected, {}, ())["gates"] is StageState.EMPTY
    records |= {"profile": parts_of(draft, "profile")}
    assert stage_states(selected, records, ())["gates"] is StageState.READY
    another = stale(anywhere.model_copy(update={"localize": localize}), anywhere)
    assert another == {"localize", "analysis"}
    other = stale(selected.model_copy(update={"localize": localize}), selected)
    assert other == {"localize", "gates", "transfer", "evaluate", "analysis", "export"}


def test_the_checkpoint_waits_for_gates_that_are_not_learned(draft: Draft) -> None:
    with_gates = draft.model_copy(update={"gates": GateSettings()})

    states = stage_states(with_gates, {"localize": parts_of(draft, "localize")}, ())

    assert (states["transfer"], states["evaluate"]) == (StageState.EMPTY, StageState.EMPTY)
    step = earlier_step(with_gates, states, "evaluate")
    assert step is not None
    assert (step.page, step.text[:21]) == ("gates", "Learn the gates first")
    learned = {"gates": parts_of(with_gates, "gates")}
    assert stage_states(with_gates, learned, ())["transfer"] is StageState.READY


def test_what_gates_learn_from_makes_them_stale_and_how_they_are_computed_does_not(
    draft: Draft,
) -> None:
    before = draft.model_copy(update={"gates": GateSettings()})

    def with_gates(**changes: object) -> Draft:
        return before.model_copy(update={"gates": GateSettings(**changes)})

    assert "gates" in stale(with_gates(steps=32), before)
    assert not stale(with_gates(checkpointing=True), before)
    strength = before.transfer.model_copy(update={"strength": 0.5})
    norms = before.transfer.model_copy(update={"norms": "move"})
    assert "gates" not in stale(before.model_copy(update={"transfer": strength}), before)
    assert "gates" in stale(before.model_copy(update={"transfer": norms}), before)
    heldout = {n: a.model_copy(update={"heldout_items": 7}) for n, a in before.abilities.items()}
    assert "gates" not in stale(before.model_copy(update={"abilities": heldout}), before)


def test_a_tuning_follows_what_moves_and_makes_checkpoint_and_figures_others(draft: Draft) -> None:
    tuned = draft.model_copy(update={"tune": TuneSettings()})

    assert stale(tuned, draft) == {"tune", "transfer", "evaluate", "export"}
    strength = draft.transfer.model_copy(update={"strength": 0.5})
    moved = tuned.model_copy(update={"transfer": strength})
    assert stale(moved, tuned) == {"tune", "transfer", "evaluate", "analysis", "export"}
    again = moved.model_copy(update={"transfer": draft.transfer})
    assert not stale(again, tuned)


def test_only_what_decides_a_tuning_makes_it_stale(draft: Draft) -> None:
    def tuned(**changes: object) -> Draft:
        return draft.model_copy(update={"tune": TuneSettings(**changes)})

    assert "tune" in stale(tuned(steps=7), tuned())
    assert "tune" in stale(tuned(shares={"colours": 2.0}), tuned())
    assert not stale(tuned(learning_rate=1e-4, checkpointing=True, rank=4), tuned())
    lora = tuned(kind="lora")
    assert "tune" in stale(lora, tuned())
    assert "tune" in stale(tuned(kind="lora", rank=4), lora)
    assert stale(tuned(kind="lora", keep="adapter"), lora) == {"transfer", "export"}


def test_what_is_written_and_measured_waits_for_the_tuning_and_says_so(draft: Draft) -> None:
    tuned = draft.model_copy(update={"tune": TuneSettings()})
    records = {name: parts_of(draft, name) for name in ("profile", "localize")}

    states = stage_states(tuned, records, ())

    assert states["tune"] is StageState.READY
    assert (states["transfer"], states["evaluate"]) == (StageState.EMPTY, StageState.EMPTY)
    for name, words in (
        ("transfer", "tune it on the page Tune"),
        ("evaluate", "Tune first"),
        ("export", "Tune first"),
    ):
        step = earlier_step(tuned, states, cast("StageName", name))
        assert step is not None
        assert step.page == "tune"
        assert words in step.text
        assert stage_note(tuned, states, cast("StageName", name)) == ""
    records |= {"tune": parts_of(tuned, "tune")}
    states = stage_states(tuned, records, ())
    assert (states["transfer"], states["evaluate"]) == (StageState.READY, StageState.READY)
    records |= {"transfer": parts_of(tuned, "transfer")}
    states = stage_states(tuned, records, ())
    assert "is the tuned one" in stage_note(tuned, states, "export")
    apart = draft.model_copy(update={"tune": TuneSettings(kind="lora", keep="adapter")})
    states = stage_states(apart, {n: parts_of(apart, n) for n in STAGE_NAMES}, ())
    assert "adapter beside it" in stage_note(apart, states, "export")
    assert stage_note(draft, states, "transfer") == ""


def test_a_page_waits_for_the_first_step_that_is_not_done(draft: Draft) -> None:
    records: dict[str, dict[str, str]] = {}
    leads = []
    for done in ("profile", "localize", "transfer"):
        step = earlier_step(draft, stage_states(draft, records, ()), "export")
        assert step is not None
        leads.append(step.page)
        records[done] = parts_of(draft, cast("StageName", done))
    assert leads == ["profile", "localize", "transfer"]
    assert earlier_step(draft, stage_states(draft, records, ()), "export") is None


def test_what_is_under_way_or_out_of_date_is_told_as_such(draft: Draft) -> None:
    profile = draft.profile.model_copy(update={"dtype": "bfloat16"})
    changed = draft.model_copy(update={"profile": profile})
    records = {"profile": parts_of(draft, "profile")}

    old = earlier_step(changed, stage_states(changed, records, ()), "localize")
    running = earlier_step(changed, stage_states(changed, records, {"profile"}), "localize")

    assert old is not None
    assert "out of date" in old.text
    assert running is not None
    assert "under way" in running.text


def test_what_was_done_once_waits_only_for_models_and_abilities(draft: Draft) -> None:
    transfer = draft.transfer.model_copy(update={"strength": 0.5})
    changed = draft.model_copy(update={"transfer": transfer})
    bare = draft.model_copy(update={"target": ""})

    states = stage_states(changed, all_done(draft), ())
    assert earlier_step(changed, states, "evaluate") is None
    step = earlier_step(bare, stage_states(bare, all_done(draft), ()), "evaluate")
    assert step is not None
    assert step.page == "models"
