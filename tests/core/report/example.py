"""A run's data as metrics.json holds it: the recover story at 5 %, beside three controls."""

from __future__ import annotations

from typing import Any

RECIPE = "act: 1\nname: recover-german\ntarget: models/german-then-maths\n"
COMMAND = "act run recover-german.yaml"

# By candidate: loss and share (value, low, high) on the ability to bring, then on the one to keep.
_Numbers = tuple[float, float, float]
_FIGURES: dict[str, tuple[_Numbers, _Numbers | None, _Numbers, _Numbers | None]] = {
    "target": ((4.1, 4.02, 4.18), None, (1.5, 1.46, 1.54), None),
    "german": ((3.6, 3.52, 3.68), (1.0, 1.0, 1.0), (2.1, 2.05, 2.15), (1.0, 1.0, 1.0)),
    "result": ((3.91, 3.83, 3.99), (0.38, 0.33, 0.43), (1.509, 1.47, 1.55), (0.015, 0.01, 0.02)),
    "random": ((4.045, 3.97, 4.12), (0.11, 0.08, 0.14), (1.501, 1.46, 1.54), (0.0, -0.004, 0.004)),
    "weight": ((3.905, 3.82, 3.98), (0.39, 0.34, 0.44), (1.511, 1.47, 1.55), (0.019, 0.015, 0.03)),
    "interpolation 0.5": (
        (3.7, 3.62, 3.78), (0.8, 0.75, 0.85), (1.59, 1.55, 1.63), (0.15, 0.1, 0.2)
    ),
}  # fmt: skip


def interval(numbers: _Numbers) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), numbers, strict=True))


def figure(
    candidate: str, ability: str, measure: str, numbers: _Numbers, change: _Numbers | None
) -> dict[str, Any]:
    return {
        "candidate": candidate,
        "ability": ability,
        "measure": measure,
        **interval(numbers),
        "items": 100,
        "tokens": 6144 if measure == "loss" else 0,
        "difference": interval(change) if change else None,
    }


def share(candidate: str, ability: str, kind: str, numbers: _Numbers) -> dict[str, Any]:
    return {
        "candidate": candidate,
        "ability": ability,
        "measure": "loss",
        "kind": kind,
        "reference": "german",
        **interval(numbers),
    }


def example() -> dict[str, Any]:
    """New data every time, so that a test may change it."""
    figures, shares = [], []
    for name, (german, recovered, maths, lost) in _FIGURES.items():
        for ability, kind, numbers, part in (
            ("german", "recovered", german, recovered),
            ("maths", "lost", maths, lost),
        ):
            before = _FIGURES["target"][0 if ability == "german" else 2][0]
            middle = numbers[0] - before
            change = (middle, middle - 0.02, middle + 0.02) if name != "target" else None
            figures.append(figure(name, ability, "loss", numbers, change))
            if part:
                shares.append(share(name, ability, kind, part))
    return {
        "act": 1,
        "key": "ab" * 32,
        "name": "recover-german",
        "created": "2026-11-24T10:00:00+00:00",
        "models": {
            "target": _model("models/german-then-maths", "1"),
            "base": None,
            "specialists": {"german": _model("models/german", "2")},
        },
        "findings": [
            {
                "specialist": "german",
                "severity": "warns",
                "title": "The templates differ",
                "reason": "The chat templates are not the same.",
                "remedy": "Keep the target's.",
            }
        ],
        "abilities": {"german": _ability("bring", "3"), "maths": _ability("keep", "5")},
        "method": {
            "scorer": "matched",
            "title": "Matched",
            "formula": "mean |(W_S - W_T) x + (b_S - b_T)|, on the target's inputs",
            "ranking": "module",
            "budget": "share 0.05",
            "price": 0.0,
            "tie": [],
            "strength": 1.0,
            "embeddings": "leave",
            "norms": "leave",
            "head": "leave",
            "seed": 0,
        },
        "masks": {
            "german": {
                "channels": 7776,
                "share": 0.05,
                "kinds": {"q": 0.05, "gate": 0.1, "down": 0.025},
                "layers": [0.02, 0.04, 0.08, 0.0],
                "map": [
                    {"layer": 0, "kind": "q", "share": 0.25, "bins": "0090"},
                    {"layer": 0, "kind": "gate", "share": 0.0, "bins": "0000"},
                    {"layer": 1, "kind": "q", "share": 0.5, "bins": "9900"},
                    {"layer": 1, "kind": "gate", "share": 0.1, "bins": "0004"},
                ],
                "top": {"0.005": 0.02, "0.2": 0.41},
                "weight_overlap": {"jaccard": 0.3, "chance": 0.026},
            }
        },
        "figures": figures,
        "shares": shares,
        "transfer": {
            "out": "runs/recover-german/model",
            "rows": 7776,
            "columns": 0,
            "whole_tensors": 0,
            "parameters": 5000000,
            "share": 0.037,
            "copy_bytes": 269060552,
            "read_bytes": 10000000,
            "write_bytes": 10000000,
        },
        "verification": [
            {"name": "names, shapes and dtypes", "detail": "272 tensors", "passed": True},
            {"name": "bytes outside the mask", "detail": "259,000,000 bytes", "passed": True},
        ],
        "seconds": {"profile": 12.3, "evaluate": 240.0},
        "environment": {"act": "0.1.0", "torch": "2.13.0", "device": "cpu", "dtype": "float32"},
    }


def _model(reference: str, digit: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "fingerprint": digit * 64,
        "family": "Llama",
        "source": "folder",
        "parameters": 134515008,
        "dtypes": {"BF16": 272},
        "licence": "apache-2.0",
    }


def _ability(role: str, digit: str) -> dict[str, Any]:
    return {
        "role": role,
        "counted": "answer",
        "measures": ["loss"],
        "calibration": {"items": 40, "counted_tokens": 4110, "fingerprint": digit * 64},
        "heldout": {"items": 100, "counted_tokens": 6144, "fingerprint": str(int(digit) + 1) * 64},
    }
