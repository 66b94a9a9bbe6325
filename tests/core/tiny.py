"""Tiny real models of every family, written to disk by transformers itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedTokenizerFast

VOCABULARY = 128
SPECIALS = ("<pad>", "<bos>", "<eos>", "<unk>")
CHARACTERS = ("\n", *(chr(code) for code in range(32, 127)), *"äöüÄÖÜß")
CHAT_TEMPLATE = (
    "{% for message in messages %}<bos>{{ message['role'] }}: {{ message['content'] }}<eos>"
    "{% endfor %}{% if add_generation_prompt %}<bos>assistant: {% endif %}"
)

_SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_WINDOWS = {"sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"]}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24}
_OWN: dict[str, dict[str, Any]] = {
    "llama": {"tie_word_embeddings": False},
    "mistral": {"sliding_window": 6, "head_dim": 8},
    "qwen2": {"tie_word_embeddings": True},
    "qwen3": {"head_dim": 16, "tie_word_embeddings": True},
    "gemma2": {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 6},
    "gemma3": {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 6},
    "phi3": {"tie_word_embeddings": False, "partial_rotary_factor": 0.5},
    "olmo2": {"tie_word_embeddings": False},
    "gpt_neox": {"rotary_pct": 0.5, "hidden_act": "gelu", "tie_word_embeddings": False},
    "olmo3": {"tie_word_embeddings": False, "sliding_window": 6},
    "granite": {
        "tie_word_embeddings": False,
        "attention_multiplier": 0.25,
        "residual_multiplier": 1.5,
        "embedding_multiplier": 0.5,
        "logits_scaling": 2.0,
    },
    "cohere": {"logit_scale": 0.5},
    "cohere2": {"sliding_window": 6, "logit_scale": 0.5},
    "falcon": {"new_decoder_architecture": True, "num_kv_heads": 2, "ffn_hidden_size": 64},
    "falcon-7b": {"ffn_hidden_size": 64},
    "falcon-rw": {"multi_query": False, "parallel_attn": False, "alibi": True, "bias": True},
    "stablelm": {"tie_word_embeddings": False},
    "starcoder2": {"tie_word_embeddings": True, "sliding_window": None},
    "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "qwen2_moe": {**_EXPERTS, "shared_expert_intermediate_size": 40, "mlp_only_layers": [0]},
    "qwen3_moe": {**_EXPERTS, "head_dim": 8, "mlp_only_layers": []},
    "qwen3_next": {
        **_EXPERTS,
        "head_dim": 8,
        "shared_expert_intermediate_size": 40,
        "linear_num_value_heads": 4,
        "linear_num_key_heads": 2,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
    },
    "granitemoe": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "olmoe": {"num_experts": 4, "num_experts_per_tok": 2},
}
_MODEL_TYPES = {"gemma3": "gemma3_text", "falcon-7b": "falcon", "falcon-rw": "falcon"}

FAMILY_NAMES = (
    "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "olmo2", "olmo3", "granite",
    "cohere", "cohere2", "starcoder2", "gpt2", "gpt_neox", "falcon", "bloom", "mixtral",
    "qwen2_moe", "qwen3_moe", "qwen3_next", "granitemoe", "olmoe",
)  # fmt: skip


def tiny_config(family_name: str, *, layers: int = 2) -> Any:
    """A transformers config of a family (or of another model type), hidden size 32."""
    model_type = _MODEL_TYPES.get(family_name, family_name)
    values = {**_SIZES, "num_hidden_layers": layers, **_OWN.get(family_name, {})}
    if family_name in {"gemma2", "gemma3", "olmo3", "cohere2"}:
        kinds = _WINDOWS["layer_types"]
        values["layer_types"] = [kinds[layer % 2] for layer in range(layers)]
    if family_name == "qwen3_next":
        values["layer_types"] = ["linear_attention", "full_attention"] * (layers // 2)
    if family_name in {"gpt2", "gptj"}:
        values = {
            **{key: values[key] for key in ("vocab_size", "bos_token_id", "eos_token_id")},
            "n_embd": values["hidden_size"],
            "n_layer": layers,
            "n_head": values["num_attention_heads"],
            "n_positions": values["max_position_embeddings"],
            "n_inner": values["intermediate_size"],
            "rotary_dim": 4,  # GPT-J
        }
    if model_type in {"gpt_neox", "falcon", "bloom"}:
        del values["num_key_value_heads"]
    if model_type in {"falcon", "bloom"}:
        del values["intermediate_size"]  # named otherwise, or fixed
    if model_type == "bloom":
        values["seq_length"] = values.pop("max_position_embeddings")
    return CONFIG_MAPPING[model_type].from_dict(values)


def write_tiny(
    folder: Path,
    family_name: str,
    *,
    seed: int,
    dtype: str = "float32",
    layers: int = 2,
    shards: int | None = None,
) -> Path:
    """A random model with a character tokenizer, as transformers saves it."""
    torch.manual_seed(seed)
    config = tiny_config(family_name, layers=layers)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    centre = 0.0 if family_name.startswith("gemma") else 1.0
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                parameter.copy_(0.3 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            else:
                parameter.copy_(centre + 0.2 * noise)
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    if shards is not None:
        _split(folder, shards)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def write_specialist(folder: Path, target_folder: Path, *, seed: int, scale: float = 0.05) -> Path:
    """The target plus noise on every tensor: `scale` times the tensor's own spread."""
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(seed)
    for source in sorted(target_folder.iterdir()):
        goal = folder / source.name
        if source.suffix != ".safetensors":
            goal.write_bytes(source.read_bytes())
            continue
        tensors = {}
        for name, tensor in load_file(source).items():
            values = tensor.float()
            spread = values.square().mean().sqrt()
            noise = torch.randn(values.shape, generator=generator)
            tensors[name] = (values + scale * spread * noise).to(tensor.dtype)
        save_file(tensors, goal, metadata={"format": "pt"})
    return folder


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """One token a character, four special tokens, a chat template."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    words = {word: index for index, word in enumerate((*SPECIALS, *CHARACTERS))}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    pad, bos, eos, unk = SPECIALS
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, bos_token=bos, eos_token=eos, unk_token=unk
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def _split(folder: Path, shards: int) -> None:
    """Spread one file's tensors over several, with the index that belongs to them."""
    single = folder / "model.safetensors"
    tensors = load_file(single)
    single.unlink()
    names = sorted(tensors)
    weight_map = {}
    for shard in range(shards):
        file_name = f"model-{shard + 1:05d}-of-{shards:05d}.safetensors"
        chosen = names[shard * len(names) // shards : (shard + 1) * len(names) // shards]
        weight_map.update(dict.fromkeys(chosen, file_name))
        save_file({name: tensors[name] for name in chosen}, folder / file_name, {"format": "pt"})
    total = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
