"""Everything wrong that can stand on `memory.events`, or come by HTTP: a clear error, or one dead letter.

Each kind is published between two good events of one user, on the partition of that user, in one batch.
Longer than most modules: it is the whole list of bad input, so that one sees what is missing.
"""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from typing import Any, Final

import httpx
import msgspec
import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from confluent_kafka import Message, Producer

from memcube.cube import cube_id
from schemas.partition import partition_for
from schemas.topics import DEADLETTER, EVENTS, PARTITIONS
from tests.end_to_end.system import MemCube, until
from tests.end_to_end.wire import Raw, event, fetch, key_of, prompt

GOOD: Final = prompt("someone", "Locker 7 is broken.")
LARGE: Final = "word " * 60_000  # 300 kB: Kafka takes it, a memory does not
HUGE: Final = "word " * 1_000_000  # 5 MB

NO_EVENTS: Final[dict[str, tuple[Raw, str]]] = {
    # not JSON
    "not JSON": (GOOD.carrying(b"{not json"), "bad-payload"),
    "no bytes": (GOOD.carrying(b""), "bad-payload"),
    "no UTF-8": (GOOD.carrying(b'{"tenant": "\xff\xfe"}'), "bad-payload"),
    "nested without end": (GOOD.carrying(b'{"a":' * 50_000), "bad-payload"),
    # the wrong shape
    "a list": (GOOD.carrying(b"[]"), "bad-payload"),
    "no body": (GOOD.payload(body=...), "bad-payload"),
    "body is a text": (GOOD.payload(body="Locker 7 is broken."), "bad-payload"),
    "text is a number": (GOOD.payload(body={"kind": "plain", "text": 7}), "bad-payload"),
    "body of no known kind": (GOOD.payload(body={"kind": "rot13", "text": "x"}), "bad-payload"),
    "sealed by nobody": (
        GOOD.payload(body={"kind": "sealed", "key_id": "k", "nonce": "AAAA", "ciphertext": "AAAA"}),
        "seal-broken",
    ),
    # type and version
    "unknown type": (GOOD.header(ce_type=b"memcube.nothing.known.v1"), "unknown-type"),
    "type of others": (GOOD.header(ce_type=b"com.example.order.v1"), "unknown-type"),
    "newer version": (GOOD.header(ce_type=b"memcube.conversation.prompt.v2"), "newer-version"),
    # tenant and subject
    "no tenant": (GOOD.payload(tenant=...), "bad-payload"),
    "empty tenant": (GOOD.payload(tenant=" "), "bad-subject"),
    "tenant with a NUL": (GOOD.payload(tenant="a\0b"), "bad-subject"),
    "no subject": (GOOD.payload(user_id=...), "bad-subject"),
    "endless user": (GOOD.payload(user_id="u" * 300), "bad-subject"),
    # headers
    "no headers": (msgspec.structs.replace(GOOD, headers=()), "not-an-event"),
    "other CloudEvents": (GOOD.header(ce_specversion=b"0.3"), "not-an-event"),
    "no id": (GOOD.header(ce_id=None), "not-an-event"),
    "id that is no UTF-8": (GOOD.header(ce_id=b"\xff\xfe"), "not-an-event"),
    "id with a NUL": (GOOD.header(ce_id=b"a\0b"), "not-an-event"),
    "endless id": (GOOD.header(ce_id=b"i" * 300), "not-an-event"),
    "no source": (GOOD.header(ce_source=b""), "not-an-event"),
    "no time": (GOOD.header(ce_time=None), "not-an-event"),
    "no offset": (GOOD.header(ce_time=b"2026-03-02T09:30:00"), "not-an-event"),
    "no date": (GOOD.header(ce_time=b"yesterday"), "not-an-event"),
    "year 0": (GOOD.header(ce_time=b"0000-01-01T00:00:00Z"), "not-an-event"),
    "year 1 east of UTC": (GOOD.header(ce_time=b"0001-01-01T00:00:00+14:00"), "not-an-event"),
    "year 9999": (GOOD.header(ce_time=b"9999-12-31T23:59:59-12:00"), "not-an-event"),
    # text
    "300 kB of text": (GOOD.payload(body={"kind": "plain", "text": LARGE}), "too-large"),
    "empty text": (GOOD.payload(body={"kind": "plain", "text": ""}), "bad-payload"),
    "blank text": (GOOD.payload(body={"kind": "plain", "text": " \n\t"}), "bad-payload"),
    "endless name": (
        GOOD.payload(body={"kind": "plain", "text": "x", "name": "n" * 800_000}),
        "bad-payload",
    ),
    "escaped surrogate": (
        GOOD.carrying(b'{"tenant":"default","user_id":"u","body":{"kind":"plain","text":"a \\ud800 b"}}'),
        "bad-payload",
    ),
    "raw surrogate": (
        GOOD.carrying(b'{"tenant":"default","user_id":"u","body":{"kind":"plain","text":"\xed\xa0\x80"}}'),
        "bad-payload",
    ),
    "raw NUL": (
        GOOD.carrying(b'{"tenant":"default","user_id":"u","body":{"kind":"plain","text":"a\0b"}}'),
        "bad-payload",
    ),
    # key
    "tombstone": (GOOD.carrying(None), "tombstone"),
    "key of another user": (GOOD.on(key=key_of("other")), "key-mismatch"),
    "key of another tenant": (GOOD.on(key=key_of("someone", "other")), "key-mismatch"),
    "key that is no UTF-8": (GOOD.on(key=b"\xff"), "key-mismatch"),
    # commands about nothing
    "feedback on no memory": (
        event("conversation.feedback", "nobody", cube_ids=["no-such-id"], verdict="up"),
        "no-such-cube",
    ),
    "neither up nor down": (
        event("conversation.feedback", "nobody", cube_ids=["x"], verdict="sideways"),
        "bad-payload",
    ),
    "edit of no memory": (
        event("command.edit", "nobody", cube_id="x", body={"kind": "plain", "text": "y"}),
        "no-such-cube",
    ),
    "undo of nothing": (event("command.undo", "nobody").payload(event_id="x"), "nothing-to-undo"),
    "forget nothing": (event("command.forget", "nobody"), "refused"),
}


