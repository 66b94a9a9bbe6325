"""Tiny models as GGUF files, written by the gguf package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quantize
from safetensors.torch import load_file

from tests.core.tiny import CHARACTERS, SPECIALS, VOCABULARY

NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "model.layers": "blk",
}  # fmt: skip


def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's order of rotary rows (convert_hf_to_gguf.py, LlamaModel.permute)."""
    parts = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return parts.swapaxes(1, 2).reshape(weight.shape)


def write_gguf(
    path: Path, folder: Path, arch: str, quantised: GGMLQuantizationType, *, tokenizer: bool = True
) -> Path:
    """A tiny folder as llama.cpp would store it: matrices quantised, norms in float32."""
    writer = GGUFWriter(path, arch)
    writer.add_context_length(128)
    writer.add_embedding_length(32)
    writer.add_block_count(2)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(VOCABULARY)
    if tokenizer:
        words = [*SPECIALS, *("Ċ" if c == "\n" else "Ġ" if c == " " else c for c in CHARACTERS)]
        words += ["ab"]
        words += [f"<extra_{i}>" for i in range(VOCABULARY - len(words))]
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list(words)
        writer.add_token_merges(["a b"])
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
    for name, tensor in load_file(folder / "model.safetensors").items():
        values = tensor.float().numpy()
        if arch == "llama" and "q_proj" in name:
            values = permuted(values, 4)
        if arch == "llama" and "k_proj" in name:
            values = permuted(values, 2)
        for ours, theirs in NAMES.items():
            name = name.replace(ours, theirs)
        stored = quantised if values.ndim > 1 else GGMLQuantizationType.F32
        writer.add_tensor(name, quantize(values, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
