"""What a newcomer is told on each page of the demo project: one sentence, the next step."""

from __future__ import annotations

from act_gui.stages import PageName
from act_gui.text import tr


def hints() -> dict[PageName, str]:
    """The sentence of every page, before what happens there is done."""
    return {
        "models": tr(
            "The target learned a cipher and forgot English number words, which its base still "
            "knows; both are chosen already, so go on to Abilities."
        ),
        "abilities": tr(
            "English is to be brought over, the cipher and adding must stay; look at an item, "
            "then go on to Profile."
        ),
        "profile": tr(
            "Press Start profiling and watch how both models' channels differ on English; it takes "
            "some seconds."
        ),
        "localize": tr(
            "The marked channels matter most for English; move the slider if you like, then go on."
        ),
        "gates": tr(
            "This demo copies the selected channels, so go on to Transfer; or choose to learn, "
            "press Start learning and watch the gates move."
        ),
        "transfer": tr(
            "Read what will be written, then press Write checkpoint to make a copy of the target "
            "with these channels changed."
        ),
        "tune": tr(
            "This demo leaves the result as it was transferred, so go on to Evaluate; or choose to "
            "tune it, press Start tuning and watch the losses fall."
        ),
        "evaluate": tr(
            "Press Measure to see what came back and what was lost, beside controls of equal size."
        ),
        "analysis": tr(
            "Press Run analysis to see how few channels hold English and whether they are its own; "
            "it takes some minutes, so you may go on meanwhile."
        ),
        "try": tr(
            "Write english 613= and press Ctrl+Enter, then compare what target, base and result "
            "answer."
        ),
        "export": tr("Choose a folder and press Export: the checkpoint loads with transformers."),
        "hub": tr("The demo brings its models along; for a project of your own, find them here."),
    }


def hints_when_done() -> dict[PageName, str]:
    """The sentence of a page whose button was pressed and has done its work."""
    return {
        "profile": tr("Every channel is measured: go on to Localize."),
        "transfer": tr("The copy is written, and every byte of it checked: go on to Tune."),
        "evaluate": tr(
            "Read what came back and what was lost; then look into Analysis and Try, or go "
            "straight to Export."
        ),
        "analysis": tr("Read what was found, tab by tab; then go on to Try."),
        "export": tr(
            "That was the whole way: this checkpoint loads with transformers. For models of your "
            "own make a new project, under File."
        ),
    }