@pytest.mark.parametrize("what", NO_EVENTS)
def test_it_becomes_one_dead_letter_and_its_neighbours_are_processed(memcube: MemCube, what: str) -> None:
    bad, reason = NO_EVENTS[what]
    user = f"bad-{what}"
    place = partition_for(bad.key or b"", PARTITIONS) if _reaches_rules(reason) else None
    letter = refused(memcube, user, bad, place)
    assert letter["reason"] == reason
    assert letter["error"]
    assert untouched(memcube, letter, bad)


def test_the_largest_texts_do_not_pass_the_broker(memcube: MemCube) -> None:
    with pytest.raises(MessageSizeTooLargeError):
        memcube.publish(prompt("huge", HUGE))
    with pytest.raises(KafkaError):  # aiokafka's own default refuses it before it is sent
        memcube.publish(prompt("huge", HUGE), max_request_size=1024 * 1024)
    memcube.publish(prompt("huge", "I live in Faro."))
    assert memcube.texts("huge") == {"huge lives in Faro"}


@pytest.mark.parametrize("expires_at", ["2026-05-01T00:00:00", "9999-12-31T23:59:59-12:00"])
def test_an_expiry_that_no_tick_could_compare(memcube: MemCube, expires_at: str) -> None:
    body = {"kind": "plain", "text": "The key is under the mat."}
    bad = event("command.remember", "expiry", body=body, expires_at=expires_at)
    assert refused(memcube, f"expiry-{expires_at[:4]}", bad, bad.partition)["reason"] == "bad-payload"


def test_what_grows_beyond_the_brokers_limit_blocks_nothing(memcube: MemCube) -> None:
    """5 MB pass the broker when compressed; escaped characters pass it and grow when they are sealed."""
    large = (prompt("large", HUGE), prompt("large", "x" + "\x01" * 160_000))
    memcube.publish(*large, prompt("large", "I live in Oslo."), compression_type="gzip")
    memcube.until_quiet()
    assert "large lives in Oslo" in memcube.texts("large")


