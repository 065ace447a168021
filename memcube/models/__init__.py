"""Models that memories need: the embedder, and the language model that answers with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memcube.errors import ModelMissing
from memcube.models.embedder import Embedder, HashEmbedder
from memcube.settings import EmbedderName, ModelSettings

if TYPE_CHECKING:
    from memcube.models.causal import CausalModel

__all__ = ["Embedder", "HashEmbedder", "load_embedder", "load_language_model"]


def load_embedder(name: EmbedderName, threads: int) -> Embedder:
    """The embedder that the settings name; raises `ModelMissing`."""
    if name == "hash":
        return HashEmbedder()
    # onnxruntime takes a fifth of a second to load: only for those who embed.
    from memcube.models.minilm import MiniLM  # noqa: PLC0415

    return MiniLM(threads=threads)


def load_language_model(settings: ModelSettings) -> CausalModel:
    """The language model that the settings name, the default one converted first if it never was.

    Its threads are capped for this process. Raises `ModelMissing`, or `Setup` for a device that is not here.
    """
    # Seconds, and hundreds of megabytes: only for those who compute.
    from memcube.models import catalogue, smollm2  # noqa: PLC0415
    from memcube.models.cache import cache_folder  # noqa: PLC0415

    if not catalogue.available():
        raise ModelMissing("torch and transformers are not installed: run `make setup-models`")
    from memcube.models.causal import CausalModel  # noqa: PLC0415

    cache = cache_folder()
    folder = catalogue.folder_of(settings.name, cache)
    if settings.name == smollm2.NAME:
        folder = smollm2.prepare(cache)
    return CausalModel(
        folder,
        name=smollm2.NAME if settings.name == smollm2.NAME else folder.name,
        device=settings.device,
        dtype=settings.dtype,
        threads=settings.threads,
    )
