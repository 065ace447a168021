"""Both clients against a running system: real gateway, real Kafka, real record."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import confluent_kafka
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from cloudevents.core.bindings import kafka as kafka_v2
from cloudevents.core.formats.json import JSONFormat
from cloudevents.v1 import kafka as kafka_v1

from memcube import AsyncClient, Client
from memcube.client import (
    Conflict,
    ConnectionFailed,
    Erased,
    Invalid,
    NotFound,
    Opened,
    Removed,
    Retries,
    TooLarge,
    Updated,
    calls,
)
from schemas.events import CubeUpdated, Prompt
from schemas.partition import partition_for
from schemas.topics import EVENTS, PARTITIONS, UPDATES
from tests.client.driven import Driven
from tests.end_to_end.system import MemCube

Make = Callable[..., Any]


@pytest.fixture(params=[Client, AsyncClient], ids=["sync", "async"])
def make(request: pytest.FixtureRequest, system: MemCube) -> Iterator[Make]:
    """Makes clients; each test, and each twin in it, has a user of its own."""
    made: list[Driven] = []

    def new(**settings: Any) -> Driven:
        settings = {"base_url": system.address["gateway"], "user_id": request.node.name, **settings}
        made.append(Driven(request.param(**settings)))
        return made[-1]

    yield new
    for driven in made:
        driven.end()


def test_what_was_said_is_told_back_as_what_it_became(make: Make) -> None:
    client = make()
    first = client.add("I live in Hamburg.", timestamp="2026-03-09T12:10:00+01:00")
    assert [(change.decision, change.form) for change in first] == [("add", "fact")]
    second = client.add(
        [
            {"role": "assistant", "content": "Nice!"},
            {"role": "user", "content": "I moved to Lisbon.", "timestamp": datetime(2026, 4, 2, tzinfo=UTC)},
            {"role": "robot", "content": "beep"},
        ]
    )
    assert [change.decision for change in second] == ["supersede", "add"]
    assert [outcome.applied for outcome in second.outcomes] == [True, True, False]
    assert "role" in (second.refused[0].error or "")
    assert "refused" in repr(second)

    assert "Lisbon" in client.search("Where do I live?")[0].text
    [memory] = client.search("Where do I live?", as_of=date(2026, 3, 20))
    assert "Hamburg" in memory.text
    assert memory.provenance[0].event_id == first.event_ids[0]
    assert "valid 2026-03-09 to 2026-04-02" in repr(memory)
    old = client.history(first[0].id)
    assert [version.state for version in old] == ["active", "superseded"]


def test_a_message_that_comes_alone_and_is_refused_is_an_error(make: Make) -> None:
    client = make()
    with pytest.raises(Invalid, match="empty"):
        client.add("   ")
    with pytest.raises(TooLarge, match="split"):
        client.add("x" * 300_000)


class LosesTheAnswer(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Every second answer is lost on its way: the gateway has done what was asked, and nobody knows."""

    def __init__(self) -> None:
        self._sync = httpx.HTTPTransport()
        self._async = httpx.AsyncHTTPTransport()
        self._requests = 0

    def _lose(self) -> None:
        self._requests += 1
        if self._requests % 2:
            raise httpx.ReadError("the connection was reset")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._sync.handle_request(request)
        response.read()
        self._lose()
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._async.handle_async_request(request)
        await response.aread()
        self._lose()
        return response

    def close(self) -> None:
        self._sync.close()

    async def aclose(self) -> None:
        await self._async.aclose()


def test_what_is_sent_again_since_the_answer_was_lost_is_done_once(make: Make) -> None:
    client = make(transport=LosesTheAnswer(), retries=Retries(first_s=0.01))
    client.add(["I like tea.", "I like jazz."])
    done = client.remember("Ana prefers window seats")
    assert done.applied
    assert len(list(client.get_all())) == 3
    assert len(list(client.get_all(episodes=True))) == 5
    for memory in client.search("tea", limit=1):
        client.feedback(memory.id, "up")
        assert client.get(memory.id).trust == 0.625
        client.update(memory.id, "Ana likes green tea")
        assert [version.decision for version in client.history(memory.id)] == ["add", "rate", "edit"]
        assert client.delete(memory.id).applied
        assert client.get(memory.id).state == "erased"
    assert client.delete_all().applied
    assert list(client.get_all(episodes=True)) == []


def test_more_than_one_request_takes_is_sent_in_several(make: Make) -> None:
    client = make()
    added = client.add(
        {"role": "user", "content": f"Locker {n} is mine.", "id": f"m{n}"} for n in range(1_200)
    )
    assert len(added.event_ids) == 1_200
    assert all(outcome.applied for outcome in added.outcomes)
    again = client.add(
        {"role": "user", "content": f"Locker {n} is mine.", "id": f"m{n}"} for n in range(990, 1_010)
    )
    assert all(outcome.known for outcome in again.outcomes)


