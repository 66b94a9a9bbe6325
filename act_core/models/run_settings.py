"""Settings of a config under which equal weights compute differently."""

from __future__ import annotations

import json
import math
from typing import Any

from act_core.errors import UnsupportedModelError
from act_core.models.reference import Model

# What a config may differ in without computing differently, or what is compared elsewhere.
_HARMLESS = frozenset(
    "architectures bos_token_id eos_token_id pad_token_id dtype torch_dtype transformers_version "
    "use_cache vocab_size tie_word_embeddings _name_or_path initializer_range attention_dropout "
    "hidden_dropout embd_pdrop resid_pdrop attn_pdrop classifier_dropout max_position_embeddings "
    "n_positions max_window_layers pretraining_tp id2label label2id problem_type "
    "output_hidden_states output_attentions return_dict chunk_size_feed_forward "
    "summary_type summary_use_proj summary_activation summary_first_dropout "
    "summary_proj_to_labels task_specific_params auto_map".split()
)


def differing_settings(target: Model, specialist: Model) -> dict[str, tuple[str, str]]:
    """Settings that differ, as JSON text of target and specialist, by name.

    Both configs are read by transformers first, so that defaults are filled in and older ways of
    writing the same thing (`rope_theta`, `torch_dtype`) count as the same.

    Raises:
        UnsupportedModelError: transformers cannot read a config.
    """
    ours, theirs = _settings(target), _settings(specialist)
    known = ours.keys() & theirs.keys()
    every = (ours.keys() | theirs.keys()) - _HARMLESS
    names = sorted(name for name in every if not name.startswith("_"))
    return {
        name: (_text(ours.get(name)), _text(theirs.get(name)))
        for name in names
        if name not in known or not _same(ours[name], theirs[name])
    }


def _settings(model: Model) -> dict[str, Any]:
    from transformers import CONFIG_MAPPING

    try:
        described = CONFIG_MAPPING[model.config["model_type"]].from_dict(dict(model.config))
    except Exception as error:  # a config can make a constructor fail in any way
        raise UnsupportedModelError(
            f"transformers cannot read the config of {model.reference}.",
            remedy="Fetch its config.json again.",
            detail=repr(error),
        ) from error
    settings: dict[str, Any] = json.loads(json.dumps(described.to_dict(), default=str))
    return {name: value for name, value in settings.items() if value is not None}


def _same(ours: object, theirs: object) -> bool:
    """Equal but for the rounding of numbers that GGUF files hold in float32."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-6)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(_same(ours[k], theirs[k]) for k in ours)
    return ours == theirs


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
