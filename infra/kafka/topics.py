"""Creates the topics of the one table, and says where a cluster's own differ from it."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from infra.errors import InfraError
from schemas.topics import TOPICS, Topic

# With one broker there is one copy; a cluster of three or more keeps three, as Kafka recommends.
REPLICAS: Final = 3
VISIBLE_TRIES: Final = 100
VISIBLE_PAUSE_S: Final = 0.2


class TopicsError(InfraError):
    """The topics are not as they must be, or cannot be created."""


class TopicState(msgspec.Struct, frozen=True):
    """One topic of the table as the cluster has it. `partitions` is 0 if it is missing."""

    name: str
    carries: str
    partitions: int
    wanted_partitions: int
    config: dict[str, str]
    differences: tuple[str, ...]


async def ensure_topics(bootstrap: str) -> tuple[TopicState, ...]:
    """Create what is missing, then check everything; raises `TopicsError`, naming what to do."""
    admin = await _connect(bootstrap)
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        missing = [topic for topic in TOPICS if topic.name not in await admin.list_topics()]
        if missing:
            await _create(admin, missing, min(REPLICAS, brokers))
        states = await _states(admin)
        # Creation is answered before every broker's metadata shows it.
        for _ in range(VISIBLE_TRIES):
            if all(state.partitions for state in states):
                break
            await asyncio.sleep(VISIBLE_PAUSE_S)
            states = await _states(admin)
    except KafkaError as error:
        raise TopicsError(f"topics at {bootstrap} could not be created or read: {error!r}") from error
    finally:
        await admin.close()
    wrong = [f"{state.name}: {difference}" for state in states for difference in state.differences]
    if wrong:
        raise TopicsError(
            f"topics at {bootstrap} are not as they must be: {'; '.join(wrong)}."
            " Partition counts cannot change once subjects live in them: use topics of your own for MemCube,"
            " and put settings right with kafka-configs"
        )
    return states


async def _connect(bootstrap: str) -> AIOKafkaAdminClient:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
    except (KafkaError, OSError) as error:
        await admin.close()
        raise TopicsError(f"no Kafka answers at {bootstrap} ({error!r}): is it running?") from error
    return admin


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic], replicas: int) -> None:
    new = [NewTopic(t.name, t.partitions(), replicas, topic_configs=t.config()) for t in topics]
    answer = await admin.create_topics(new)
    for name, code, message in answer.topic_errors:
        # Another process creating the same table at the same time is as good.
        if code not in {0, TopicAlreadyExistsError.errno}:
            raise TopicsError(f"topic {name} could not be created: {for_code(code).__name__} {message or ''}")


async def _states(admin: AIOKafkaAdminClient) -> tuple[TopicState, ...]:
    present = set(await admin.list_topics())
    names = [topic.name for topic in TOPICS if topic.name in present]
    described = {topic["topic"]: topic for topic in await admin.describe_topics(names)} if names else {}
    configs = await _configs(admin, names)
    return tuple(_state(topic, described.get(topic.name), configs.get(topic.name, {})) for topic in TOPICS)


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


def _state(topic: Topic, described: dict[str, list[object]] | None, config: dict[str, str]) -> TopicState:
    partitions = len(described["partitions"]) if described else 0
    differences = []
    if described is None:
        differences.append("missing")
    elif partitions != topic.partitions():
        differences.append(f"has {partitions} partitions, must have {topic.partitions()}")
    else:
        differences.extend(
            f"{name} is {config[name]}, must be {value}"
            for name, value in topic.config().items()
            # Retention is the operator's to lengthen or shorten; the rest is the contract's.
            if name in config and config[name] != value and name != "retention.ms"
        )
    return TopicState(
        name=topic.name,
        carries=topic.carries,
        partitions=partitions,
        wanted_partitions=topic.partitions(),
        config={name: config[name] for name in topic.config() if name in config},
        differences=tuple(differences),
    )
