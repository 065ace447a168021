from __future__ import annotations

import numpy as np
import pytest

from bench import memories, recall_scale
from bench.memories import Storyteller, near
from memcube.cube import Form


def test_the_same_seed_tells_the_same_memories() -> None:
    told = [list(memories.memories("t/user:x", 7, Storyteller(3))) for _ in range(2)]
    assert told[0] == told[1]
    assert [cube.seq for cube in told[0]] == [1, 2, 3, 4, 5, 6, 7]
    assert [cube.form for cube in told[0][:2]] == [Form.EPISODE, Form.FACT]
    assert told[0][0].sources == told[0][1].sources


def test_words_follow_zipfs_law() -> None:
    teller = Storyteller(3)
    words = " ".join(text for _ in range(3_000) for text in teller.turn()).split()
    counts = sorted((words.count(word) for word in ("time", "year", "river", "banemilem")), reverse=True)
    assert counts[0] > 5 * counts[2] > 0
    assert len(set(words)) > 3_000


@pytest.mark.parametrize("count", [3, 10, 95])
def test_vectors_near_real_ones_have_their_length_and_are_not_they(count: int) -> None:
    real = np.eye(10, 384, dtype=np.float32)
    made = near(real, count, seed=1)
    assert made.shape == (count, 384)
    assert np.abs(np.linalg.norm(made, axis=1) - 1).max() < 1e-5
    assert np.array_equal(made[:10], real[:count])
    cosines = np.array([row @ real[place % 10] for place, row in enumerate(made)])
    assert (abs(cosines[10:] - 0.7) < 0.15).all()


def test_a_small_run_finds_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall_scale, "QUICK_SIZES", (40,))
    monkeypatch.setattr(recall_scale, "_EMBEDDED", 20)
    said: list[str] = []
    findings = recall_scale.measure(quick=True, say=said.append)
    assert said[-1] == "asking 40 in one subject"
    latencies, phases, starts = findings.tables
    assert float(latencies.rows[0][1]) > 0
    assert all(float(cell.split(" / ")[0]) > 0 for cell in phases.rows[0][1:])
    assert starts.rows[0][-1] == "1"
    assert set(findings.data) == {"40 in one subject"}
