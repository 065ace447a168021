"""The settings of a one-node Kafka that serves this machine only."""

from __future__ import annotations

from pathlib import Path

import msgspec

from infra.ports import LOOPBACK

MESSAGE_MAX_BYTES = 2 * 1024 * 1024


class Ports(msgspec.Struct, frozen=True):
    """Kept beside the data, so that a broker comes back where its clients look for it."""

    broker: int
    controller: int


def server_properties(data: Path, ports: Ports) -> str:
    """The text of `server.properties`."""
    return f"""\
# Written at every preparation of the embedded broker: edits are lost.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{LOOPBACK}:{ports.controller}
listeners=BROKER://{LOOPBACK}:{ports.broker},CONTROLLER://{LOOPBACK}:{ports.controller}
advertised.listeners=BROKER://{LOOPBACK}:{ports.broker}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}

# Topics are made from our own table; a misspelt name must fail, not appear.
auto.create.topics.enable=false
message.max.bytes={MESSAGE_MAX_BYTES}

# One node: one replica of everything, and few partitions of the internal topics, each of which is made
# at the first join of a group and read again after a kill.
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4

# A first worker need not wait 3 s for others to join; fault tests need sessions shorter than 6 s.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000

# After a kill the broker is let in again only when its last session has run out: 9 s by default. Shorter
# than 2 s, a loaded machine would be shut out while it is alive.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=250

# Sized for one machine and a heap of 384 MiB, of which the default cleaner buffer alone takes 128 MiB.
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
"""
