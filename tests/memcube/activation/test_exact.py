"""What a block answers is what its text would have answered, over fifty prompts and a trip through disk."""

from __future__ import annotations

import tests.with_torch  # noqa: F401 -- skips this module where there is none

# isort: split
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from memcube.activation.block import Made, Part
from memcube.activation.files import BlockFiles
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.causal import CausalModel
from memcube.models.kv import Layers
from memcube.models.language import Array
from memcube.models.prompt import Line, Message, prefix, prompt
from memcube.models.sampling import Sampling, answer

pytestmark = pytest.mark.models

ADA = "t/user:ada"
BLOCK = "0b100000"
DAY = date(2026, 3, 2)
CITIES = ("Oslo", "Lisbon", "Porto", "Bergen", "Kyoto", "Quito", "Graz", "Turin", "Leeds", "Ghent")
ASKING = (
    "Have I ever been to {}?",
    "What do I know about {}?",
    "Write one sentence about {}.",
    "Who lives in {}?",
    "Is {} far away from me?",
)
QUESTIONS = [asking.format(city) for asking in ASKING for city in CITIES]
LINES = [Line(f"c{n}", 1, f"Ada went to {city} with her sister Ida", DAY) for n, city in enumerate(CITIES)]


@pytest.mark.timeout(600)
def test_fifty_prompts_are_answered_alike_before_and_after_the_disk(
    tmp_path: Path, language_model: CausalModel
) -> None:
    model = language_model
    tokens = prefix(model, LINES)
    fresh = model.prefilled(tokens)
    files = BlockFiles(str(tmp_path / "blocks"), SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite")))
    made = Made(
        id=BLOCK,
        subject=ADA,
        parts=tuple(Part(line.cube_id, line.version) for line in LINES),
        tokens=tokens,
        fingerprint=model.fingerprint,
        precision="float",
        rotated=fresh.rotated,
        seconds=1.0,
        built=DAY,
    )
    files.write(made, fresh)
    _, stored = files.read(ADA, BLOCK)
    assert isinstance(stored, Layers)
    before, after = model.rotated(fresh), model.rotated(stored)
    assert len(QUESTIONS) == 50
    for question in QUESTIONS:
        given = prompt(model, [Message("user", question)], LINES)
        assert given.prefix == tokens
        full, greedy = _answered(model, given.tokens, len(given.tokens), None)
        for block in (before, after):
            logits, text = _answered(model, given.rest, len(given.tokens), block)
            assert np.abs(logits - full).max() < 1e-4
            assert text == greedy


def _answered(
    model: CausalModel, tokens: tuple[int, ...], length: int, block: Layers | None
) -> tuple[Array, str]:
    """The logits of the first token, and a greedy answer."""
    run = model.start(length + 8, block)
    seen: list[Array] = []
    feed = run.feed

    def kept(fed: tuple[int, ...], pause: object = None) -> Array:
        logits: Array = feed(fed)
        seen.append(logits)
        return logits

    run.feed = kept
    text = "".join(piece.text for piece in answer(model, run, tokens, Sampling(max_tokens=6)))
    return seen[0], text
