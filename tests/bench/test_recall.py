"""The evaluator as it is started, on made-up conversations whose scores are known."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import BENCHMARKS

MEMCUBE = str(Path(sys.executable).with_name("memcube"))


def said(speaker: str, turn_id: str, text: str, caption: str | None = None) -> dict[str, Any]:
    return {"speaker": speaker, "dia_id": turn_id, "text": text, "blip_caption": caption}


def asked(question: str, category: int, *evidence: str) -> dict[str, Any]:
    return {"question": question, "category": category, "evidence": list(evidence), "answer": "-"}


# Every memory of so short a conversation is among the first five for a question that has its words, however
# recall is tuned; a question without a letter finds nothing, whatever is tuned.
ADA_AND_BEN: dict[str, Any] = {
    "sample_id": "ada-ben",
    "conversation": {
        "session_1_date_time": "9:00 am on 1 March, 2026",
        "session_1": [
            said("Ada", "D1:1", "I adopted a grey kitten called Pebble from the shelter."),
            said("Ben", "D1:2", "My brother repairs old violins in Bergen."),
        ],
        "session_2_date_time": "6:30 pm on 9 March, 2026",
        "session_2": [said("Ben", "D2:1", "I signed up for the marathon in October.")],
    },
    "qa": [
        asked("What is the name of the kitten that Ada adopted?", 4, "D1:1"),
        asked("Whose brother repairs violins, and who runs the marathon in October?", 1, "D1:2; D2:1"),
        asked("???", 5, "D1:1"),
        asked("When is the marathon that Ben signed up for?", 2, "D2:01", "D9:9"),
        asked("Does Ben like cats?", 3),
        asked("Where does Ada work?", 4, "D7:7"),
    ],
}
CLEO: dict[str, Any] = {
    "sample_id": "cleo",
    "conversation": {
        "session_1_date_time": "10:00 am on 2 April, 2026",
        # The ids are those of the other conversation.
        "session_1": [said("Cleo", "D1:1", "I grow lemons.", "a lemon tree on a balcony")],
    },
    "qa": [asked("What does Cleo grow?", 4, "D1:1")],
}


class Bench:
    """`memcube bench recall` in a folder of nobody's, with temporary files in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.here = folder / "here"
        self.temporary = folder / "tmp"
        self.here.mkdir()
        self.temporary.mkdir()
        (self.here / "bench").mkdir()  # not ours
        (self.here / "bench" / "__main__.py").write_text("raise SystemExit('the wrong bench')")
        self._environment = {
            **os.environ,
            "TMPDIR": str(self.temporary),
            "MEMCUBE_DATA": str(folder / "data"),
        }

    def write(self, *conversations: dict[str, Any]) -> Path:
        path = self.here / "data.json"
        path.write_text(json.dumps(conversations))
        return path

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MEMCUBE, "bench", *arguments],
            cwd=self.here,
            env={**self._environment, **env},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        child = subprocess.Popen(
            [MEMCUBE, "bench", *arguments],
            cwd=self.here,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield child
        finally:
            child.kill()
            child.communicate()

    @property
    def left_behind(self) -> list[Path]:
        return list(self.temporary.iterdir())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """The document, the predictions, and what was said on standard error."""
    bench = Bench(tmp_path_factory.mktemp("evaluated"))
    data = bench.write(ADA_AND_BEN, CLEO)
    done = bench.run("recall", "--data", str(data), "--json", "--predictions", "predictions.jsonl")
    assert done.returncode == 0, done.stderr
    assert not bench.left_behind
    assert not (bench.here.parent / "data").exists()
    lines = (bench.here / "predictions.jsonl").read_text().splitlines()
    return json.loads(done.stdout), [json.loads(line) for line in lines], done.stderr


Evaluated = tuple[dict[str, Any], list[dict[str, Any]], str]


def test_the_score_of_the_made_up_conversations_is_what_it_is_by_hand(evaluated: Evaluated) -> None:
    result, _, _ = evaluated
    # Four of five questions find all of their evidence; "???" finds nothing.
    assert (result["recall@5"], result["recall@10"]) == (0.8, 0.8)
    assert (result["questions"], result["skipped"]) == (5, 2)
    assert {
        name: (found["recall@5"], found["recall@10"], found["questions"])
        for name, found in result["by_category"].items()
    } == {
        "multi-hop": (1.0, 1.0, 1),
        "temporal": (1.0, 1.0, 1),
        "single-hop": (1.0, 1.0, 2),
        "adversarial": (0.0, 0.0, 1),
    }
    assert (result["budget"]["recall@5"], result["budget"]["recall@10"]) == (0.8, 0.8)
    assert 5 < result["tokens_per_memory"] < 25


def test_words_alone_find_the_same_in_so_short_a_conversation(evaluated: Evaluated) -> None:
    bm25 = evaluated[0]["baselines"]["bm25"]
    assert (bm25["recall@5"], bm25["recall@10"], bm25["questions"]) == (0.8, 0.8, 5)
    assert bm25["by_category"]["adversarial"]["recall@10"] == 0.0


def test_baselines_have_the_keys_that_default_recall_has(evaluated: Evaluated) -> None:
    result = evaluated[0]
    figures = {"recall@5", "recall@10", "interval@5", "interval@10", "questions", "by_category"}
    assert set(result["baselines"]) == {"cosine", "bm25"}
    for system in (result, *result["baselines"].values()):
        assert figures | {"tokens_per_memory", "budget"} <= set(system)
        assert set(system["budget"]) == figures | {"memories@5", "memories@10"}


def test_the_document_says_what_was_measured_and_with_what(evaluated: Evaluated) -> None:
    result = evaluated[0]
    assert result["conversations"] == ["ada-ben", "cleo"]
    assert (result["turns"], result["memories"]["episodes"]) == (4, 4)
    assert result["memories"]["facts"] >= 1
    assert result["embedder"].startswith("all-MiniLM-L6-v2/")
    assert result["evaluator"] == "1"
    assert len(result["data_sha256"]) == 64


def test_predictions_name_what_was_hit_for_each_question_and_system(evaluated: Evaluated) -> None:
    _, predictions, _ = evaluated
    assert len(predictions) == 5 * 3
    ours = [one for one in predictions if one["system"] == "memcube"]
    assert [(one["conversation"], one["question"], one["hits@5"]) for one in ours] == [
        ("ada-ben", 0, ["D1:1"]),
        ("ada-ben", 1, ["D1:2", "D2:1"]),
        ("ada-ben", 2, []),
        ("ada-ben", 3, ["D2:1"]),
        ("cleo", 0, ["D1:1"]),
    ]
    assert ours[3]["evidence"] == ["D2:1"]
    assert all(memory["counts_for"] in {None, *memory["turns"]} for one in ours for memory in one["memories"])
    # Ids alone: a data set's licence may forbid to pass its text on.
    assert "kitten" not in json.dumps(predictions)


def test_progress_is_a_line_a_conversation_where_nobody_watches(evaluated: Evaluated) -> None:
    lines = evaluated[2].splitlines()
    assert ["ada-ben" in lines[0], "cleo" in lines[1], len(lines)] == [True, True, 2]


def test_chosen_conversations_and_a_table(bench: Bench) -> None:
    data = bench.write(ADA_AND_BEN, CLEO)
    done = bench.run("recall", "--data", str(data), "--conversations", "cleo", MEMCUBE_EMBEDDER="hash")
    assert done.returncode == 0, done.stderr
    assert "1 questions, 0 skipped" in done.stdout
    assert "conversations: cleo\nhash-trigrams" in done.stdout
    assert [name in done.stdout for name in ("memcube", "cosine", "bm25", "single-hop")] == [True] * 4


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--data", "gone.json"], 1, "error: gone.json cannot be read: No such file"),
        (["--data", "."], 1, "error: . cannot be read: Is a directory"),
        (["--data", "cut.json"], 1, "error: cut.json is not JSON: Input data was truncated"),
        (
            ["--data", "data.json", "--conversations", "x,cleo"],
            1,
            "no conversation x in data.json: it has cleo",
        ),
        (["--data", "data.json", "--predictions", "no/such"], 1, "--predictions no/such cannot be written"),
        (["--data", "data.json", "--limit-conversations", "0"], 2, "use 1 or more"),
        (["--data", "data.json", "--questions", "x"], 2, "unrecognized arguments"),
        ([], 2, "required: --data"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_a_line(
    bench: Bench, arguments: list[str], status: int, says: str
) -> None:
    data = bench.write(CLEO)
    (bench.here / "cut.json").write_bytes(data.read_bytes()[:100])
    done = bench.run("recall", "--json", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
    assert status == 2 or len(done.stderr.splitlines()) == 1
    assert not bench.left_behind


def test_a_turn_that_no_conversation_can_have_ends_the_run_and_leaves_nothing(bench: Bench) -> None:
    nobody = copy.deepcopy(CLEO)
    nobody["conversation"]["session_1"][0]["speaker"] = ""
    done = bench.run("recall", "--data", str(bench.write(nobody)), "--json", MEMCUBE_EMBEDDER="hash")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "error: cleo, turn D1:1 is no turn of a conversation: name must be printable"
    )
    assert not bench.left_behind


def long_conversation() -> dict[str, Any]:
    """Minutes of work."""
    told = [
        said("Ada", f"D1:{n}", f"Number {n} in my book is a walk of {n} miles to a lake.")
        for n in range(9_000)
    ]
    return {
        "sample_id": "long",
        "conversation": {"session_1_date_time": "9:00 am on 1 March, 2026", "session_1": told},
        "qa": [asked("How long is the walk?", 4, "D1:1")],
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing_behind(bench: Bench, number: signal.Signals) -> None:
    data = bench.write(long_conversation())
    with bench.started("recall", "--data", str(data), "--json") as child:
        wait(lambda: any(bench.temporary.glob("*/record/cubes.sqlite-wal")))
        child.send_signal(number)
        child.send_signal(number)  # nobody waits patiently
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, "")
    assert err == "stopped; the temporary folder is removed\n"
    assert not bench.left_behind


def wait(until: Callable[[], bool], within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_bench_alone_lists_the_benchmarks(bench: Bench) -> None:
    done = bench.run()
    assert done.returncode == 0
    assert [name in done.stdout for name in ("latency", "throughput", "recall")] == [True] * 3


def test_help_teaches(bench: Bench) -> None:
    done = bench.run("recall", "--help")
    assert done.returncode == 0
    assert "memcube bench recall --data locomo10.json --json" in done.stdout


def test_an_unknown_benchmark_is_refused_with_those_that_exist(bench: Bench) -> None:
    done = bench.run("speed")
    assert done.returncode == 2
    assert f"no benchmark speed: there are {', '.join(BENCHMARKS)}, recall" in done.stderr


def test_recall_is_not_run_among_others(bench: Bench) -> None:
    done = bench.run("latency", "recall")
    assert done.returncode == 2
    assert "recall has options of its own" in done.stderr


def test_a_data_folder_before_the_command_is_refused(bench: Bench) -> None:
    done = subprocess.run(
        [MEMCUBE, "--data", str(bench.here), "bench"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert "memcube bench recall --data FILE" in done.stderr
