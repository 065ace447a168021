"""A language model of two layers and random weights, made in a moment: it says nonsense, exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from memcube.models import smollm2
from memcube.models.cache import cache_folder


def tiny_model(folder: Path, *, seed: int = 0, context: int = 4096, template: str | None = None) -> Path:
    """The default model's tokenizer on a Llama of its own."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer: Any = AutoTokenizer.from_pretrained(smollm2.prepare(cache_folder()), local_files_only=True)
    if template is not None:
        tokenizer.chat_template = template
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["max_position_embeddings"] == context
    return folder