def test_all_memories_come_page_by_page(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 2)
    client = make()
    ids = [client.remember(f"Locker {n} is blue", wait=n == 4).event_id for n in range(5)]
    assert [cube.cause for cube in client.get_all()] == ids[::-1]
    assert [cube.cause for cube in client.get_all(limit=3)] == ids[:1:-1]
    assert list(client.get_all(state="superseded")) == []


def test_other_ids_narrow_a_search(make: Make) -> None:
    client = make()
    client.add("I like tea.", run_id="r1")
    client.add("I like jazz.", run_id="r2")
    assert [memory.text.split()[-1] for memory in client.search("What do I like?", run_id="r2")] == ["jazz"]
    assert len(list(client.get_all(run_id="r1"))) == 1
    assert len(list(client.get_all())) == 2


def test_a_group_is_one_memory_with_its_speakers(make: Make) -> None:
    client = make(group_id=f"trip-{time.time_ns()}", user_id=None)
    client.add(
        [
            {"role": "user", "name": "Rui", "content": "I live in Porto."},
            {"role": "user", "name": "Eva", "content": "I live in Faro."},
        ]
    )
    [memory] = client.search("Where does Eva live?", limit=1)
    assert (memory.text, memory.provenance[0].speaker) == ("Eva lives in Faro", "Eva")


def test_a_context_is_ready_for_a_prompt(make: Make) -> None:
    client = make()
    client.add("I live in Porto.", timestamp="2026-03-01T10:00:00Z")
    found = client.search("Where do I live?", max_tokens=100)
    assert "2026-03-01" in found.context
    assert found[0].id in found.context
    assert 0 < found.context_tokens <= 100


def test_a_memory_is_changed_judged_and_forgotten(make: Make) -> None:
    client = make()
    made = client.remember("Ana prefers window seats", name="Ana", pinned=True, source_id="m7")
    seat = made.changes[0].id
    cube = client.get(seat)
    assert (cube.text, cube.pinned, cube.provenance[0].source_id) == ("Ana prefers window seats", True, "m7")
    assert client.update(seat, "Ana prefers aisle seats", pinned=False).applied
    assert (client.get(seat).text, client.get(seat).pinned) == ("Ana prefers aisle seats", False)
    judged = client.feedback([seat], "down")
    assert client.get(seat).trust == 0.375
    client.undo(judged.event_id)
    assert client.get(seat).trust == 0.5
    assert client.delete(seat).applied
    assert (client.get(seat).state, client.get(seat).text) == ("erased", "")
    assert [version.state for version in client.history(seat)] == ["erased"]
    with pytest.raises(Erased) as erased:
        client.update(seat, "Ana prefers any seat")
    assert erased.value.reason == "cube-erased"
    with pytest.raises(NotFound):
        client.delete("no-such-memory")
    with pytest.raises(Conflict) as conflict:
        client.undo("no-such-event")
    assert conflict.value.reason == "nothing-to-undo"


def test_forgetting_all_of_one_subject_leaves_the_others(make: Make) -> None:
    client, neighbour = make(), make(user_id=f"neighbour-{time.time_ns()}")
    for one in (client, neighbour):
        one.add("I like tea.")
    counted = client.delete_all(dry_run=True)
    assert (counted.memories, counted.episodes, counted.applied) == (1, 1, False)
    assert len(client.search("tea")) == 1
    assert client.delete_all().applied
    assert len(client.search("tea")) == 0
    assert len(neighbour.search("tea")) == 1


# --- updates ----------------------------------------------------------------------------------------


def facts(updates: Any) -> Iterator[Any]:
    return (update for update in updates if getattr(update, "form", "fact") == "fact")


def test_updates_tell_of_every_change_and_resume_behind_any(make: Make) -> None:
    client = make()
    client.add({"role": "user", "name": "Ana", "content": "I live in Hamburg."})
    change = client.add({"role": "user", "name": "Ana", "content": "I like tea."})[0]
    client.delete(change.id)
    told = []
    for update in client.updates(after="start"):
        told.append(update)
        if isinstance(update, Removed) and update.cube_id == change.id:
            break
    assert [update.text for update in told if isinstance(update, Updated) and update.form == "fact"] == [
        "Ana lives in Hamburg",
        None,  # forgotten since
    ]
    for n, update in enumerate(told[:-1]):
        assert next(iter(client.updates(after=update.token))) == told[n + 1]
    with pytest.raises(Invalid, match="resumed"):
        next(iter(client.updates(after="nonsense")))


