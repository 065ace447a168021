from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.errors import BrokerError, PortTakenError
from infra.kafka import EmbeddedBroker
from infra.kafka.ready import answers
from infra.kafka.storage import Storage
from infra.ports import free_port, is_free


async def make_topic(bootstrap: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def publish(bootstrap: str, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def read_all(bootstrap: str, topic: str, group: str | None = None) -> list[bytes]:
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(
        *([topic] if group else []),
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        if group is None:
            consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]


async def test_the_shared_broker_serves_a_producer_and_a_group(kafka: str) -> None:
    await make_topic(kafka, "infra.shared")
    await publish(kafka, "infra.shared", b"a", b"b")
    assert await read_all(kafka, "infra.shared", group="infra") == [b"a", b"b"]


async def test_a_misspelt_topic_does_not_come_into_being(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    described = await admin.describe_topics(["infra.misspelt"])
    assert "infra.misspelt" not in await admin.list_topics()
    await admin.close()
    assert described[0]["error_code"] == 3


async def test_a_killed_broker_comes_back_with_its_data_at_its_address(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "kafka")
    broker.prepare()
    try:
        await broker.start()
        address, pid = broker.bootstrap, broker.pid
        assert pid is not None
        await make_topic(address, "kept")
        await publish(address, "kept", b"before")
        os.kill(pid, signal.SIGKILL)
        await broker.ended()
        assert broker.pid is None

        await broker.start()
        await publish(address, "kept", b"after")
        await broker.stop()
        assert not await broker.ready()

        again = EmbeddedBroker(tmp_path / "kafka")
        again.prepare()
        assert again.bootstrap == address
        broker = again
        await broker.start()
        assert await read_all(address, "kept") == [b"before", b"after"]
    finally:
        await broker.stop()


async def test_the_broker_listens_on_the_loopback_only(kafka: str) -> None:
    port = int(kafka.rpartition(":")[2])
    assert kafka == f"127.0.0.1:{port}"
    with socket.socket() as elsewhere:  # a broker on all interfaces would be in the way
        elsewhere.bind(("127.0.0.2", port))


def test_alone_in_the_foreground_ctrl_c_to_the_group_is_a_clean_stop(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.kafka", "--folder", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    with process.stderr as told:
        line = next(line for line in told if "answers at" in line)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(15) == 0
    jvm = int(line.rpartition("pid ")[2].rstrip(")\n"))
    assert not Path(f"/proc/{jvm}").exists()
    assert "ERROR" not in Storage(tmp_path).log_tail(100)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} is taken"):
            EmbeddedBroker(tmp_path, port).prepare()


async def test_a_broker_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.prepare()
    (tmp_path / "data" / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=7\n")
    with pytest.raises(BrokerError, match=r"(?s)ended with status 1 .*broker\.log.*node id 7"):
        await broker.start()


async def test_before_it_is_prepared_a_broker_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=r"prepare\(\)"):
        await EmbeddedBroker(tmp_path).start()


async def test_nobody_there_is_not_ready() -> None:
    assert not await answers(f"127.0.0.1:{free_port()}")


def test_a_free_port_lies_below_those_of_outgoing_connections() -> None:
    port = free_port()
    assert 20_000 <= port < 32_000
    assert is_free(port)
    assert free_port(port) == port
    assert free_port(port, avoid=frozenset({port})) != port
