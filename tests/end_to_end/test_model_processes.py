"""The life of model processes: Ctrl-C while they compute, and two that share the subjects."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import pytest
from httpx_sse import EventSource

from gateway.http.model_client import ranked
from infra.ports import LOOPBACK, free_port
from tests.end_to_end.system import ENV, ROOT, MemCube, until
from tests.end_to_end.talking import LONG, blocks, chat, streaming, tell

NewSystem = Callable[..., MemCube]
# Each starts a system, or two one after the other, on cores that others want as well.
pytestmark = [pytest.mark.models, pytest.mark.timeout(400)]

# As turns of one life they make a block that takes seconds to prefill.
MANY: Final = tuple(
    f"On day {day} the ferry number {day * 7} brought crates of oranges, letters and rope to the old harbour."
    for day in range(1, 61)
)


def test_ctrl_c_in_the_middle_of_an_answer(another: NewSystem) -> None:
    system = another("talking", "--gateway-port", "0", "--kafka-port", "0", models=True).start()
    with streaming(system, "ann", LONG, max_tokens=2_000, store=False) as response:
        events = EventSource(response).iter_sse()
        while '"content":""' in next(events).data:
            pass
        system.stop()
        told = ""
        try:
            for event in events:
                told = event.data
        except httpx.TransportError:
            pass
        assert told != "[DONE]"


def test_ctrl_c_in_the_middle_of_a_build(another: NewSystem) -> None:
    system = another("talking", "--gateway-port", "0", "--kafka-port", "0", models=True).start()
    tell(system, "ann", *MANY)
    asked = system.json("activations", "build", "--user", "ann", "--no-wait")
    log = system.folder / "logs" / "model.log"
    until(lambda: asked["block_id"] in log.read_text(), 30, system.told)
    system.stop()
    assert not list((system.folder / "blocks").rglob("*.kv")), "it was built before it could be stopped"

    # The job was not lost: who comes back does it.
    system.start()
    until(lambda: [one["id"] for one in blocks(system, "ann")] == [asked["block_id"]], 60, system.told)
    assert chat(system, "ann", "What did the ferry bring?", route="kv", store=False)[1]["route"] == "kv"
    system.stop()


@contextmanager
def model(system: MemCube, port: int, metrics: int) -> Iterator[None]:
    """A model process on the system's folder, as its operator starts one more."""
    options = ("--role", "model", "--serve-port", str(port), "--metrics-port", str(metrics))
    with system.folder.with_suffix(f".model-{port}").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.worker", *options, "--data", str(system.folder)],
            env={**ENV, "MEMCUBE_EMBEDDER": "hash"},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def answered(metrics: int) -> int:
    """How many answers a process has begun or ended, by what it tells Prometheus."""
    text = httpx.get(f"http://{LOOPBACK}:{metrics}/metrics", trust_env=False).text
    found = re.findall(r"^memcube_generations_total\{[^}]*\} ([0-9.]+)$", text, re.MULTILINE)
    return sum(int(float(one)) for one in found)


def test_two_processes_share_the_subjects(another: NewSystem) -> None:
    ports = [free_port()]
    for _ in range(3):
        ports.append(free_port(avoid=frozenset(ports)))
    serving, telling = ports[:2], ports[2:]
    urls = [f"http://{LOOPBACK}:{port}" for port in serving]
    system = another("shared", "--gateway-port", "0", "--kafka-port", "0", models=True)
    system.setting("MEMCUBE_MODEL_URLS", ",".join(urls))
    system.start()
    assert {process["ready"] for process in system.json("status")["models"]} == {False}
    assert "model" not in {child["name"] for child in system.json("status")["children"]}
    with model(system, serving[0], telling[0]), model(system, serving[1], telling[1]):
        until(lambda: all(one["ready"] for one in system.get("/v1/status")["models"]), 60, system.told)
        expected = dict.fromkeys(urls, 0)
        for number in range(8):
            user = f"user-{number}"
            text, memory = chat(system, user, "Good morning!", max_tokens=3)
            assert text
            assert memory["response_event_id"]
            expected[ranked(urls, f"default/user:{user}")[0]] += 1
        assert all(expected.values()), "choose other names: one of them got nobody"
        assert {url: answered(port) for url, port in zip(urls, telling, strict=True)} == expected

        # A block that one of them has built is served by whoever has its subject.
        tell(system, "user-0", "I live in Faro.")
        tell(system, "user-1", "I live in Oslo.")
        for user in ("user-0", "user-1"):
            built = system.json("activations", "build", "--user", user)
            assert built["activation"]["current"]
            assert chat(system, user, "Where do I live?", route="kv", store=False)[1]["route"] == "kv"
    assert {process["ready"] for process in system.json("status")["models"]} == {False}
    system.stop()