def test_a_compressed_text_that_is_too_large_becomes_a_dead_letter(memcube: MemCube) -> None:
    known, huge = len(memcube.letters()), prompt("compressed", HUGE)
    memcube.publish(huge, compression_type="gzip")
    letter = only_new(memcube, known)
    assert letter["reason"] == "too-large"
    assert untouched(memcube, letter, huge)


def test_a_tombstone_without_a_key(memcube: MemCube) -> None:
    """aiokafka does not send such a record; librdkafka does."""
    before = len(memcube.letters())
    metadata = send_by_librdkafka(memcube, key=None, value=None, partition=3)
    memcube.until_passed([metadata])
    letter = only_new(memcube, before)
    assert (letter["reason"], letter["partition"], letter["source_offset"]) == ("tombstone", *metadata)
    shown = memcube.json("deadletters", "show", str(letter["offset"]))
    assert (shown["text"], shown["base64"], shown["bytes"]) == (None, None, 0)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("bell", "The locker\x07 code is 4411."),
        ("nul", "The locker\0 code is 4411."),
        ("rtl", "The \u202elocker."),
    ],
)
def test_control_characters_are_kept_and_recalled(memcube: MemCube, named: str, text: str) -> None:
    """They are valid Unicode: a person may have pasted them. What shows them must not obey them."""
    user = f"control-{named}"
    memcube.publish(prompt(user, text))
    assert text in memcube.texts(user, episodes=True)
    assert memcube.recalled(user, "locker")
    by_http = memcube.http.post(
        "/v1/events?wait=recallable", json={"user_id": user, "role": "user", "content": text}
    )
    assert by_http.is_success
    printed = memcube.command("recall", "locker", "--user", user)
    assert printed.returncode == 0, printed.stderr
    assert not {"\x07", "\0", "\u202e"} & set(printed.stdout)


def test_dates_at_the_ends_of_time_inside_a_text(memcube: MemCube) -> None:
    said = (
        prompt("ends", "The moot was on 0000-01-01.", time="1000-01-01T00:00:00Z"),
        prompt("ends", "Last year I was in Faro. 2000 years ago I was in Rome.", time="1000-01-01T00:00:00Z"),
        prompt(
            "ends",
            "In two weeks I fly to Oslo. The review is on 31 December 9999.",
            time="8999-12-31T23:00:00Z",
        ),
        prompt("ends", "The archive closes on 9999-12-31."),
    )
    before = len(memcube.letters())
    memcube.publish(*said)
    assert len(memcube.texts("ends", episodes=True) - memcube.texts("ends")) == len(said)
    assert len(memcube.letters()) == before
    assert memcube.recalled("ends", "when does the archive close?", as_of="2026-12-31")


def test_an_event_twice_in_one_batch_and_again_in_another(memcube: MemCube) -> None:
    told = prompt("twice", "I live in Faro.")
    memcube.publish(told, told)
    once = memcube.get("/v1/cubes", user_id="twice", episodes=True)
    memcube.publish(told)
    assert memcube.get("/v1/cubes", user_id="twice", episodes=True) == once
    assert len(once["cubes"]) == 2
    assert {cube["version"] for cube in once["cubes"]} == {1}


def test_events_out_of_order_come_to_the_same_as_in_order(memcube: MemCube) -> None:
    told = [
        prompt("late", "I live in Faro.", time="2026-01-05T10:00:00Z"),
        prompt("late", "I live in Oslo.", time="2026-03-05T10:00:00Z"),
    ]
    memcube.publish(*reversed(told))
    held = {cube["text"]: cube for cube in memcube.get("/v1/cubes", user_id="late")["cubes"]}
    assert held["late lives in Oslo"]["state"] == "active"
    assert held["late lives in Faro"]["state"] == "superseded"
    assert held["late lives in Faro"]["valid_to"] == "2026-03-05T10:00:00Z"
    then = memcube.recalled("late", "where does late live?", as_of="2026-02-01")
    assert then[0] == "late lives in Faro"


