"""Models that memories need: the embedder (here), later the language model and LoRA tuning."""

from __future__ import annotations

from memcube.models.embedder import Embedder, HashEmbedder
from memcube.settings import EmbedderName

__all__ = ["Embedder", "HashEmbedder", "load_embedder"]


def load_embedder(name: EmbedderName, threads: int) -> Embedder:
    """The embedder that the settings name; raises `ModelMissing`."""
    if name == "hash":
        return HashEmbedder()
    # onnxruntime takes a fifth of a second to load: only for those who embed.
    from memcube.models.minilm import MiniLM  # noqa: PLC0415

    return MiniLM(threads=threads)
