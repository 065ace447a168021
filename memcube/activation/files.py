"""Blocks at rest: safetensors, sealed under the subject's key in chunks, in a folder or an object store.

A file is written under another name, made durable and renamed, so that whatever a reader finds under the
right name was once whole. Each chunk is bound to its block, its place and the number of chunks: one that is
torn off, swapped or brought from another subject does not open.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from struct import Struct
from struct import error as struct_error
from typing import IO, Any, Final
from uuid import uuid4

import fsspec
import msgspec
import torch
from fsspec.implementations.local import LocalFileSystem
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from memcube.activation.block import Made
from memcube.activation.quantised import QuantisedLayers
from memcube.errors import MemcubeError, SealBroken
from memcube.governance.sealing import Sealer
from memcube.models.kv import Layers
from schemas.body import Sealed

CHUNK: Final = 1024 * 1024
_MAGIC: Final = b"memcube-kv-1\n"
_ID: Final = re.compile(r"[0-9a-f-]{8,64}")
_COUNT: Final = Struct("<I")
# A chunk's nonce, ciphertext and tag, and the key's id in front of all; a longer one is no file of ours.
_MOST: Final = CHUNK + 1024

Kept = Layers | QuantisedLayers
Stored = tuple[Made, Kept]


class Unusable(MemcubeError):
    """A stored block cannot be used: the message says why. It is to be built again."""


class Missing(Unusable):
    """There is no such block."""


class BlockFiles:
    """Blocks under one place: a path, or an address that fsspec knows (`s3://bucket/folder`)."""

    def __init__(self, place: str, sealer: Sealer) -> None:
        self._files, root = fsspec.core.url_to_fs(place)
        self._root = PurePosixPath(root)
        self._sealer = sealer

    def write(self, made: Made, layers: Kept) -> int:
        """Keep a block; returns its size in bytes. Raises `OSError`, having left nothing."""
        content = save_tensors(_tensors(layers), {"made": msgspec.json.encode(made).decode()})
        path = self._path(made.id)
        self._files.makedirs(str(path.parent), exist_ok=True)
        chunks = list(self._sealed(made, content))
        if isinstance(self._files, LocalFileSystem):
            _write_whole(Path(path), chunks)
        else:
            # An object store shows an object only once it is whole.
            with self._files.open(str(path), "wb") as file:
                file.writelines(chunks)
        return sum(len(chunk) for chunk in chunks)

    def read(self, subject: str, block_id: str) -> Stored:
        """Raises `Unusable` for what is missing, torn, swapped, foreign or no block; `KeyDestroyed`."""
        path = self._path(block_id)
        try:
            with self._files.open(str(path), "rb") as file:
                content = self._opened(subject, block_id, file)
            tensors = load_tensors(content)
            made = msgspec.json.decode(_metadata(content)["made"], type=Made)
        except FileNotFoundError:
            raise Missing(f"block {block_id} is not there") from None
        except SealBroken as error:
            raise Unusable(f"block {block_id} does not open: {error}") from None
        except (SafetensorError, msgspec.DecodeError, UnicodeDecodeError, KeyError, struct_error) as error:
            raise Unusable(f"block {block_id} is damaged: {error}") from None
        if (made.subject, made.id) != (subject, block_id):
            raise Unusable(f"what stands as block {block_id} is block {made.id}")
        layers = _layers(tensors, made)
        if layers.tokens != len(made.tokens):
            raise Unusable(f"block {block_id} has {layers.tokens} tokens instead of {len(made.tokens)}")
        return made, layers

    def remove(self, block_id: str) -> None:
        """Idempotent."""
        path = str(self._path(block_id))
        if self._files.exists(path):
            self._files.rm_file(path)

    def holds(self, block_id: str) -> bool:
        """Whether its file is there; raises `OSError`."""
        return bool(self._files.exists(str(self._path(block_id))))

    def size(self, block_id: str) -> int:
        """Bytes of its file; raises `OSError`."""
        return int(self._files.size(str(self._path(block_id))))

    def tidy(self, before: float) -> None:
        """Remove what writers that were killed have left, last touched before this time (POSIX seconds)."""
        root = Path(self._root)
        if isinstance(self._files, LocalFileSystem):
            for left in root.glob("*/.*.kv.*"):
                with suppress(FileNotFoundError):
                    if left.stat().st_mtime < before:
                        left.unlink()

    def _path(self, block_id: str) -> PurePosixPath:
        """By the id alone, which tells nothing of its subject. Raises `Unusable` for one that is no id."""
        if not _ID.fullmatch(block_id):
            raise Unusable(f"{block_id[:80]!r} is no id of a block")
        return self._root / block_id[:2] / f"{block_id}.kv"

    def _sealed(self, made: Made, content: bytes) -> Iterator[bytes]:
        view = memoryview(content)
        pieces = [bytes(view[start : start + CHUNK]) for start in range(0, len(view), CHUNK)]
        yield _MAGIC + _COUNT.pack(len(pieces))
        for number, piece in enumerate(pieces):
            sealed = self._sealer.seal(made.subject, piece, _place(made.id, number, len(pieces)))
            encoded = msgspec.msgpack.encode(sealed)
            yield _COUNT.pack(len(encoded)) + encoded

    def _opened(self, subject: str, block_id: str, file: IO[bytes]) -> bytes:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise Unusable(f"block {block_id} is no file of MemCube's, or of another version")
        (count,) = _COUNT.unpack(file.read(_COUNT.size))
        parts = []
        for number in range(count):
            (size,) = _COUNT.unpack(file.read(_COUNT.size))
            if size > _MOST:
                raise Unusable(f"block {block_id} is damaged: a chunk of {size} bytes")
            sealed = msgspec.msgpack.decode(file.read(size), type=Sealed)
            parts.append(self._sealer.open(subject, sealed, _place(block_id, number, count)))
        if file.read(1):
            raise Unusable(f"block {block_id} is damaged: there is something behind its end")
        return b"".join(parts)


def _place(block_id: str, number: int, count: int) -> bytes:
    return f"kv\0{block_id}\0{number}\0{count}".encode()


def _write_whole(path: Path, chunks: list[bytes]) -> None:
    made = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with made.open("xb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)


def _tensors(layers: Kept) -> dict[str, torch.Tensor]:
    """By name: k7 is the keys of layer 7."""
    named = {"k": layers.keys, "v": layers.values}
    if isinstance(layers, QuantisedLayers):
        named |= {"ks": layers.key_scales, "vs": layers.value_scales}
    return {
        f"{name}{number}": tensor.contiguous()
        for name, tensors in named.items()
        for number, tensor in enumerate(tensors)
    }


def _layers(tensors: dict[str, torch.Tensor], made: Made) -> Kept:
    def all_of(name: str) -> tuple[torch.Tensor, ...]:
        found: list[torch.Tensor] = []
        while (key := f"{name}{len(found)}") in tensors:
            found.append(tensors[key])
        return tuple(found)

    keys, values = all_of("k"), all_of("v")
    if not keys or len(keys) != len(values):
        raise Unusable(f"block {made.id} is damaged: {len(keys)} layers of keys, {len(values)} of values")
    layers: Kept
    if made.precision == "int8":
        layers = QuantisedLayers(keys, values, all_of("ks"), all_of("vs"), made.rotated)
    else:
        layers = Layers(keys, values, made.rotated)
    if not layers.finite():
        raise Unusable(f"block {made.id} holds numbers that are none (NaN or infinite)")
    return layers


def _metadata(content: bytes) -> dict[str, Any]:
    """The library gives metadata of files alone. The header is 8 bytes of length, and JSON."""
    length = int.from_bytes(content[:8], "little")
    found: dict[str, Any] = msgspec.json.decode(content[8 : 8 + length])["__metadata__"]
    return found