def test_feedback_reaches_no_other_tenants_memory(memcube: MemCube) -> None:
    told = prompt("shared-name", "I live in Faro.", tenant="theirs")
    memcube.publish(told)
    theirs = cube_id("theirs/user:shared-name", told.event_id, "fact/0")
    before = memcube.get(f"/v1/cubes/{theirs}", tenant="theirs", user_id="shared-name")
    rated = event("conversation.feedback", "shared-name", cube_ids=[theirs], verdict="down")
    letter = refused(memcube, "shared-name", rated, partition_for(rated.key or b"", PARTITIONS))
    assert letter["reason"] == "no-such-cube"
    assert memcube.get(f"/v1/cubes/{theirs}", tenant="theirs", user_id="shared-name") == before
    by_http = memcube.http.post(
        "/v1/commands?wait=recallable",
        json={"type": "feedback", "user_id": "shared-name", "cube_ids": [theirs], "verdict": "down"},
    )
    assert (by_http.status_code, by_http.json()["reason"]) == (404, "no-such-cube")


def test_a_slash_in_a_name_makes_no_two_subjects_one(memcube: MemCube) -> None:
    memcube.publish(
        prompt("c", "I live in Faro.", tenant="a/b"),
        prompt("b/c", "I live in Oslo.", tenant="a"),
        prompt("b/user:c", "I live in Rome.", tenant="a"),
    )
    for tenant, user, town in (("a/b", "c", "Faro"), ("a", "b/c", "Oslo"), ("a", "b/user:c", "Rome")):
        assert memcube.texts(user, tenant=tenant) == {f"{user} lives in {town}"}
        listed = memcube.json("cubes", "list", "--tenant", tenant, "--user", user)["cubes"]
        assert [cube["text"] for cube in listed] == [f"{user} lives in {town}"]


def test_one_subject_from_two_client_libraries(memcube: MemCube) -> None:
    """librdkafka hashes otherwise than Java: its event comes on another partition, and is re-sent."""
    user = next(name for n in range(99) if _placed_elsewhere(key_of(name := f"both-{n}")))
    memcube.publish(prompt(user, "I live in Faro.", time="2026-01-05T10:00:00Z"))
    rerouted = metric(memcube, "memcube_rerouted_total")
    letters = len(memcube.letters())
    moved = prompt(user, "I live in Oslo.", time="2026-03-05T10:00:00Z")
    place = send_by_librdkafka(memcube, key=moved.key, value=moved.value, headers=moved.headers)
    assert place[0] != moved.partition
    memcube.until_passed([place])
    until(lambda: f"{user} lives in Oslo" in memcube.texts(user), 10, memcube.told)
    memcube.until_quiet()
    held = memcube.get("/v1/cubes", user_id=user)["cubes"]
    assert sorted((cube["text"], cube["state"], cube["version"]) for cube in held) == [
        (f"{user} lives in Faro", "superseded", 2),
        (f"{user} lives in Oslo", "active", 1),
    ]
    assert metric(memcube, "memcube_rerouted_total") == rerouted + 1
    assert len(memcube.letters()) == letters


# --- retry --------------------------------------------------------------------------------------------


def test_a_letter_is_sent_again_once_its_cause_is_gone(memcube: MemCube) -> None:
    """Feedback that overtook the memory it is about: it is known by its event's id before it is there."""
    remembered = event(
        "command.remember", "early", body={"kind": "plain", "text": "The key is under the mat."}
    )
    memory = cube_id("default/user:early", remembered.event_id, "fact/0")
    rated = event("conversation.feedback", "early", cube_ids=[memory], verdict="up")
    letter = refused(memcube, "early", rated, rated.partition)
    again = memcube.json("deadletters", "retry", str(letter["offset"]))
    memcube.until_passed([(again["partition"], again["offset"])])
    memcube.until_quiet()
    assert [one["reason"] for one in memcube.letters()[:2]] == ["no-such-cube"] * 2
    second = memcube.letters()[0]
    assert (second["source_offset"], second["event_id"]) == (again["offset"], rated.event_id)

    memcube.publish(remembered)
    open_before = memcube.json("status")["deadletters"]
    again = memcube.json("deadletters", "retry", str(second["offset"]))
    assert (again["topic"], again["partition"]) == (EVENTS.name, rated.partition)
    memcube.until_passed([(again["partition"], again["offset"])])
    held = memcube.json("cubes", "show", memory, "--user", "early")
    assert (held["version"], held["decision"], held["trust"]) == (2, "rate", 0.625)
    listed = {one["offset"]: one for one in memcube.json("deadletters", "list")["deadletters"]}
    assert listed[letter["offset"]]["retried"]
    assert listed[second["offset"]]["retried"]
    assert memcube.json("status")["deadletters"] == open_before - 1


