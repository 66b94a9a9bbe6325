"""All baselines by name. A new one of mergekit's is one entry here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from act_core.baselines.method import (
    Baseline,
    Parameter,
    fits_any,
    needs_two_ends,
    needs_two_tuned,
)
from act_core.recipe import BaselineName


def _strength(*values: float) -> Parameter:
    return Parameter(values, 0.0, 2.0, "how far, 1 is all of the difference")


def _density(*values: float) -> Parameter:
    return Parameter(values, 0.0, 1.0, "share of each difference that is kept")


_EVERY: tuple[Baseline, ...] = (
    Baseline(
        "linear",
        "Linear",
        "Wortsman et al. 2022, arXiv:2203.05482",
        {"strength": Parameter((0.25, 0.5, 0.75), 0.0, 1.0, "weight of the specialists")},
        fits_any,
        "linear",
    ),
    Baseline(
        "slerp",
        "SLERP",
        "Shoemake 1985; mergekit",
        {"strength": Parameter((0.25, 0.5, 0.75), 0.0, 1.0, "place between the two models")},
        needs_two_ends,
        "slerp",
    ),
    Baseline(
        "task-arithmetic",
        "Task arithmetic",
        "Ilharco et al. 2023, arXiv:2212.04089",
        {"strength": _strength(0.3, 0.5, 0.7, 1.0)},
        fits_any,
        "task_arithmetic",
    ),
    Baseline(
        "ties",
        "TIES",
        "Yadav et al. 2023, arXiv:2306.01708",
        {"density": _density(0.2, 0.5), "strength": _strength(0.5, 1.0)},
        fits_any,
        "ties",
    ),
    Baseline(
        "dare-ties",
        "DARE-TIES",
        "Yu et al. 2024, arXiv:2311.03099",
        {"density": _density(0.2, 0.5), "strength": _strength(0.5, 1.0)},
        fits_any,
        "dare_ties",
    ),
    Baseline(
        "della",
        "DELLA",
        "Deep et al. 2024, arXiv:2406.11617",
        {
            "density": _density(0.5),
            "epsilon": Parameter((0.15,), 0.0, 0.5, "spread of the density over magnitudes"),
            "strength": _strength(0.5, 1.0),
        },
        fits_any,
        "della",
    ),
    Baseline(
        "breadcrumbs",
        "Breadcrumbs",
        "Davari and Belilovsky 2024, arXiv:2312.06795",
        {
            "density": _density(0.9),
            "gamma": Parameter((0.01,), 0.0, 1.0, "share of the largest differences left out"),
            "strength": _strength(0.3, 0.5, 1.0),
        },
        fits_any,
        "breadcrumbs",
    ),
    Baseline(
        "model-stock",
        "Model Stock",
        "Jang et al. 2024, arXiv:2403.19522",
        {},
        needs_two_tuned,
        "model_stock",
    ),
    Baseline(
        "sce",
        "SCE",
        "Wan et al. 2024, arXiv:2408.07990",
        {"density": _density(0.1, 1.0)},
        needs_two_tuned,
        "sce",
    ),
    Baseline(
        "arcee-fusion",
        "Arcee Fusion",
        "Arcee AI; mergekit",
        {},
        needs_two_ends,
        "arcee_fusion",
    ),
    Baseline(
        "layer-swapping",
        "Layer swapping",
        "Bandarkar et al. 2025, arXiv:2410.01335",
        {
            "bottom": Parameter((5 / 32,), 0.0, 1.0, "share of the layers, from the first"),
            "top": Parameter((2 / 32,), 0.0, 1.0, "share of the layers, to the last"),
            "transition": Parameter((1 / 32,), 0.0, 1.0, "share of the layers, on either side"),
        },
        needs_two_ends,
        by_outer=True,
    ),
    Baseline(
        "aim",
        "AIM",
        "Heyrani Nobari et al. 2025, arXiv:2502.02421",
        {
            "omega": Parameter((0.4,), 0.0, 1.0, "what is left where activations are largest"),
            "strength": _strength(0.5, 1.0),
        },
        fits_any,
    ),
)
BASELINES: Final[Mapping[BaselineName, Baseline]] = {one.name: one for one in _EVERY}