def test_updates_outlive_the_gateway(make: Make, system: MemCube) -> None:
    client = make(retries=Retries(first_s=0.1, ceiling_s=0.5))
    client.remember("Locker 1 is blue")
    updates = facts(client.updates(after="start"))
    assert next(updates).text == "Locker 1 is blue"
    [pid] = [child["pid"] for child in system.json("status")["children"] if child["name"] == "gateway"]
    os.kill(pid, signal.SIGKILL)
    system.until_ready()
    client.remember("Locker 2 is red")
    assert next(updates).text == "Locker 2 is red"


def test_a_closed_client_ends_its_updates_in_another_thread(system: MemCube) -> None:
    client = Client(system.address["gateway"], user_id="nobody-speaks")
    came: list[Any] = []
    thread = threading.Thread(target=lambda: came.extend(client.updates()))
    thread.start()
    while not client._streams:
        time.sleep(0.01)
    client.close()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert came == []


async def test_a_closed_client_ends_its_updates_in_another_task(system: MemCube) -> None:
    client = AsyncClient(system.address["gateway"], user_id="nobody-speaks")
    read = asyncio.create_task(_all(client))
    await asyncio.sleep(0.2)  # it may be anywhere: connecting, or reading
    await client.close()
    async with asyncio.timeout(5):
        assert await read == []


async def _all(client: AsyncClient) -> list[Any]:
    return [update async for update in client.updates()]


# --- opening ----------------------------------------------------------------------------------------


async def records(system: MemCube, topic: str, user: str) -> list[Any]:
    """All that a topic has of one user, as aiokafka gives it."""
    key = f"default/user:{user}".encode()
    place = TopicPartition(topic, partition_for(key, PARTITIONS))
    consumer = AIOKafkaConsumer(bootstrap_servers=system.address["kafka"])
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        found = []
        while await consumer.position(place) < end:
            found += (await consumer.getmany(timeout_ms=200)).get(place, [])
        return [record for record in found if (record.key or b"").startswith(key)]
    finally:
        await consumer.stop()


def polled(system: MemCube, record: Any) -> confluent_kafka.Message:
    """The same record as confluent-kafka gives it."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": system.address["kafka"],
            "group.id": "client-tests",
            "enable.auto.commit": False,
        }
    )
    with closing(consumer):
        consumer.assign([confluent_kafka.TopicPartition(record.topic, record.partition, record.offset)])
        message = consumer.poll(10)
        assert message is not None
        assert message.error() is None
        return message


def as_cloud_events(record: Any) -> list[Any]:
    headers = dict(record.headers)
    return [
        kafka_v1.from_binary(kafka_v1.KafkaMessage(headers, None, record.value)),
        kafka_v2.from_binary(kafka_v2.KafkaMessage(headers, record.key, record.value), JSONFormat()),
    ]


def test_a_record_opens_whichever_library_read_it(make: Make, system: MemCube) -> None:
    user = f"opens-{time.time_ns()}"
    client = make(user_id=user)
    added = client.add({"role": "user", "name": "Ana", "content": "I live in Porto.", "id": "m1"})
    system.until_quiet()
    [turn] = asyncio.run(records(system, EVENTS.name, user))
    update = next(
        one for one in asyncio.run(records(system, UPDATES.name, user)) if b'"form":"fact"' in one.value
    )
    for record, text, kind in (
        (turn, "I live in Porto.", Prompt),
        (update, "Ana lives in Porto", CubeUpdated),
    ):
        shapes = [record, polled(system, record), (record.headers, record.value), *as_cloud_events(record)]
        opened: list[Opened] = [client.open(shape) for shape in shapes]
        assert {one.text for one in opened} == {text}
        assert {one.name for one in opened} == {"Ana"}
        assert all(isinstance(one.data, kind) for one in opened)
    client.delete(added[0].id)
    for gone in (turn, update):
        with pytest.raises(Erased):
            client.open(gone)
    client.remember("Ana likes tea")
    [*_, command] = asyncio.run(records(system, EVENTS.name, user))
    assert client.open(command).text == "Ana likes tea"
    client.delete_all()
    system.until_quiet()
    with pytest.raises(Erased, match="erased"):
        client.open(command)


# --- where it runs ----------------------------------------------------------------------------------


async def test_the_plain_client_works_while_an_event_loop_runs(system: MemCube) -> None:
    """As in a notebook."""
    threads = threading.active_count()
    with Client(system.address["gateway"], user_id="notebook") as client:
        client.add("I like tea.")
        assert "tea" in repr(client.search("What do I like?"))
        assert len(list(islice(facts(client.updates(after="start")), 1))) == 1
    assert threading.active_count() == threads


def test_a_gateway_that_is_not_there_is_told_with_its_address(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = make(base_url=f"http://127.0.0.1:{port}", retries=1)
    with pytest.raises(ConnectionFailed, match=f"{port}.*memcube up"):
        client.search("where?")
    with pytest.raises(ConnectionFailed):
        next(iter(client.updates()))


def test_a_proxy_for_the_internet_is_not_asked_for_this_machine(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert len(make().search("anything")) == 0
