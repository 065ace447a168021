"""A language model of transformers: any causal model in a local folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from memcube.errors import ModelMissing, Setup
from memcube.models import attention
from memcube.models.kv import Buffers, Layers, joined
from memcube.models.language import Array, Fingerprint, Layout, NoConversation, Pause, TooLong
from memcube.settings import DType

# A prefill goes in pieces of this many tokens. On a CPU as fast as in one (5.3 s for 2,000 tokens either way,
# and the same bits), it bounds the memory for attention and the time between two pauses.
PIECE: Final = 512
_DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_SELF_TEST: Final = 16


class CausalModel:
    """See `LanguageModel`. Threads are capped for the whole process: two that share cores slow each other.

    Raises `ModelMissing` for a folder that holds no model that transformers can read, and `Setup` for a
    device that is not here.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        device: str = "cpu",
        dtype: DType = "float32",
        threads: int = 1,
    ) -> None:
        torch.set_num_threads(threads)
        transformers_logging.disable_progress_bar()
        self.name = name or folder.name
        self._tokenizer, self._model = _load(folder, device, dtype)
        self._encoding = threading.Lock()
        self._device = device
        config = self._model.config.get_text_config()
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        self.layout = Layout(layers=config.num_hidden_layers, heads=heads, head_size=size, dtype=dtype)
        self.context: int = config.max_position_embeddings
        self.fingerprint = Fingerprint(
            weights=_digest(sorted(folder.glob("*.safetensors"))),
            tokenizer=_digest([folder / "tokenizer.json"]),
            template=hashlib.sha256((self._tokenizer.chat_template or "").encode()).hexdigest(),
            dtype=dtype,
        )
        self.ends = _ends(self._model.generation_config.eos_token_id, self._tokenizer.eos_token_id)
        self._projections = _key_projections(self._model, self.layout.layers)
        self._gate = _Gate(self._model)
        # Whether keys can be taken before their rotation and rotated to the very same bits again.
        self.raw_keys = self._can_rotate()

    def encode(self, text: str, *, markup: bool = False) -> list[int]:
        """See `LanguageModel.encode`."""
        if not text:
            return []
        # The tokenizer keeps the setting from one call to the next, for whichever thread comes then.
        with self._encoding:
            # Else "<|im_start|>" in what somebody said would begin a turn.
            found = self._tokenizer(text, add_special_tokens=False, split_special_tokens=not markup)
        return list(found["input_ids"])

    def decode(self, tokens: Sequence[int]) -> str:
        """See `LanguageModel.decode`."""
        text: str = self._tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def rendered(self, messages: Sequence[tuple[str, str]]) -> str:
        """See `LanguageModel.rendered`. Without a system turn, the first one begins with it."""
        turns = [{"role": role, "content": text} for role, text in messages]
        try:
            return self._render(turns)
        except jinja2.TemplateError as error:
            if len(turns) < 2 or turns[0]["role"] != "system":
                raise NoConversation(f"the model's chat template refuses these messages: {error}") from None
        first = {**turns[1], "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}
        try:
            return self._render([first, *turns[2:]])
        except jinja2.TemplateError as error:
            raise NoConversation(f"the model's chat template refuses these messages: {error}") from None

    def start(self, capacity: int, after: Layers | None = None) -> CausalRun:
        """See `LanguageModel.start`. `after` holds rotated keys."""
        if capacity > self.context:
            raise TooLong(capacity, self.context)
        buffers = Buffers(self.layout.layers, capacity)
        if after is not None:
            buffers.take(after)
        return CausalRun(self._model, buffers, self._gate, self._device)

    @torch.inference_mode()
    def prefilled(self, tokens: Sequence[int], pause: Pause | None = None) -> Layers:
        """Keys and values of a prompt's beginning; the keys raw where this model allows it."""
        run = self.start(len(tokens))
        with self._raw_keys() as taken:
            run.feed(tokens, pause)
        held = run.buffers.held()
        return Layers(taken(), held.values, rotated=False) if self.raw_keys else held

    @torch.inference_mode()
    def rotated(self, layers: Layers) -> Layers:
        """The layers with keys that know their positions, from 0 on."""
        if layers.rotated:
            return layers
        positions = torch.arange(layers.tokens, device=self._device).unsqueeze(0)
        cos, sin = self._decoder().rotary_emb(layers.values[0].unsqueeze(0), position_ids=positions)
        rotate = self._rotation()
        keys = tuple(rotate(k.unsqueeze(0), k.unsqueeze(0), cos, sin)[1][0] for k in layers.keys)
        return Layers(keys, layers.values, rotated=True)

    def _render(self, turns: list[dict[str, str]]) -> str:
        text: str = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return text

    def _decoder(self) -> Any:
        return self._model.get_decoder()

    def _rotation(self) -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
        """The model's own function, for the same bits."""
        module = sys.modules[type(self._decoder()).__module__]
        rotation: Callable[..., tuple[torch.Tensor, torch.Tensor]] = module.apply_rotary_pos_emb
        return rotation

    @contextlib.contextmanager
    def _raw_keys(self) -> Iterator[Callable[[], tuple[torch.Tensor, ...]]]:
        """Take the keys of each layer before their rotation, as long as this lasts."""
        pieces: list[list[torch.Tensor]] = [[] for _ in self._projections]

        thread = threading.get_ident()

        def take(layer: int, output: torch.Tensor) -> None:
            if threading.get_ident() != thread:
                return  # somebody else's computation, while this one stands aside
            shaped = output[0].reshape(output.shape[1], self.layout.heads, self.layout.head_size)
            pieces[layer].append(shaped.transpose(0, 1).clone())

        def hook(layer: int) -> Callable[..., None]:
            return lambda _module, _inputs, output: take(layer, output)

        hooks = [module.register_forward_hook(hook(n)) for n, module in enumerate(self._projections)]
        try:
            yield lambda: tuple(joined(layer) for layer in pieces)
        finally:
            for handle in hooks:
                handle.remove()

    @torch.inference_mode()
    def _can_rotate(self) -> bool:
        if len(self._projections) != self.layout.layers or not hasattr(self._decoder(), "rotary_emb"):
            return False
        run = self.start(_SELF_TEST)
        with self._raw_keys() as taken:
            run.feed(range(_SELF_TEST))
        held = run.buffers.held()
        again = self.rotated(Layers(taken(), held.values, rotated=False))
        return all(torch.equal(one, other) for one, other in zip(held.keys, again.keys, strict=True))


class CausalRun:
    """See `Run`."""

    def __init__(self, model: Any, buffers: Buffers, gate: _Gate, device: str) -> None:
        self._model = model
        self.buffers = buffers
        self._gate = gate
        self._device = device

    @property
    def length(self) -> int:
        return int(self.buffers.get_seq_length())

    @torch.inference_mode()
    def feed(self, tokens: Sequence[int], pause: Pause | None = None) -> Array:
        """See `Run.feed`."""
        if not tokens:
            raise ValueError("no tokens to feed")
        if self.length + len(tokens) > self.buffers.capacity:
            raise TooLong(self.length + len(tokens), self.buffers.capacity)
        pieces = [tokens[start : start + PIECE] for start in range(0, len(tokens), PIECE)]
        with self._gate.held_by(pause):
            *_, logits = [self._logits(piece) for piece in pieces]
        return logits

    def _logits(self, tokens: Sequence[int]) -> Array:
        taken = torch.tensor([list(tokens)], device=self._device)
        output = self._model(input_ids=taken, past_key_values=self.buffers, use_cache=True, logits_to_keep=1)
        found: Array = output.logits[0, -1].float().cpu().numpy()
        return found


class _Gate:
    """Calls the pause of the computation under way in front of each layer."""

    def __init__(self, model: Any) -> None:
        # Each thread has its own: while one stands aside in its pause, another computes.
        self._of = threading.local()
        for layer in model.get_decoder().layers:
            layer.register_forward_pre_hook(self._before)

    @contextlib.contextmanager
    def held_by(self, pause: Pause | None) -> Iterator[None]:
        self._of.pause = pause
        try:
            yield
        finally:
            self._of.pause = None

    def _before(self, *_: object) -> None:
        pause: Pause | None = getattr(self._of, "pause", None)
        if pause is not None:
            pause()


def _load(folder: Path, device: str, dtype: DType) -> tuple[Any, Any]:
    if not (folder / "config.json").is_file():
        raise ModelMissing(f"{folder} holds no model: it has no config.json (see `memcube models list`)")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            dtype=_DTYPES[dtype],
            use_safetensors=True,
            attn_implementation=attention.NAME,
        )
    except (OSError, ValueError, KeyError, json.JSONDecodeError) as error:
        raise ModelMissing(f"transformers cannot read the model in {folder}: {error}") from None
    try:
        return tokenizer, model.to(device).eval()
    except (RuntimeError, AssertionError) as error:  # as torch tells of a device that it cannot reach
        told = str(error).partition("\n")[0]
        raise Setup(f"the model cannot go to device {device!r} ({told}): set MEMCUBE_MODEL_DEVICE") from None


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _ends(*given: int | list[int] | None) -> frozenset[int]:
    found: set[int] = set()
    for ends in given:
        found.update([ends] if isinstance(ends, int) else ends or [])
    return frozenset(found)


def _key_projections(model: Any, layers: int) -> list[Any]:
    """The modules whose output is a layer's keys before their rotation; none for a model of another build."""
    found = []
    for layer in model.get_decoder().layers[:layers]:
        attention = getattr(layer, "self_attn", None)
        module = getattr(attention, "k_norm", None) or getattr(attention, "k_proj", None)
        if module is None:
            return []
        found.append(module)
    return found