def test_what_cannot_be_sent_again_is_refused_clearly(memcube: MemCube) -> None:
    letter = refused(memcube, "grave", GOOD.carrying(None), None)
    for offset, why in ((letter["offset"], "no value"), (10**9, "No such dead letter")):
        done = memcube.command("deadletters", "retry", str(offset))
        assert done.returncode == 1
        assert why in done.stderr
        assert "Traceback" not in done.stderr
    assert memcube.command("deadletters", "show", str(10**9)).returncode == 1


# --- the same by HTTP and by command --------------------------------------------------------------------


def said(**more: Any) -> dict[str, Any]:
    return {"user_id": "web", "role": "user", "content": "I live in Faro.", **more}


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (said(content=HUGE), 413, "too large"),
        (said(content=LARGE), 413, "too large"),
        (said(content=""), 422, "empty"),
        (said(content="\ud800"), 422, "surrogate"),
        (said(content=7), 422, "content"),
        (said(timestamp="0000-01-01T00:00:00Z"), 422, "ISO 8601"),
        (said(timestamp="9999-12-31T00:00:00Z"), 422, "years 1000 to 9000"),
        (said(timestamp="yesterday"), 422, "ISO 8601"),
        (said(role="robot"), 422, "role"),
        (said(user_id=None), 422, "no subject"),
        (said(user_id="a\0b"), 422, "cannot be printed"),
        (said(tenant=""), 422, "empty"),
        (said(name="\udfff"), 422, "printable"),
        (said(nonsense=1), 422, "nonsense"),
        ([1, 2], 422, "object"),
    ],
)
def test_http_says_what_is_wrong(memcube: MemCube, body: Any, status: int, word: str) -> None:
    answer = memcube.http.post(
        "/v1/events", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert word.casefold() in f"{problem['title']} {problem['detail']}".casefold()
    assert len(answer.text) < 2_000


def test_http_takes_no_broken_json(memcube: MemCube) -> None:
    for content in (b"{not json", b"\xff", b"[" * 100_000):
        answer = memcube.http.post(
            "/v1/events", content=content, headers={"content-type": "application/json"}
        )
        assert 400 <= answer.status_code < 500, answer.text


def test_the_good_ones_of_a_batch_go_in(memcube: MemCube) -> None:
    events = [
        said(user_id="batch"),
        said(user_id="batch", content=""),
        said(user_id="batch", content="I like jazz."),
    ]
    answer = memcube.post("/v1/events?wait=recallable", {"events": events})["events"]
    assert ["error" in one for one in answer] == [False, True, False]
    assert len(memcube.texts("batch")) == 2


def test_the_command_says_what_is_wrong(memcube: MemCube) -> None:
    wrong = (
        (("remember", ""), "empty"),
        (("edit", "no-such-id", "x"), "no cube"),
        (("undo", "no-such-event"), "changed nothing"),
        (("recall", "x", "--as-of", "0000-01-01"), "ISO 8601"),
        (("cubes", "show", "no-such-id"), "no cube"),
    )
    for arguments, word in wrong:
        done = memcube.command(*arguments, "--user", "typist")
        assert done.returncode == 1, (arguments, done)
        assert word in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
    assert "no id of a memory" in memcube.command("cubes", "show", "../etc", "--user", "typist").stderr


def test_the_command_lists_every_dead_letter_once(memcube: MemCube) -> None:
    listed = memcube.json("deadletters", "list", "--limit", "10000")
    assert listed["deadletters"] == memcube.letters()
    assert listed["total"] == len(listed["deadletters"]) >= len(NO_EVENTS)
    came_from = [(one["partition"], one["source_offset"]) for one in listed["deadletters"]]
    assert len(set(came_from)) == len(came_from)
    assert len(memcube.json("deadletters", "list", "--limit", "2")["deadletters"]) == 2


def test_nothing_of_all_this_stopped_anything(memcube: MemCube) -> None:
    """The last of this file: the children that were started first still run, and nothing waits."""
    memcube.until_quiet()
    found = memcube.json("status")
    assert found["children"] == memcube.address["children"]
    assert all(letter["reason"] != "processor-error" for letter in memcube.letters())


# --- how it is looked at ----------------------------------------------------------------------------------


def refused(memcube: MemCube, user: str, bad: Raw, place: int | None) -> dict[str, Any]:
    """The one dead letter of `bad`, published between two good events of `user`, which are processed."""
    before, after = prompt(user, "Locker 12 belongs to Rui."), prompt(user, "Locker 40 belongs to Eva.")
    bad = msgspec.structs.replace(bad, partition=before.partition if place is None else place)
    known = len(memcube.letters())
    _, offset, _ = memcube.publish(before, bad, after)
    letter = only_new(memcube, known)
    came_from = (letter["topic"], letter["partition"], letter["source_offset"])
    assert came_from == (EVENTS.name, bad.partition, offset)
    assert memcube.texts(user) == {"Locker 12 belongs to Rui", "Locker 40 belongs to Eva"}
    return letter


def only_new(memcube: MemCube, known: int) -> dict[str, Any]:
    """The dead letter that came since; there may be no second one."""
    memcube.until_quiet()
    found = memcube.letters()
    assert len(found) == known + 1
    return found[0]


def untouched(memcube: MemCube, letter: dict[str, Any], bad: Raw) -> bool:
    """As the command shows it, and as it stands in Kafka."""
    shown = memcube.json("deadletters", "show", str(letter["offset"]))
    encoded, text = shown["base64"], shown["text"]
    value = base64.b64decode(encoded) if encoded is not None else None if text is None else text.encode()
    headers = [[name, (raw or b"").decode(errors="backslashreplace")] for name, raw in bad.headers]
    assert value == bad.value
    assert shown["headers"] == headers
    record = asyncio.run(fetch(memcube.address["kafka"], DEADLETTER.name, letter["offset"]))
    assert (record.key, record.value) == (bad.key, bad.value)
    assert record.headers[: len(bad.headers)] == bad.headers
    return True


def send_by_librdkafka(
    memcube: MemCube, *, key: bytes | None, value: bytes | None, headers: Any = (), partition: int = -1
) -> tuple[int, int]:
    """Partition and offset; by librdkafka's own partitioner unless a partition is given."""
    delivered: list[Message] = []
    producer = Producer({"bootstrap.servers": memcube.address["kafka"]})
    producer.produce(
        EVENTS.name,
        value=value,
        key=key,
        headers=list(headers),
        partition=partition,
        on_delivery=lambda _, message: delivered.append(message),
    )
    assert producer.flush(10) == 0
    number, offset = delivered[0].partition(), delivered[0].offset()
    assert number is not None
    assert offset is not None
    return number, offset


def metric(memcube: MemCube, name: str) -> float:
    address = next(child["metrics"] for child in memcube.address["children"] if child["name"] == "memory")
    lines = httpx.get(address, trust_env=False).text.splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def _placed_elsewhere(key: bytes) -> bool:
    return zlib.crc32(key) % PARTITIONS != partition_for(key, PARTITIONS)


def _reaches_rules(reason: str) -> bool:
    """Whether it is read that far: then it has to come on its own key's partition."""
    return reason in {"seal-broken", "no-such-cube", "nothing-to-undo", "refused"}
