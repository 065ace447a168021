"""Blocks at rest: what comes back is what was written, or a clear refusal."""

from __future__ import annotations

import tests.with_torch  # noqa: F401 -- skips this module where there is none

# isort: split
import errno
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import torch

from memcube.activation.block import Made, Part
from memcube.activation.files import CHUNK, BlockFiles, Unusable
from memcube.activation.quantised import QuantisedLayers, quantised
from memcube.errors import KeyDestroyed
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.kv import Layers
from memcube.models.language import Fingerprint

FINGERPRINT = Fingerprint(weights="w", tokenizer="t", template="c", dtype="float32")
B1, B2 = "0b100000", "0b200000"
ADA, BEN = "t/user:ada", "t/user:ben"


def layers(tokens: int = 40, number: int = 3) -> Layers:
    draw = torch.Generator().manual_seed(number)

    def some() -> tuple[torch.Tensor, ...]:
        return tuple(torch.randn((3, tokens, 64), generator=draw) for _ in range(number))

    return Layers(some(), some(), rotated=False)


def made(block_id: str = B1, subject: str = ADA, tokens: int = 40, precision: str = "float") -> Made:
    return Made(
        id=block_id,
        subject=subject,
        parts=(Part("cube-of-ada", 1),),
        tokens=tuple(range(tokens)),
        fingerprint=FINGERPRINT,
        precision=precision,  # type: ignore[arg-type]
        rotated=False,
        seconds=0.5,
        built=date(2026, 3, 1),
    )


@pytest.fixture
def sealer(tmp_path: Path) -> SubjectSealer:
    return SubjectSealer(KeyStore(tmp_path / "keys.sqlite"))


@pytest.fixture
def files(tmp_path: Path, sealer: SubjectSealer) -> BlockFiles:
    return BlockFiles(str(tmp_path / "blocks"), sealer)


def the_file(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "blocks").rglob("*.kv")
    return found


def test_a_block_comes_back_bit_for_bit_over_many_chunks(files: BlockFiles) -> None:
    kept = layers(tokens=900, number=4)
    size = files.write(made(tokens=900), kept)
    assert size > 4 * CHUNK
    told, found = files.read(ADA, B1)
    assert told == made(tokens=900)
    assert isinstance(found, Layers)
    for one, other in zip((*kept.keys, *kept.values), (*found.keys, *found.values), strict=True):
        assert torch.equal(one, other)


def test_an_int8_block_is_a_quarter_and_close(files: BlockFiles) -> None:
    kept = layers(tokens=200)
    small = quantised(kept)
    assert small.nbytes < 0.28 * kept.nbytes
    files.write(made(tokens=200, precision="int8"), small)
    _, found = files.read(ADA, B1)
    assert isinstance(found, QuantisedLayers)
    restored = found.restored()
    for one, other in zip((*kept.keys, *kept.values), (*restored.keys, *restored.values), strict=True):
        assert float((one - other).abs().max()) < 0.03


def test_a_row_of_zeros_stays_zeros_as_int8() -> None:
    zeros = tuple(torch.zeros((1, 2, 4)) for _ in range(1))
    restored = quantised(Layers(zeros, zeros, rotated=False)).restored()
    assert torch.equal(restored.keys[0], zeros[0])


def test_neither_words_nor_names_stand_in_the_clear(files: BlockFiles, tmp_path: Path) -> None:
    files.write(made(), layers())
    path = the_file(tmp_path)
    assert b"cube-of-ada" not in path.read_bytes()
    assert b"float32" not in path.read_bytes()
    assert "ada" not in str(path.relative_to(tmp_path))


def torn(content: bytes) -> bytes:
    return content[: len(content) // 2]


def longer(content: bytes) -> bytes:
    return content + b"x"


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def one_chunk_less(content: bytes) -> bytes:
    """The last chunk cut off, and the number of chunks told accordingly."""
    start = len(b"memcube-kv-1\n")
    first = start + 4
    size = int.from_bytes(content[first : first + 4], "little")
    return content[:start] + (1).to_bytes(4, "little") + content[first : first + 4 + size]


@pytest.mark.parametrize(
    "damaged", [torn, longer, flipped, one_chunk_less, lambda _: b"", lambda _: b"x" * 99]
)
def test_a_damaged_file_is_refused(
    files: BlockFiles, tmp_path: Path, damaged: Callable[[bytes], bytes]
) -> None:
    files.write(made(tokens=900), layers(tokens=900))
    path = the_file(tmp_path)
    path.write_bytes(damaged(path.read_bytes()))
    with pytest.raises(Unusable):
        files.read(ADA, B1)


def test_a_block_under_anothers_name_is_refused(files: BlockFiles, tmp_path: Path) -> None:
    files.write(made(), layers())
    path = the_file(tmp_path)
    path.rename(path.with_name(f"{B2}.kv"))
    with pytest.raises(Unusable, match="does not open"):
        files.read(ADA, B2)


def test_a_block_of_another_subject_is_refused(files: BlockFiles) -> None:
    files.write(made(), layers())
    with pytest.raises(Unusable, match="does not open"):
        files.read(BEN, B1)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "x" * 20, "0b1"])
def test_what_is_no_id_is_refused(files: BlockFiles, name: str) -> None:
    with pytest.raises(Unusable, match="no id"):
        files.read(ADA, name)


def test_a_missing_block_is_told(files: BlockFiles) -> None:
    with pytest.raises(Unusable, match="not there"):
        files.read(ADA, B1)


def test_numbers_that_are_none_are_refused(files: BlockFiles) -> None:
    bad = layers()
    bad.keys[1][0, 0, 0] = float("nan")
    files.write(made(), bad)
    with pytest.raises(Unusable, match="NaN"):
        files.read(ADA, B1)


def test_what_the_key_sealed_is_gone_with_it(files: BlockFiles, sealer: SubjectSealer) -> None:
    files.write(made(), layers())
    sealer.destroy(ADA, sealer.rotate(ADA))
    with pytest.raises(KeyDestroyed):
        files.read(ADA, B1)


def test_a_full_disk_leaves_nothing_and_the_former_block_whole(
    files: BlockFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(made(), layers())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write(made(), layers(tokens=40, number=2))
    monkeypatch.undo()
    assert len(list((tmp_path / "blocks").rglob("*.*"))) == 1
    told, _ = files.read(ADA, B1)
    assert told == made()


def test_removal_is_idempotent(files: BlockFiles, tmp_path: Path) -> None:
    files.write(made(B1), layers())
    files.write(made(B2), layers())
    files.remove(B1)
    files.remove(B1)
    assert the_file(tmp_path).name == f"{B2}.kv"


def test_an_object_store_will_do(sealer: SubjectSealer) -> None:
    files = BlockFiles("memory://blocks", sealer)
    files.write(made(), layers())
    assert files.read(ADA, B1)[0] == made()
    files.remove(B1)
    with pytest.raises(Unusable):
        files.read(ADA, B1)


def test_a_wrong_byte_anywhere_in_a_chunks_head_is_refused_or_changes_nothing(
    tmp_path: Path, files: BlockFiles
) -> None:
    files.write(made(), layers())
    path = the_file(tmp_path)
    whole = path.read_bytes()
    refused = 0
    for at in range(70):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            told, _ = files.read(ADA, B1)
        except Unusable:
            refused += 1
        else:
            assert told == made()
    assert refused > 60
