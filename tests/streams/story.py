"""Conversations and commands as they come from Kafka, made from a seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from memcube.cube import cube_id
from memcube.store.record import OutboxMessage
from schemas.body import Plain
from schemas.envelope import encode
from schemas.events import Edit, Feedback, Forget, Incoming, Pin, Prompt, Remember, Response, Tick, Undo
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import EVENTS, PARTITIONS
from tests.streams.world import START

TURNS = (
    "I live in {city}.",
    "I moved to {city} last Tuesday.",
    "I work at {firm} as a nurse.",
    "I really like {thing}.",
    "Actually, I live in {city}.",
    "I no longer work at {firm}.",
    "My sister lives in {city}. She likes {thing}.",
    "Good morning!",
    "What should I cook tonight?",
    "The dentist appointment is on {day}.",
)
CITIES = ("Lisbon", "Porto", "Rome", "Oslo")
FIRMS = ("Acme", "Globex", "Initech")
THINGS = ("green tea", "jazz", "long walks", "chess")
DAYS = ("Monday", "Friday", "5 May")


def message(data: Incoming, event_id: str, time: datetime, partition: int | None = None) -> OutboxMessage:
    """The record that a producer writes, on its key's partition unless another is given."""
    subject: Subject = data.subject()
    key, headers, value = encode(data, event_id=event_id, source="/tests", time=time, subject=subject)
    own = partition_for(key, PARTITIONS)
    return OutboxMessage(EVENTS.name, own if partition is None else partition, key, headers, value)


def story(seed: int, length: int, subjects: int = 5, *, misrouted: bool = True) -> list[OutboxMessage]:
    """A mix of turns, commands, repeats, misrouted events and poison; the same for the same seed.

    Each misrouted event has a subject of its own: which of two comes first to their own partition depends
    on how far the stream has come with others. Its place in the log does in any case, so a story that is
    published while the stream runs is told without them.
    """
    rng = random.Random(seed)
    told: list[OutboxMessage] = []
    prompts: list[tuple[str, str]] = []
    time = START
    for n in range(length):
        time += timedelta(minutes=rng.randint(1, 45))
        user = f"user-{rng.randrange(subjects)}"
        event_id = f"e{n}"
        roll = rng.random()
        if told and roll < 0.05:
            told.append(rng.choice(told))  # the same event again
        elif roll < 0.08:
            told.append(_poison(rng, event_id, user, time))
        elif roll < 0.11 and misrouted:
            data = Prompt(tenant="t", user_id=f"lost-{n}", body=Plain(text=_turn(rng), name="Ada"))
            told.append(message(data, event_id, time, partition=rng.randrange(PARTITIONS)))
        elif roll < 0.30 and prompts:
            told.append(message(_command(rng, prompts), event_id, time))
        elif roll < 0.40:
            answer = Response(tenant="t", user_id=user, body=Plain(text="Noted. " + _turn(rng)))
            told.append(message(answer, event_id, time))
        else:
            late = time - timedelta(days=rng.randint(1, 20)) if rng.random() < 0.1 else time
            data = Prompt(tenant="t", user_id=user, body=Plain(text=_turn(rng), name="Ada"))
            told.append(message(data, event_id, late))
            prompts.append((user, event_id))
    return told


def _turn(rng: random.Random) -> str:
    template = rng.choice(TURNS)
    return template.format(
        city=rng.choice(CITIES), firm=rng.choice(FIRMS), thing=rng.choice(THINGS), day=rng.choice(DAYS)
    )


def _command(rng: random.Random, prompts: list[tuple[str, str]]) -> Incoming:  # noqa: PLR0911 -- one a kind
    user, event_id = rng.choice(prompts)
    subject = Subject("t", "user", user).key
    step = rng.choice(("fact/0", "fact/0", "fact/0", "episode"))
    target = cube_id(subject, event_id, step)
    address: dict[str, Any] = {"tenant": "t", "user_id": user}
    make = rng.choice(("edit", "pin", "forget", "undo", "tick", "rate", "remember"))
    match make:
        case "edit":
            return Edit(**address, cube_id=target, body=Plain(text=_turn(rng)))
        case "pin":
            return Pin(**address, cube_id=target, pinned=rng.random() < 0.7)
        case "forget":
            return Forget(**address, cube_ids=(target,), everything=rng.random() < 0.1)
        case "undo":
            return Undo(**address, event_id=event_id)
        case "tick":
            return Tick(**address)
        case "rate":
            return Feedback(**address, cube_ids=(target,), verdict=rng.choice(("up", "down")))
        case _:
            return Remember(**address, body=Plain(text=_turn(rng)), expires_at=START + timedelta(days=9))


def _poison(rng: random.Random, event_id: str, user: str, time: datetime) -> OutboxMessage:
    good = message(Prompt(tenant="t", user_id=user, body=Plain(text="I am here.")), event_id, time)
    kind = rng.choice(("json", "type", "tombstone", "headers"))
    if kind == "json":
        return OutboxMessage(good.topic, good.partition, good.key, good.headers, b"{not json")
    if kind == "tombstone":
        return OutboxMessage(good.topic, good.partition, good.key, good.headers, None)
    if kind == "headers":
        return OutboxMessage(good.topic, good.partition, good.key, (), good.value)
    headers = tuple((k, b"memcube.nothing.known.v1" if k == "ce_type" else v) for k, v in good.headers)
    return OutboxMessage(good.topic, good.partition, good.key, headers, good.value)
