"""Faust behind one door: it brings records and rebalances, and nothing else is left to it.

Its acknowledgements are off, its start offsets are the record's, its producer is not used. What was
measured, and why each of these lines is needed: docs/decisions/0003-faust-behind-one-runtime.md.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast

import faust
import structlog
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

from memcube import metrics
from memcube.errors import ImpossiblePosition, Setup, StoreFault
from streams import stages
from streams.kafka import KafkaSender, bounds, first_from, identify
from streams.log import BATCH_LIMIT, Record, TopicIdentity
from streams.relay import Relay
from streams.role import Lengthy, Role, Stopped
from streams.runner import Runner

# A killed worker that comes back within the session keeps its partitions, thanks to its static id;
# one that does not come back holds them up this long. The broker's default allows 6 s at least.
SESSION_S: Final = 10.0
HEARTBEAT_S: Final = 3.0
# Our position is the truth; what Kafka is told serves lag tools, so it may be late.
REPORT_S: Final = 5.0
EXIT_FAULT: Final = 1

T = TypeVar("T")
log = structlog.get_logger()


def run_role(role: Role[Any], topic: TopicIdentity, bootstrap: str, instance: str, folder: Path) -> NoReturn:
    """Run until a signal comes, then exit with status 0; with another status on a fault."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app, runtime = _build(role, topic, bootstrap, instance, folder)
    worker = faust.Worker(app, loop=loop, loglevel="WARN", override_logging=False, quiet=True)
    try:
        worker.execute_from_commandline()
    finally:
        runtime.close()


def _build(
    role: Role[Any], topic: TopicIdentity, bootstrap: str, instance: str, folder: Path
) -> tuple[faust.App, _Runtime]:
    folder.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        # A topic made anew needs a group of its own: a static member that comes back is given what its
        # group last had, and that was nothing while the topic was away.
        f"{role.group()}-{topic.topic_id[:8]}",
        broker=f"kafka://{bootstrap}",
        datadir=folder,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        consumer_group_instance_id=instance,
        consumer_auto_offset_reset="earliest",
        stream_buffer_maxsize=4 * BATCH_LIMIT,
        # The bodies are bytes to Faust; our guard decodes them.
        key_serializer="raw",
        value_serializer="raw",
    )
    runtime = _Runtime(app, role, topic, bootstrap)
    app.transport = _transport(app, runtime)
    channel = app.topic(topic.name, key_type=bytes, value_type=bytes, acks=False)

    @app.agent(channel, name=role.name, concurrency=1)
    async def agent(stream: faust.StreamT[bytes]) -> None:
        await runtime.consume(stream)

    @app.task  # type: ignore[untyped-decorator]
    async def relay() -> None:
        await runtime.relay_for_ever()

    @app.timer(interval=REPORT_S)  # type: ignore[untyped-decorator]
    async def report() -> None:
        await runtime.report()

    @app.on_before_shutdown.connect
    async def shut_down(*_: Any, **__: Any) -> None:
        await runtime.stop()

    return app, runtime


