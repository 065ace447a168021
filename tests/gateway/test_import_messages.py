"""Files of messages: what is read, what is skipped, and what is named as bad."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.imports import Message
from gateway.cli.imports import turns as turns_of
from gateway.cli.imports.messages import read
from gateway.cli.place import CliError

START = datetime(2026, 11, 23, tzinfo=UTC)
HELLO = {"role": "user", "content": "hello", "user_id": "alice"}
REPLY = {"role": "assistant", "content": "hi", "user_id": "alice"}


def raw(document: Any) -> bytes:
    return json.dumps(document).encode()


def lines(*documents: Any) -> bytes:
    return b"\n".join(raw(document) for document in documents)


def turns(messages: tuple[Message, ...], **subject: str) -> list[dict[str, Any]]:
    return [turn.body for turn in turns_of(messages, "default", subject, START)[0]]


@pytest.mark.parametrize(
    "file",
    [
        raw([HELLO, REPLY]),
        raw({"messages": [HELLO, REPLY], "title": "more"}),
        lines(HELLO, REPLY),
        b"\n" + lines(HELLO, REPLY).replace(b"\n", b"\r\n\r\n") + b"\n",
        b"\xef\xbb\xbf" + raw([HELLO, REPLY]),
        json.dumps([HELLO, REPLY], indent=4).encode(),
    ],
)
def test_array_object_and_lines_are_the_same(file: bytes) -> None:
    reading = read(file)
    assert [(m.number, m.role, m.content) for m in reading.messages] == [
        (1, "user", "hello"),
        (2, "assistant", "hi"),
    ]
    assert (reading.bad, reading.skipped) == ((), 0)


def test_one_message_alone_is_a_line() -> None:
    assert len(read(raw(HELLO)).messages) == 1


def test_other_line_ends_of_unicode_stay_inside_a_text() -> None:
    text = "one\u2028two\u0085three"
    file = lines(HELLO) + b"\n" + json.dumps({**HELLO, "content": text}, ensure_ascii=False).encode()
    assert read(file).messages[1].content == text


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"hello", "not JSON"),
        (b"42", "not JSON"),
        (raw([HELLO])[:-10], "cut off"),
        (raw({"messages": [HELLO]})[:-10], "cut off"),
        (raw({"conversation": [HELLO]}), "messages"),
        (raw({"messages": "hello"}), "messages"),
        (b'[{"role": "user", "content": "\xff"}]', "UTF-8"),
        (b"[" * 100_000, "cut off"),
    ],
)
def test_a_file_that_is_nothing_we_know_is_one_clear_error(file: bytes, hint: str) -> None:
    with pytest.raises(CliError) as error:
        read(file)
    assert hint in str(error.value)


def test_bad_messages_are_numbered_and_the_others_read() -> None:
    bad: list[Any] = [
        "text",
        None,
        {"content": "no role"},
        {"role": "robot", "content": "x"},
        {"role": "user"},
        {"role": "user", "content": ["parts"]},
        {"role": "user", "content": "  "},
        {**HELLO, "timestamp": 1700000000},
        {**HELLO, "name": {"first": "A"}},
        {**HELLO, "id": True},
    ]
    reading = read(raw([HELLO, *bad, REPLY]))
    assert [message.number for message in reading.messages] == [1, 12]
    assert [message.number for message in reading.bad] == list(range(2, 12))
    assert "role is missing" in reading.bad[2].why
    assert "robot" in reading.bad[3].why
    assert "a list" in reading.bad[5].why


def test_a_bad_line_is_numbered_like_the_others() -> None:
    reading = read(lines(HELLO) + b'\n{"role": "user", "cont\n' + lines(REPLY))
    assert [message.number for message in reading.messages] == [1, 3]
    [bad] = reading.bad
    assert bad.number == 2
    assert "not JSON" in bad.why


def test_system_and_tool_messages_are_skipped_and_counted() -> None:
    tools = [{"role": role, "content": None} for role in ("system", "tool", "developer", "function")]
    reading = read(raw([*tools, HELLO]))
    assert (len(reading.messages), len(reading.bad), reading.skipped) == (1, 0, 4)
    assert reading.messages[0].number == 5


def test_ids_may_be_numbers() -> None:
    [message] = read(raw([{**HELLO, "id": 7, "user_id": 12}])).messages
    assert (message.id, message.ids) == ("7", {"user_id": "12"})


def test_a_message_s_own_subject_goes_before_the_command_s() -> None:
    reading = read(raw([HELLO, {"role": "user", "content": "mine"}, {**HELLO, "group_id": "g"}]))
    first, second, third = turns(reading.messages, agent_id="a")
    assert (first["user_id"], first.get("agent_id")) == ("alice", None)
    assert (second.get("user_id"), second["agent_id"]) == (None, "a")
    assert (third["group_id"], third["user_id"]) == ("g", "alice")


def test_a_message_of_nobody_is_bad() -> None:
    reading = read(raw([HELLO, {"role": "user", "content": "whose?"}]))
    good, bad = turns_of(reading.messages, "default", {}, START)
    assert [turn.number for turn in good] == [1]
    assert [message.number for message in bad] == [2]
    assert "--user" in bad[0].why


def test_messages_without_a_time_keep_their_order_by_milliseconds() -> None:
    first, second = turns(read(raw([HELLO, REPLY])).messages)
    times = [datetime.fromisoformat(turn["assumed_timestamp"]) for turn in (first, second)]
    assert times == [START, START + timedelta(milliseconds=1)]
    assert "timestamp" not in first


def test_the_same_words_twice_are_two_events_unless_they_have_an_id() -> None:
    named = {**HELLO, "id": "m1"}
    sent = turns(
        read(raw([HELLO, HELLO, {**HELLO, "timestamp": "2026-01-01"}, HELLO, named, named])).messages
    )
    assert [turn["occurrence"] for turn in sent] == [0, 1, 0, 2, 3, 3]
    assert all(turn["deterministic"] for turn in sent)


@given(st.binary(max_size=200))
def test_no_file_makes_anything_but_a_reading_or_an_error(file: bytes) -> None:
    with contextlib.suppress(CliError):
        read(file)


LEAVES = st.none() | st.booleans() | st.integers() | st.text()
FIELDS = st.sampled_from(["role", "content", "id", "name", "messages"])
DOCUMENTS = st.recursive(LEAVES, lambda x: st.lists(x) | st.dictionaries(FIELDS, x), max_leaves=20)


@given(DOCUMENTS)
def test_no_json_makes_anything_but_a_reading_or_an_error(document: Any) -> None:
    try:
        reading = read(json.dumps(document).encode())
    except CliError:
        return
    assert all(message.content.strip() for message in reading.messages)
