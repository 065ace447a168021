from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.body import Plain, Sealed
from schemas.envelope import Headers, decode, encode
from schemas.errors import ContractError
from schemas.events import MAX_TEXT_BYTES, Prompt, Response
from schemas.subject import Subject

NOON = datetime(2026, 3, 10, 12, tzinfo=timezone(timedelta(hours=2)))
PROMPT = Prompt(tenant="t", user_id="ada", body=Plain(text="I live in Lisbon.", name="Ada"))


def record(**changes: Any) -> tuple[bytes | None, Headers, bytes]:
    """A good record, with some headers, the key or the value changed."""
    key, headers, value = encode(PROMPT, event_id="e1", source="/tests", time=NOON, subject=PROMPT.subject())
    named = dict(headers) | {k: v for k, v in changes.items() if k not in {"key", "value"}}
    kept = tuple((k, v) for k, v in named.items() if v is not None)
    return changes.get("key", key), kept, changes.get("value", value)


def test_what_is_written_is_read_again() -> None:
    event = decode(*record())
    assert event.data == PROMPT
    assert event.subject == Subject("t", "user", "ada")
    assert (event.id, event.source) == ("e1", "/tests")
    assert event.time == NOON
    assert event.time.utcoffset() == timedelta(hours=2)


def test_a_sealed_body_travels_as_it_is() -> None:
    sealed = Sealed(key_id="k", nonce=b"\x00" * 12, ciphertext=b"\xff\x00")
    data = Response(tenant="t", user_id="ada", body=sealed, used=("c1",))
    event = decode(*encode(data, event_id="e", source="/s", time=NOON, subject=data.subject()))
    assert event.data == data


def test_other_producers_need_not_repeat_the_type_in_the_value() -> None:
    value = b'{"tenant":"t","user_id":"ada","body":{"kind":"plain","text":"hi"}}'
    assert decode(*record(value=value)).data == Prompt(tenant="t", user_id="ada", body=Plain(text="hi"))


def test_fields_of_a_later_minor_change_are_ignored() -> None:
    value = b'{"tenant":"t","user_id":"ada","body":{"kind":"plain","text":"hi"},"mood":"fine"}'
    assert isinstance(decode(*record(value=value)).data, Prompt)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": b"{not json"}, "bad-payload"),
        ({"value": b"[1]"}, "bad-payload"),
        ({"value": b"null"}, "bad-payload"),
        ({"value": b""}, "bad-payload"),
        ({"value": b'{"a":' * 100_000}, "bad-payload"),
        ({"value": b'{"tenant":"t","user_id":"ada"}'}, "bad-payload"),
        ({"value": b'{"tenant":"t","user_id":7,"body":{"kind":"plain","text":"x"}}'}, "bad-payload"),
        ({"value": b'{"tenant":"t","user_id":"ada","body":{"kind":"plain","text":"\xff"}}'}, "bad-payload"),
        (
            {"value": b'{"tenant":"t","user_id":"ada","body":{"kind":"plain","text":"\\ud800"}}'},
            "bad-payload",
        ),
        ({"value": b'{"tenant":"t","user_id":"ada","body":{"kind":"plain","text":""}}'}, "bad-payload"),
        ({"value": b'{"tenant":"t","user_id":"ada","body":{"kind":"plain","text":" \\n"}}'}, "bad-payload"),
        ({"value": b'{"user_id":"ada","body":{"kind":"plain","text":"x"}}'}, "bad-payload"),
        ({"value": b'{"tenant":"","user_id":"ada","body":{"kind":"plain","text":"x"}}'}, "bad-subject"),
        ({"value": b'{"tenant":"t","body":{"kind":"plain","text":"x"}}'}, "bad-subject"),
        ({"key": b"t/user:bob"}, "key-mismatch"),
        ({"ce_type": b"memcube.conversation.prompt.v2"}, "newer-version"),
        ({"ce_type": b"memcube.conversation.shout.v1"}, "unknown-type"),
        ({"ce_type": b"com.example.other"}, "unknown-type"),
        ({"ce_type": None}, "not-an-event"),
        ({"ce_id": None}, "not-an-event"),
        ({"ce_id": b""}, "not-an-event"),
        ({"ce_id": b"x" * 300}, "not-an-event"),
        ({"ce_id": b"\xff"}, "not-an-event"),
        ({"ce_specversion": b"0.3"}, "not-an-event"),
        ({"ce_time": None}, "not-an-event"),
        ({"ce_time": b"yesterday"}, "not-an-event"),
        ({"ce_time": b"2026-03-10T12:00:00"}, "not-an-event"),
        ({"ce_time": b"0000-01-01T00:00:00Z"}, "not-an-event"),
        ({"ce_time": b"0001-01-01T00:00:00+14:00"}, "not-an-event"),
        ({"ce_time": b"9999-12-31T23:59:59-12:00"}, "not-an-event"),
    ],
)
def test_each_breach_has_its_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ContractError) as caught:
        decode(*record(**changes))
    assert caught.value.reason == reason
    assert str(caught.value)


def test_a_text_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    def sized(size: int) -> bytes:
        return msgspec.json.encode(
            {"tenant": "t", "user_id": "ada", "body": {"kind": "plain", "text": "x" * size}}
        )

    assert isinstance(decode(*record(value=sized(MAX_TEXT_BYTES))).data, Prompt)
    with pytest.raises(ContractError) as caught:
        decode(*record(value=sized(5_000_000)))
    assert caught.value.reason == "too-large"


@given(
    st.one_of(st.none(), st.binary(max_size=40)),
    st.lists(st.tuples(st.sampled_from(["ce_id", "ce_type", "ce_time", "x"]), st.binary(max_size=30))),
    st.binary(max_size=200),
)
def test_whatever_is_written_nothing_else_is_raised(
    key: bytes, extra: list[tuple[str, bytes]], value: bytes
) -> None:
    _, headers, _ = record()
    with pytest.raises(ContractError):
        decode(key, (*headers, *extra), value)


@given(st.datetimes(datetime(1000, 1, 2), datetime(8999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_any_sensible_time_survives(time: datetime) -> None:
    record_ = encode(PROMPT, event_id="e", source="/s", time=time, subject=PROMPT.subject())
    assert decode(*record_).time == time
