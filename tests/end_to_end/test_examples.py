"""The examples of `examples/` and the `cloudevents` package, which are not ours, against a running system."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import pytest
from aiokafka import AIOKafkaConsumer
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Producer

from schemas.partition import partition_for
from schemas.topics import PARTITIONS, UPDATES
from tests.end_to_end.system import ENV, MemCube, until
from tests.end_to_end.wire import key_of

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PUBLISHERS: Final = ("publish_aiokafka.py", "publish_confluent.py")
FOLLOWERS: Final = ("consume_aiokafka.py", "consume_confluent.py")
_WITHIN_S: Final = 60
Line = dict[str, Any]


def command(name: str, *arguments: str) -> list[str]:
    """As someone runs it who has copied it: elsewhere, without our folder on the path (-I)."""
    return [sys.executable, "-I", str(EXAMPLES / name), *arguments]


def lines(name: str, *arguments: str) -> list[Line]:
    """What an example prints until it ends."""
    done = subprocess.run(
        command(name, *arguments),
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
        env=ENV,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def running(name: str, *arguments: str) -> Iterator[IO[str]]:
    """What an example prints while it runs."""
    process = subprocess.Popen(command(name, *arguments), stdout=subprocess.PIPE, text=True, env=ENV, cwd="/")
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        process.communicate()


def of(found: list[Line], user: str) -> list[Line]:
    """What an example knows of one user, facts and episodes apart from each other, by text."""
    return sorted(
        (line for line in found if line["subject"] == key_of(user).decode()),
        key=lambda line: str(line["text"]),
    )


def tell(memcube: MemCube, user: str, text: str) -> None:
    memcube.post("/v1/events?wait=recallable", {"user_id": user, "role": "user", "content": text})


@pytest.mark.parametrize("name", [*PUBLISHERS, *FOLLOWERS])
def test_an_example_needs_nothing_of_ours(name: str) -> None:
    source = (EXAMPLES / name).read_text()
    ours = ("schemas", "memcube", "gateway", "streams", "infra", "processors")
    assert not [
        line for line in source.splitlines() if line.startswith(tuple(f"import {our}" for our in ours))
    ]
    assert not [line for line in source.splitlines() if line.startswith(tuple(f"from {our}" for our in ours))]


@pytest.mark.parametrize("name", PUBLISHERS)
def test_what_an_example_publishes_becomes_a_memory(memcube: MemCube, name: str) -> None:
    user = f"ana@{name}"
    [sent] = lines(name, "--bootstrap", memcube.address["kafka"], "--user", user, "I live in Hamburg.")
    assert sent["partition"] == partition_for(key_of(user), PARTITIONS)
    memcube.until_passed([(sent["partition"], sent["offset"])])
    assert memcube.texts(user) == {f"{user} lives in Hamburg"}


@pytest.mark.parametrize("name", FOLLOWERS)
def test_an_example_keeps_the_newest_version_of_what_was_not_erased(memcube: MemCube, name: str) -> None:
    user = f"bob-{name}"
    for text in ("I live in Bergen.", "I am allergic to walnuts."):
        tell(memcube, user, text)
    facts = {cube["text"]: cube["id"] for cube in memcube.get("/v1/cubes", user_id=user)["cubes"]}
    walnuts, bergen = (next(facts[text] for text in facts if word in text) for word in ("walnuts", "Bergen"))
    for ordered in (
        {"type": "edit", "cube_id": walnuts, "text": "I am allergic to all nuts."},
        {"type": "forget", "cube_ids": [bergen]},
    ):
        memcube.post("/v1/commands?wait=recallable", {"user_id": user, **ordered})
    memcube.until_quiet()
    addresses = ("--bootstrap", memcube.address["kafka"], "--gateway", memcube.address["gateway"], "--once")
    found = of(lines(name, *addresses), user)
    [edited] = [line for line in found if line["cube_id"] == walnuts]
    assert (edited["text"], edited["version"]) == ("I am allergic to all nuts.", 2)
    assert all("Bergen" not in line["text"] for line in found)
    assert bergen not in {line["cube_id"] for line in found}


@pytest.mark.parametrize("name", FOLLOWERS)
def test_without_the_gateway_an_example_sees_everything_but_the_words(memcube: MemCube, name: str) -> None:
    user = f"cleo-{name}"
    tell(memcube, user, "I live in Oslo.")
    memcube.until_quiet()
    found = of(lines(name, "--bootstrap", memcube.address["kafka"], "--once"), user)
    assert {line["form"] for line in found} == {"fact", "episode"}
    assert {line["text"] for line in found} == {None}


@pytest.mark.parametrize("name", FOLLOWERS)
def test_an_example_follows_what_happens(memcube: MemCube, name: str) -> None:
    user = f"dora-{name}"
    tell(memcube, user, "I live in Rome.")
    memcube.until_quiet()
    addresses = ("--bootstrap", memcube.address["kafka"], "--gateway", memcube.address["gateway"])
    with running(name, *addresses) as printed:
        # It prints what there was once it has caught up: from then on it follows.
        assert any("I live in Rome." in line for line in printed)
        memcube.post("/v1/commands?wait=recallable", {"user_id": user, "type": "forget", "everything": True})
        erased = next(json.loads(line) for line in printed if "erased" in line)
    assert erased["erased"].startswith(f"{key_of(user).decode()}/")


# --- the cloudevents package -----------------------------------------------------------------------------


def test_events_written_by_cloudevents_become_memories(memcube: MemCube) -> None:
    attributes = {
        "id": "from-cloudevents",
        "type": "memcube.conversation.prompt.v1",
        "source": "/elsewhere",
        "time": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "datacontenttype": "application/json",
        "partitionkey": key_of("eve").decode(),
        "myextension": "ignored",
    }
    said = {"tenant": "default", "user_id": "eve", "body": {"kind": "plain", "text": "I live in Porto."}}
    message = kafka.to_binary_event(CloudEvent(attributes, said))
    # The partitioner that librdkafka has by default: what it misplaces finds its way.
    producer = Producer({"bootstrap.servers": memcube.address["kafka"]})
    producer.produce("memory.events", message.value, message.key, headers=dict(message.headers))
    assert producer.flush(30) == 0
    until(lambda: memcube.texts("eve") == {"eve lives in Porto"}, 30, memcube.told)


def test_cloudevents_reads_the_updates(memcube: MemCube) -> None:
    tell(memcube, "finn", "I live in Turku.")
    memcube.until_quiet()
    cubes = memcube.get("/v1/cubes", user_id="finn", episodes=True)["cubes"]
    events = asyncio.run(updates(memcube.address["kafka"], key_of("finn")))
    assert {event.get_id() for event in events} == {f"{cube['id']}:{cube['version']}" for cube in cubes}
    for event in events:
        data = event.get_data()
        assert isinstance(data, dict)
        assert (event.get_type(), event.get_subject()) == ("memcube.cube.updated.v1", "default/user:finn")
        assert event.get_extension("partitionkey") == f"default/user:finn/{data['cube_id']}"
        assert event.get_time() == datetime.fromisoformat(data["recorded_at"])
        assert data["body"]["kind"] == "sealed"


async def updates(bootstrap: str, subject: bytes) -> list[CloudEvent]:
    """What stands on `memory.updates` of one subject, read by `cloudevents`."""
    found = []
    async with AIOKafkaConsumer(
        UPDATES.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.value is None or not record.key.startswith(subject + b"/"):
                        continue
                    message = kafka.KafkaMessage(dict(record.headers), record.key, record.value)
                    event = kafka.from_kafka_event(message)
                    assert isinstance(event, CloudEvent)
                    found.append(event)
    return found
