"""What a method computes, from where it comes, and how to cite a run: for a paper's appendix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_core.baselines.registry import BASELINES
from act_core.localize.scorers import SCORERS
from act_core.report.blocks import Block, Bullets, Code, Heading, Paragraph

# Source: design.md, section 2.
_CHANGE = "(W^S_j - W^T_j)·x_t + (b^S_j - b^T_j)"
_STATISTICS = {
    "difference": "mean over t of |a^S_j(t) - a^T_j(t)|",
    "matched": f"mean over t of |{_CHANGE}|",
    "attributed": f"- mean over t of dL/da_j(t) · ({_CHANGE}), between T and S (halfway, or the "
    "mean over more points)",
    "weight": "norm of W^S_j - W^T_j",
}
_SYMBOLS = (
    "j is a channel: one output coordinate of a linear module, with its row W_j and bias b_j. T is "
    "the target, S a specialist, t a counted token, x_t the input of the module in T, a_j(t) the "
    "channel's output, and L the loss on the ability in nats per token."
)
_ONE_MASK = "theta_j = theta^T_j + strength · (theta^S_j - theta^T_j) for every selected channel"
_GATES = "theta_j = theta^T_j + sum over specialists of g_j · (theta^S_j - theta^T_j)"
_ROUNDED = "computed in float32 and rounded once to the target's type"


def formula_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """The formulas of the score and of the transfer, with their symbols."""
    method = metrics["method"]
    lines = [f"{method['title']} ({method['scorer']}): {method['formula']}"]
    scorer = SCORERS.get(method["scorer"])
    needs = () if scorer is None else scorer.needs
    lines += [f"  {name}_j = {_STATISTICS[name]}" for name in needs if name in _STATISTICS]
    lines.append(f"Transfer: {_GATES if metrics.get('gates') else _ONE_MASK}; {_ROUNDED}")
    yield Code("\n".join(lines))
    yield Paragraph(_SYMBOLS)


def source_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """Where what was used is described."""
    rows = metrics.get("baselines") or ()
    measured = dict.fromkeys(row["baseline"] for row in rows if row["state"] == "measured")
    found = [
        "Intervals: percentile bootstrap over items. Efron and Tibshirani, An Introduction to the "
        "Bootstrap, 1993, chapters 13 and 16."
    ]
    if metrics.get("leaks"):
        found.append(
            "Overlap of splits: 13 words in a row. Brown et al., Language Models are Few-Shot "
            "Learners, 2020, appendix C."
        )
    found += [f"{BASELINES[n].title}: {BASELINES[n].source}." for n in measured if n in BASELINES]
    yield Heading("Sources", 3)
    yield Bullets(tuple(found))


def citation_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """The run as an entry of BibTeX; its key names all of its inputs."""
    name, key = str(metrics["name"]), str(metrics["key"])
    title = name.replace("_", r"\_")
    fields = (
        ("title", f"{title}: ability transfer by channels"),
        ("howpublished", f"ACT Studio {metrics['environment']['act']}"),
        ("year", str(metrics["created"])[:4]),
        ("note", f"Run {key}"),
    )
    inner = ",\n".join(f"  {field} = {{{value}}}" for field, value in fields)
    yield Heading("To cite this run", 3)
    yield Code(f"@misc{{act-{key[:12]},\n{inner}\n}}", "bibtex")