class _Runtime:
    """One writer thread runs all that touches the record, in the order in which it is asked."""

    def __init__(self, app: faust.App, role: Role[Any], topic: TopicIdentity, bootstrap: str) -> None:
        self._app = app
        self._role = role
        self._topic = topic
        self._bootstrap = bootstrap
        self._runner = Runner(
            role,
            topic,
            # Called in the writer thread, which has no loop of its own.
            first_from=lambda number, offset: asyncio.run(first_from(bootstrap, topic.name, number, offset)),
        )
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{role.name}-writer")
        self._lengthy = role if isinstance(role, Lengthy) else None
        self._batch_limit = BATCH_LIMIT if self._lengthy is None else self._lengthy.batch_limit
        # What a lengthy role has to say does not wait behind its next batch.
        self._teller = (
            self._writer
            if self._lengthy is None
            else ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{role.name}-teller")
        )
        self._sender = KafkaSender(bootstrap)
        self._relay = Relay(role, self._sender, self._in_teller)
        self._seeking = asyncio.Lock()

    async def in_writer(self, call: Callable[[], T]) -> T:
        """Run in the writer thread. On the event loop a commit would keep the next batch from filling."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, call)

    async def _in_teller(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._teller, call)

    async def seek(self, consumer: Consumer) -> None:
        """Start every assigned partition where the record stands.

        Faust asks at the end of a rebalance, and after a fetch that came while the flow stood still. Only
        the first of the two lets the flow go on afterwards, and the second may well come to its turn later.
        """
        async with self._seeking:
            rebalance, flowing = self._app.rebalancing_count, consumer.flow_active
            consumer.stop_flow()
            self._app.flow_control.clear()
            try:
                await self._seek(consumer)
            finally:
                if flowing and self._app.rebalancing_count == rebalance:
                    consumer.resume_flow()

    async def _seek(self, consumer: Consumer) -> None:
        await self._leave_another_topic()
        assigned = {tp for tp in consumer.assignment() if tp.topic == self._topic.name}
        limits = await bounds(self._bootstrap, self._topic.name, (tp.partition for tp in assigned))
        try:
            start = await self.in_writer(lambda: self._runner.start_at(limits))
        except ImpossiblePosition as error:
            log.error("impossible position", role=self._role.name, error=str(error))  # noqa: TRY400 -- no fault of ours
            _exit(error.exit_status)
        offsets = {tp: start[tp.partition] for tp in assigned}
        await consumer.seek_wait(offsets)
        consumer._read_offset.update(offsets)  # noqa: SLF001 -- Faust drops records below it
        metrics.READY.labels(self._role.name).set(1)
        log.info("partitions assigned", role=self._role.name, partitions=sorted(start))
        self._relay.wake()

    def fetched(self, appended_s: float) -> float:
        """When this event came, which is now."""
        return stages.fetched(self._role.name, appended_s)

    async def consume(self, stream: faust.StreamT[bytes]) -> None:
        """For ever: the first event, all that is queued behind it, one batch."""
        queue = stream.channel.queue  # type: ignore[attr-defined]
        async for first in stream.events():
            batch = [first]
            # No await in here: it would let a rebalance in between the events of one batch.
            while len(batch) < self._batch_limit and not queue.empty():
                batch.append(queue.get_nowait())
            try:
                records = [_record(event.message) for event in batch]
                here = [event.message.time_in for event in batch]
                await self.in_writer(partial(self._run, records, here))
            except Stopped:
                log.info("broken off", role=self._role.name)
                await asyncio.Event().wait()  # until Faust, which is stopping, ends this
            except Exception as error:
                log.exception("batch not committed, leaving", role=self._role.name, error=str(error))
                _exit(EXIT_FAULT)
            self._relay.wake()

    def _run(self, records: list[Record], here: list[float]) -> None:
        stages.begun(self._role.name, here)
        self._runner.run(records)

    async def relay_for_ever(self) -> None:
        try:
            await self._relay.run(
                lambda: self._runner.owned(tp.partition for tp in self._app.consumer.assignment())
            )
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("relay failed, leaving", role=self._role.name, error=str(error))
            _exit(EXIT_FAULT)

    async def report(self) -> None:
        """Tell Kafka where the record stands. Never read back."""
        await self._leave_another_topic()
        consumer = cast(Consumer, self._app.consumer)
        assigned = {tp.partition for tp in consumer.assignment()}
        try:
            positions = await self._in_teller(self._role.positions)
        except StoreFault as fault:
            log.warning("positions not read", role=self._role.name, error=str(fault))
            return
        offsets = {
            TopicPartition(partition.topic, partition.number): OffsetAndMetadata(offset, "")
            for partition, offset in positions.items()
            if partition.topic_id == self._topic.topic_id and partition.number in assigned
        }
        if not offsets:
            return
        thread: AIOKafkaConsumerThread = consumer._thread  # noqa: SLF001 -- Faust's own commit crashes on less
        try:
            await thread.call_thread(thread._ensure_consumer().commit, offsets)  # noqa: SLF001
        except KafkaError as error:
            log.info("positions not reported to Kafka", role=self._role.name, error=repr(error))

    async def _leave_another_topic(self) -> None:
        """End if the topic was made anew under its name: the consumer would not notice.

        It would wait for ever, or pass new events over as old ones. The restart says what to do.
        """
        try:
            now = await identify(self._bootstrap, self._role.source)
        except Setup as error:
            log.warning("topic not found", role=self._role.name, error=str(error))
            return
        if now != self._topic:
            log.error("another topic of the same name, leaving", role=self._role.name)
            _exit(EXIT_FAULT)

    async def stop(self) -> None:
        """Take nothing more; the batch in the writer is committed to its end, a lengthy one broken off."""
        metrics.READY.labels(self._role.name).set(0)
        if self._lengthy is not None:
            self._lengthy.break_off()
        await self._sender.stop()

    def close(self) -> None:
        self._writer.shutdown()
        self._teller.shutdown()
        self._role.close()


def _transport(app: faust.App, runtime: _Runtime) -> Transport:
    class Thread(AIOKafkaConsumerThread):
        def _create_worker_consumer(self, transport: Any) -> Any:
            consumer = super()._create_worker_consumer(transport)
            # What an application's aborted transaction left in the log was never said.
            consumer._isolation_level = "read_committed"  # noqa: SLF001
            return consumer

    class StoreConsumer(Consumer):
        def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
            return Thread(self, loop=self.loop, beacon=self.beacon)

        async def perform_seek(self) -> None:
            await runtime.seek(self)

        def _to_message(self, tp: Any, record: Any) -> Any:
            message = super()._to_message(tp, record)
            message.time_in = runtime.fetched(message.timestamp)
            return message

    class StoreTransport(Transport):
        pass

    StoreTransport.Consumer = StoreConsumer
    return StoreTransport(app.conf.broker, app)


def _record(message: Any) -> Record:
    headers = message.headers or ()
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp=datetime.fromtimestamp(message.timestamp, UTC),
        key=message.key,
        headers=tuple(headers.items()) if isinstance(headers, dict) else tuple(headers),
        value=message.value,
    )


def _exit(status: int) -> NoReturn:
    """At once and for certain: nothing is in flight that the record does not know."""
    os._exit(status)
