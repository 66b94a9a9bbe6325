"""Light fine-tuning after a transfer, as blocks: what learned, what it read, how losses went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_core.report.blocks import Block, Code, Facts, Grid, Heading, Paragraph
from act_core.report.gates import ended_text, loss_table
from act_core.report.numbers import count, duration, part

_FORMULAS = {
    "channels": "theta_j of the transferred channels j alone, every other row as it was",
    "lora": "W' = W + 2 B A of every linear module, A and B alone",
}
_SOURCES = {"channels": "", "lora": " LoRA: Hu et al. 2021, arXiv:2106.09685."}


def tuned_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """What learned after the transfer, from how much; nothing where nothing did."""
    tune = metrics.get("tune")
    if not tune:
        return
    yield Heading("Tuning after the transfer")
    yield Paragraph(
        f"{_what(tune)} {_went(tune)} The result is both, transfer and tuning; transfer only and "
        "tuning only stand beside it."
    )
    yield Facts(tuple(_read(tune)))
    yield Paragraph(tune["budget"])
    yield from _control(tune)
    if any(one["split"] == "validation" for one in tune["losses"]):
        yield Heading("Losses of the tuning on validation data", 3)
        yield Grid(loss_table(tune["losses"]))


def tuned_method(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """How it was tuned; nothing where nothing was."""
    tune = metrics.get("tune")
    if not tune:
        return
    settings = tune["settings"]
    yield Heading("Method of the tuning", 3)
    yield Paragraph(
        "After the transfer, Adam (Kingma and Ba 2015, arXiv:1412.6980) lowered the loss on the "
        f"calibration data of all abilities together, counted tokens only.{_SOURCES[tune['kind']]}"
    )
    yield Code(
        f"Tuning ({tune['kind']}): {_FORMULAS[tune['kind']]}, by Adam on "
        "L = sum over abilities of share x mean loss per counted token"
    )
    falls = ", after a warm-up falling linearly" if settings["decay"] else ""
    yield Facts(
        (
            ("steps at most", count(settings["steps"])),
            ("tokens of each ability in a step", count(settings["batch_tokens"])),
            ("shares", _shares(tune)),
            ("learning rate (Adam)", f"{settings['learning_rate']:g}{falls}"),
            *((("rank", count(settings["rank"])),) if tune["kind"] == "lora" else ()),
            ("validation share", part(settings["validation"])),
            ("checks", f"every {settings['check_every']} steps, patience {settings['patience']}"),
            ("seed of the tuning", str(settings["seed"])),
        )
    )


def _what(tune: Mapping[str, Any]) -> str:
    numbers = count(tune["parameters"])
    if tune["kind"] == "channels":
        return (
            f"{numbers} numbers learned: the rows of the {count(tune['channels'])} channels that "
            "the transfer moved."
        )
    rank = count(tune["settings"]["rank"])
    where = "merged into the weights" if tune["keep"] == "merged" else "kept apart"
    return f"{numbers} numbers learned: a LoRA of rank {rank}, {where}."


def _went(tune: Mapping[str, Any]) -> str:
    return (
        f"It took {count(tune['steps'])} steps{ended_text(tune)}, in {duration(tune['seconds'])}; "
        f"what step {count(tune['best_step'])} left is kept."
    )


def _read(tune: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "tokens read to learn from", count(tune["tokens"])
    yield "different ones among them", count(tune["different_tokens"])
    yield "tokens that only said when to stop", count(tune["validation_tokens"])
    if tune["tokens_before"]:
        yield "tokens that the gates had read before", count(tune["tokens_before"])
    yield "shares of the abilities", _shares(tune)


def _control(tune: Mapping[str, Any]) -> Iterator[Block]:
    only = tune.get("only")
    if not only:
        return
    which = "the same channels" if tune["kind"] == "channels" else "an adapter of the same rank"
    yield Paragraph(
        f"Tuning only: {which} of the plain target, with the same settings, the same data in the "
        f"same order and the same stopping rule. It read {count(only['tokens'])} tokens in "
        f"{count(only['steps'])} steps{ended_text(only)}, and has what step "
        f"{count(only['best_step'])} left."
    )


def _shares(tune: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {part(share)}" for name, share in tune["shares"].items())
